"""Editors finish an issue, in a real browser: by mouse, by touch, by keyboard, without a script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from digest.pipeline.editing.changes import Move, Write
from digest.pipeline.editing.edit_view import edit_view
from store.engine import Store
from tests.browser.studio import CUT, SHIFTS, Serve, at_screen, sit_down
from tests.browser.studio_steps import settled, slugs, view
from tests.parts.issues.studio import Studio, open_studio
from tests.parts.waiting import until

CLOSING = "That is all for **this** week."
QUOTE_IN_VIEW = """link => {
  const frame = document.querySelector('#mail');
  const links = [...frame.contentDocument.links].filter(one => one.getAttribute('href') === link);
  const box = links.at(-1).getBoundingClientRect();
  return box.top > 0 && box.bottom <= frame.contentWindow.innerHeight;
}"""
"""Whether the mail shows the end of a comparison, above which its quotes stand."""


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


def mail(page: Page) -> str:
    return str(page.frame_locator("#mail").locator("body").inner_text())


@pytest.mark.parametrize("where", ["desktop", "phone"])
def test_an_edited_issue_in_every_view(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, where: str
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path, where)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    first = slugs(studio)[0]
    page.locator("#proposals summary").click()
    page.locator("#take-2").click()
    until(lambda: view(studio).subject.revision > 0, "the proposal")
    page.locator("#f-closing").fill(CLOSING)
    page.frame_locator("#mail").get_by_text("That is all for").wait_for()
    settled(page)
    page.locator("#undo").click()
    until(lambda: view(studio).closing.text == "", "the note taken back")
    page.locator("#redo").click()
    until(lambda: view(studio).closing.text == CLOSING, "the note again")
    page.locator(f"#more-{first} > summary").click()
    page.locator(f"#quote-{first}-left > summary").click()
    page.wait_for_function(
        QUOTE_IN_VIEW, arg=page.locator(f"#pick-{first}").get_attribute("data-link")
    )
    page.locator(f"#drop-{first} > summary").click()
    page.locator(f"#why-{first}:focus").wait_for()
    page.locator(f"#drop-{first} > summary").click()
    page.locator("#history summary").click()
    editor.sees("In the issue", "edited")
    for look in ("phone", "dark", "plain", "text", "source", "headers", "inbox"):
        page.locator(f"[data-look={look}]").click()
        page.locator(f"[data-look={look}][aria-current]").wait_for()
    page.locator(".gmail").wait_for()
    editor.sees("In the issue", "inbox")
    page.context.close()


def listing(page: Page) -> list[str]:
    """Return the slugs of the list, in the order of the mail."""
    return page.locator("#picks > [data-item]").evaluate_all(
        "all => all.map(one => one.dataset.slug)"
    )


def test_dragging_moves_adds_and_drops(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    page.set_viewport_size({"width": 1280, "height": 2_600})  # a drag does not scroll by itself
    first, second, third = slugs(studio)[:3]
    page.locator(f"#pick-{third} [data-grip]").drag_to(page.locator(f"#pick-{first}"))
    until(lambda: slugs(studio)[:3] == [third, first, second], "the new order")
    page.locator(f"#picks > :first-child#pick-{third}").wait_for()
    page.locator(f"#pick-{second} [data-grip]").drag_to(page.locator("#left-out-title"))
    page.keyboard.type("not new")
    page.keyboard.press("Enter")
    page.locator(f"#out-{second}").wait_for()
    page.locator(f"#out-{second} [data-grip]").drag_to(page.locator(f"#pick-{third}"))
    until(lambda: slugs(studio)[0] == second, "the comparison back, as the lead")
    editor.is_quiet()
    page.context.close()


def test_by_keys_alone(chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    keys, said = page.keyboard, page.locator("#said")
    editor.open(f"/studio/issues/{studio.number}")
    first, second, third = listing(page)[:3]
    titles = {one.slug: one.title for one in view(studio).picks}
    keys.press("j")
    keys.press("j")
    assert page.evaluate("document.activeElement.id") == f"pick-{second}"
    keys.press("l")
    until(lambda: slugs(studio)[0] == second, "the lead by a key")
    page.locator(f"#picks > :first-child#pick-{second}").wait_for()
    said.get_by_text(f"ana made {titles[second]} the lead").wait_for()
    assert page.evaluate("document.activeElement.id") == f"pick-{second}"
    keys.press("Alt+ArrowDown")
    until(lambda: slugs(studio)[0] == first, "the move by a key")
    page.locator(f"#picks > :first-child#pick-{first}").wait_for()
    keys.press("j")
    assert page.evaluate("document.activeElement.id") == f"pick-{third}"
    keys.press("x")
    keys.type("no time")
    keys.press("Enter")
    page.locator(f"#out-{third}").wait_for()
    keys.press("u")
    until(lambda: third in slugs(studio), "the drop undone")
    page.locator(f"#pick-{third}").wait_for()
    page.locator(f"#pick-{third}").focus()
    keys.press("p")
    said.get_by_text(f"ana pinned {titles[third]}").wait_for()
    page.locator(f"#pick-{third}").focus()
    keys.press("e")
    keys.type("Jkxu? /")
    page.frame_locator("#mail").get_by_text("Jkxu? /").wait_for()
    keys.press("Escape")
    settled(page)
    place = slugs(studio).index(third)
    until(lambda: view(studio).picks[place].headline.text == "Jkxu? /", "the headline")
    keys.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.locator("#picks-title").click()
    keys.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    editor.sees("In the issue", "keys")
    page.context.close()


FOCUS = """() => { const one = document.activeElement;
  return [one.id || one.className || one.innerText, getComputedStyle(one).outlineStyle]; }"""


def test_tab_reaches_every_control_and_shows_it(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    editor.open(f"/studio/issues/{studio.number}")
    last = slugs(studio)[-1]
    reached: set[str] = set()
    for _ in range(150):
        editor.page.keyboard.press("Tab")
        name, outline = editor.page.evaluate(FOCUS)
        reached.add(name)
        if name not in ("mail", "tool"):
            assert outline != "none", name
    assert {f"up-{last}", "undo", "f-subject", "f-closing", "find", "who"} <= reached
    editor.page.context.close()


def test_without_a_script(chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path, scripts=False)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    editor.sees("In the issue", "plain")
    first = slugs(studio)[0]
    page.locator(f"#more-{first} > summary").click()
    headline = page.locator(f"#f-headline-{first}")
    headline.fill("A headline of my own")
    page.locator(f"#more-{first}").get_by_role("button", name="Save", exact=True).click()
    until(lambda: view(studio).picks[0].headline.text == "A headline of my own", "the headline")
    studio.app.issues.editor.change(studio.number, Write("closing", "Ben's note."), by="ben")
    page.locator("#f-closing").fill("Mine again")
    editor.press("Save the note")
    page.locator(".clash", has_text="ben wrote this meanwhile").wait_for()
    editor.sees("In the issue", "plain-conflict")
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: view(studio).closing.text == "Mine again", "mine kept")
    page.get_by_role("link", name="Text", exact=True).click()
    page.locator("pre", has_text="Hello Sam,").wait_for()
    page.context.close()


def test_two_editors_of_different_fields_and_of_one(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page, change = editor.page, studio.app.issues.editor.change
    with page.expect_request("**/events*"):
        editor.open(f"/studio/issues/{studio.number}")
    order, listed = slugs(studio), listing(page)
    page.locator("#f-intro").fill("I am writing")
    change(studio.number, Move(order[0], 2), by="ben")
    page.locator("#hint").get_by_text("ben moved").wait_for()
    shown = listing(page)
    editor.draw("hint")
    settled(page)
    assert view(studio).intro.text == "I am writing"
    assert slugs(studio)[0] == order[1]
    assert shown == listed  # nothing moved by itself
    change(studio.number, Write("closing", "Ben's note."), by="ben")
    page.locator("#hint").get_by_text("ben wrote the closing note").wait_for()
    page.locator("#f-closing").fill("Ana's note.")
    page.locator("#f-closing").blur()
    page.locator(".clash", has_text="ben wrote this meanwhile").wait_for()
    assert page.locator("#f-closing").input_value() == "Ana's note."
    editor.sees("In the issue", "conflict")
    assert view(studio).closing.text == "Ben's note."
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: view(studio).closing.text == "Ana's note.", "mine kept")
    change(studio.number, Write("closing", "Ben's second."), by="ben")
    page.locator("#f-closing").fill("Ana's second.")
    page.locator("#f-closing").blur()
    page.get_by_role("link", name="Take ben's").click()
    assert page.locator("#f-closing").input_value() == "Ben's second."
    page.reload()
    assert page.locator("#f-closing").input_value() == "Ben's second."
    with studio.app.store.read() as session:
        told = [
            words
            for _, words in edit_view(
                session,
                studio.number,
                studio.app.renderer.content(session, studio.number),
                studio.app.language,
            ).history
        ]
    assert any("Ana's second." in one for one in told)  # kept aside
    editor.is_quiet()
    page.context.close()


def test_no_word_is_lost_when_the_network_is_cut(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    page.locator("#f-intro").click()
    page.context.set_offline(True)
    page.locator("#f-intro").fill("Written on a train")
    page.locator("#saved", has_text="Your words are kept here").wait_for()
    editor.draw("offline")
    page.locator("#f-closing").fill("And on a boat")
    page.context.set_offline(False)
    settled(page)
    until(lambda: view(studio).closing.text == "And on a boat", "the words saved")
    assert view(studio).intro.text == "Written on a train"
    page.context.set_offline(True)
    page.locator("#f-closing").fill("Lost in a tunnel?")
    page.locator("#saved", has_text="Your words are kept here").wait_for()
    page.context.set_offline(False)
    page.goto("about:blank")
    editor.open(f"/studio/issues/{studio.number}")
    until(lambda: view(studio).closing.text == "Lost in a tunnel?", "the words of before")
    page.context.close()


def test_typing_keeps_the_caret_the_scroll_and_the_layout(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    page.locator("#mail[data-shown], #size-words:not(:text('…'))").first.wait_for()
    page.locator("#f-intro").click()
    top = "document.querySelector('#mail').contentWindow.scrollY"
    page.evaluate(top.replace("scrollY", "scrollTo(0, 300)"))
    page.locator("#f-intro").press("Control+End")
    page.keyboard.type(" More words, typed one by one.")
    page.frame_locator("#mail").get_by_text("typed one by one.").wait_for()
    assert page.evaluate(top) == 300
    settled(page)
    page.keyboard.type("!")
    assert page.locator("#f-intro").input_value().endswith("typed one by one.!")
    assert page.evaluate(SHIFTS) < 0.02
    page.context.close()


def test_a_changed_template_shows_within_a_second(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    folder = tmp_path / "templates" / "email"
    part = folder / "_parts" / "topline.mjml.j2"
    part.parent.mkdir(parents=True)
    environment = studio.app.renderer.environment
    loader = environment.loader
    assert loader is not None
    loader.loaders[:0] = [type(loader.loaders[0])(folder)]  # type: ignore[attr-defined]
    with page.expect_response("**/events*"):
        editor.open(f"/studio/issues/{studio.number}")
    page.frame_locator("#mail").get_by_text("Hello Sam,").wait_for()
    original = (Path(loader.loaders[1].searchpath[0]) / "_parts" / part.name).read_text()  # type: ignore[attr-defined]
    part.write_text(original.replace('{{ say("View in browser") }}', "Look here"))
    page.frame_locator("#mail").get_by_text("Look here").wait_for()
    page.context.close()


def test_long_names_fit_on_a_phone(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    long = "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz" * 2
    first = slugs(studio)[0]
    for name in ("subject", "intro", f"headline/{first}", f"summary/{first}"):
        writer = f"somebody-with-a-{long}"
        studio.app.issues.editor.change(studio.number, Write(name, f"{long} TK"), by=writer)
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path, width=375)
    editor.open(f"/studio/issues/{studio.number}")
    editor.page.locator(f"#more-{first} > summary").click()
    editor.page.locator("#history > summary").click()
    editor.page.locator("#found-subject summary").click()
    editor.page.locator("#found-subject li").first.wait_for()
    assert "digest issue" not in editor.page.locator("#found-subject").inner_text()
    editor.sees("In the issue", "long")
    assert editor.page.evaluate(CUT) == []
    editor.open("/studio/")
    editor.page.get_by_role("link", name=long).wait_for()
    assert editor.page.evaluate("document.documentElement.scrollWidth") == 375
    editor.page.context.close()
