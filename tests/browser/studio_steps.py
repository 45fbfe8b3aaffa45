"""What an editor does in a week, step by step, with any hands; each step waits for what it did."""

import re

from playwright.sync_api import Page

from digest.pipeline.editing.edit_view import EditView, edit_view
from tests.browser.hands import Mouse
from tests.browser.studio import MOMENT, Editor
from tests.parts.issues.studio import Studio
from tests.parts.waiting import until

INTRODUCTION = "Two tools changed their prices this week. The panel changed its mind about one."
BECAUSE = "we had it last week"


def view(studio: Studio) -> EditView:
    with studio.app.store.read() as session:
        content = studio.app.renderer.content(session, studio.number)
        return edit_view(session, studio.number, content, studio.app.language)


def slugs(studio: Studio) -> list[str]:
    return [one.slug for one in view(studio).picks]


def settled(page: Page) -> None:
    """Wait until the bar says that all is saved."""
    page.locator("#saved-words", has_text=re.compile(r"^Saved \d\d:\d\d")).wait_for()


class Week:
    """The steps, over one studio and one browser."""

    def __init__(self, editor: Editor, studio: Studio, hands: Mouse) -> None:
        self.editor, self.studio, self.hands = editor, studio, hands
        self.page = editor.page

    def button(self, name: str | re.Pattern[str]) -> None:
        self.hands.press(self.page.get_by_role("button", name=name).first)

    def link(self, name: str | re.Pattern[str]) -> None:
        self.hands.press(self.page.get_by_role("link", name=name).first)

    def heading(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("heading", name=name).first.wait_for()

    def paste(self, text: str, title: str) -> None:
        """Add a comparison from the words of its page."""
        self.editor.open("/studio/add")
        self.hands.write(self.page.locator('textarea[name="text"]'), text)
        self.button("Read it")
        self.page.get_by_text("This is how the page was understood").first.wait_for()
        self.heading(title)
        self.button("Keep it")
        self.page.get_by_text("Kept: it is new.").first.wait_for()

    def draft(self) -> None:
        """Draft the issue from what is new."""
        self.editor.open("/studio/")
        self.button("Draft the next issue")
        self.heading("In the issue")
        self.studio.number = int(self.page.url.rstrip("#").rpartition("/")[2])

    def lead_with(self, slug: str) -> None:
        self.hands.lead(slug)
        self.page.locator(f"#picks > :first-child#pick-{slug}").wait_for()
        assert slugs(self.studio)[0] == slug

    def drop(self, slug: str) -> None:
        self.hands.drop(slug, BECAUSE)
        self.page.locator(f"#out-{slug}").get_by_text(BECAUSE).wait_for()
        assert slug not in slugs(self.studio)

    def introduce(self) -> None:
        self.hands.write(self.page.locator("#f-intro"), INTRODUCTION)
        if self.editor.scripts:
            settled(self.page)
        else:
            self.button("Save the words")
        until(lambda: view(self.studio).intro.text == INTRODUCTION, "the introduction")

    def quote(self, slug: str, side: str, review: int, sentence: int) -> None:
        """Choose another sentence to quote."""
        box = self.page.locator(f"#quote-{slug}-{side}")
        self.hands.press(box.locator("summary"))
        self.hands.choose(self.page.locator(f"#q-{slug}-{side}-{review}-{sentence}"))
        if not self.editor.scripts:
            self.hands.press(self.page.locator(f"#more-{slug}").get_by_role("button", name="Save"))
        until(lambda: self.choice(slug, side) == "chosen", "the quote")
        if self.editor.scripts:
            self.page.locator(f"#q-{slug}-{side}-{review}-{sentence}:checked:focus").wait_for()

    def choice(self, slug: str, side: str) -> str:
        """Return who chose the quote on a side: the rules, an editor, or nobody is quoted."""
        pick = next(one for one in view(self.studio).picks if one.slug == slug)
        return next(one.choice for one in pick.sides if one.side == side)

    def test(self, address: str) -> None:
        self.link(re.compile("^Send"))
        self.heading("Ready to approve")
        self.hands.write(self.page.get_by_label("To", exact=True), address)
        self.button("Send test")
        self.page.get_by_text("Test message submitted.").first.wait_for()
        assert self.studio.tested == [address]

    def approve(self) -> None:
        self.button(re.compile("^Approve issue"))
        self.heading("When should it go out?")

    def schedule(self) -> None:
        """Schedule it for Monday at eight, which its schedule proposes."""
        field = self.page.get_by_label(re.compile("Day and time in Europe/Berlin"))
        assert field.input_value() == "2026-11-30T08:00"
        self.button("Review")
        self.heading("Ready to schedule")
        said = self.page.locator(".sentence").inner_text()
        assert "40 people" in said
        assert "Monday 30 November 2026, 08:00 (Europe/Berlin)" in said
        self.button("Schedule it")
        self.heading("It is scheduled")

    def watch_it_go(self) -> None:
        """Monday comes, and the page is looked at again."""
        self.studio.clock.now = MOMENT
        until(lambda: self.studio.state() == "finished", "the end of the issue")
        self.page.reload()
        self.page.locator(".state.finished").wait_for()
        self.heading("40 of 40 are through")
        assert len(self.studio.provider.taken) == len(set(self.studio.provider.taken)) == 40
