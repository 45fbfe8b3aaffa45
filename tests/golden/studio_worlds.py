"""The states that the studio is drawn in: each world brings one studio through some of them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Protocol

from playwright.sync_api import Page

from digest.catalog.corrections import correct
from digest.catalog.hidden import Hidden, set_hidden
from digest.catalog.upsert import upsert_page
from digest.pipeline.editing.changes import Add, Change, Drop, Move, PinNext, Write
from digest.readers.by_editor import Decision, unsubscribe_for
from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from schedules.registry import (
    find_schedule,
    pause_schedule,
    remove_schedule,
    update_schedule,
)
from schedules.runs import claim
from schedules.tables import RunState
from tests.browser.studio import MOMENT
from tests.browser.studio_steps import slugs
from tests.parts.issues.editing import page as comparison
from tests.parts.issues.studio import Studio
from tests.parts.reported_year import ReportedYear
from tests.parts.waiting import until
from tests.parts.world import NOW

LONG = "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz"
TRAINS = count(1)
Act = Callable[[Page], None]


class Album(Protocol):
    """What draws; `N` in a path stands for the issue's number."""

    studio: Studio

    def draw(self, name: str, path: str, act: Act | None = None, *, whole: bool = True) -> None: ...


def edit(album: Album, *changes: Change, by: str = "ana") -> None:
    for one in changes:
        album.studio.app.issues.editor.change(album.studio.number, one, by=by)


def press(*selectors: str) -> Act:
    def act(page: Page) -> None:
        for one in selectors:
            page.locator(one).click()

    return act


def empty(album: Album) -> None:
    album.draw("no-issue", "/studio/")
    album.draw("no-issue-drafted", "/studio/", press("text=Draft the next issue"))
    album.draw("no-comparison-found", "/studio/comparisons/?find=nothing+like+it")
    album.draw("no-report", "/studio/reports/")
    album.draw("no-bounces", "/studio/bounces")
    album.draw("add", "/studio/add")
    album.draw("not-found", "/studio/issues/99")
    album.draw("sign-up", "/studio/sign-up")


def editing(album: Album) -> None:
    first, second, third, *_ = slugs(album.studio)
    album.draw("edit-draft", "/studio/issues/N")
    album.draw("edit-first-screen", "/studio/issues/N", whole=False)
    edit(album, Move(second, 1), Drop(third, "we had it last week"), PinNext(third, pinned=True))
    edit(album, Write("intro", "Two tools changed their *prices* this week."), by="ben")
    edit(album, Write("closing", "That is all. [Write to us](https://example.org)."))
    opened = press(f"#more-{second} > summary", f"#quote-{second}-left > summary")
    album.draw("edit-opened", "/studio/issues/N", opened)
    album.draw("edit-drop", "/studio/issues/N", press(f"#drop-{first} summary"))
    album.draw("edit-history", "/studio/issues/N", press("#history > summary", "#keys > summary"))
    album.draw("edit-proposals", "/studio/issues/N", press("#proposals > summary"), whole=False)
    for view in ("phone", "dark", "plain", "inbox", "text", "source", "headers"):
        album.draw(f"view-{view}", f"/studio/issues/N?view={view}", whole=False)
    album.draw("view-nobody", "/studio/issues/N?who=nobody@example.org", whole=False)
    album.draw("edit-search", "/studio/issues/N?find=a")
    album.draw("edit-search-nothing", "/studio/issues/N?find=nothing+like+it")
    album.draw("edit-conflict", "/studio/issues/N", lambda page: _conflict(album, page))
    album.draw("edit-hint", "/studio/issues/N", lambda page: _hint(album, page), whole=False)
    album.draw("edit-offline", "/studio/issues/N", _offline, whole=False)
    edit(album, Write("closing", ""), Write(f"headline/{second}", "TK"))
    album.draw("edit-unfinished", "/studio/issues/N?checks=1")
    album.draw("send-blocked", "/studio/issues/N/send")


def _conflict(album: Album, page: Page) -> None:
    edit(album, Write("closing", "Ben's note, which is a little longer than Ana's."), by="ben")
    page.locator("#f-closing").fill("Ana's note.")
    page.locator("#f-closing").blur()
    page.locator(".clash").first.wait_for()
    edit(album, Write("closing", "Something else."), by="ben")


def _hint(album: Album, page: Page) -> None:
    page.locator("#f-intro").click()
    edit(album, Move(slugs(album.studio)[0], 2), by="ben")
    page.locator("#hint:not([hidden])").wait_for()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    # Another text on each screen: the one before saves its own as it is closed.
    page.locator("#f-intro").fill(f"Written on train {next(TRAINS)}.")
    page.locator("#saved", has_text="Your words are kept here").wait_for()


def many(album: Album) -> None:
    """Twenty picks, and long names."""
    app = album.studio.app
    with app.store.write() as session:
        for place in range(12):
            upsert_page(session, comparison(f"Tool {place} One", f"Tool {place} Two", NOW), NOW)
    for place in range(12):
        edit(album, Add(f"tool-{place}-one-vs-tool-{place}-two", None))
    album.draw("edit-20-picks", "/studio/issues/N")
    first = slugs(album.studio)[0]
    for name in ("subject", "preheader", "intro", f"headline/{first}", f"summary/{first}"):
        edit(album, Write(name, f"{LONG} {LONG} TK"), by=f"somebody-with-a-{LONG}")
    album.draw("edit-long", "/studio/issues/N", press(f"#more-{first} > summary"))
    album.draw("send-long", "/studio/issues/N/send")
    album.draw("overview-long", "/studio/")


def sending(album: Album) -> None:
    issues, number, provider = album.studio.app.issues, album.studio.number, album.studio.provider
    album.draw("overview-draft", "/studio/")
    album.draw("send-draft", "/studio/issues/N/send")
    album.draw("send-refused", "/studio/issues/N/send", _bad_test)
    issues.approve(number, by="ana")
    album.draw("edit-locked", "/studio/issues/N")
    album.draw("send-when", "/studio/issues/N/send")
    album.draw("send-confirm", "/studio/issues/N/send?when=at&at=2026-11-30T08:00")
    album.draw("send-confirm-now", "/studio/issues/N/send?when=now")
    album.draw("send-past", "/studio/issues/N/send?when=at&at=2026-11-20T08:00")
    issues.schedule(number, MOMENT)
    album.draw("send-scheduled", "/studio/issues/N/send")
    issues.unschedule(number)
    issues.schedule(number, NOW + timedelta(seconds=50))
    album.draw("send-minute", "/studio/issues/N/send")
    provider.refused, provider.unknown = ("reader3@example.org",), ("reader5@example.org",)
    provider.open_for = 20
    issues.unschedule(number)
    issues.start(number)
    album.studio.sender.send(number)
    until(lambda: provider.begun > 20, "the sender at its twenty-first message")
    album.draw("send-sending", "/studio/issues/N/send")
    issues.pause(number)
    album.draw("send-paused", "/studio/issues/N/send", press(".cancel summary"))
    album.draw("send-found", "/studio/issues/N/send?who=reader1")
    album.draw("send-found-nobody", "/studio/issues/N/send?who=zzz")
    issues.resume(number)
    provider.opened.set()
    until(lambda: album.studio.state() == "finished", "the end of the issue")
    album.draw("send-finished", "/studio/issues/N/send")
    album.draw("overview-finished", "/studio/")
    album.draw("edit-finished", "/studio/issues/N")


def schedules(album: Album) -> None:
    """One that has run, was skipped and was held; then paused; then none."""
    store, series = album.studio.app.store, "weekly"
    with store.write() as session:
        one = find_schedule(session, series)
        for weeks, state, note in (
            (1, RunState.SKIPPED, "nothing new since the issue before"),
            (2, RunState.HELD, "it came 5 hours late, and 3 are allowed"),
            (3, RunState.MISSED, "came due while the schedule was paused"),
        ):
            at = MOMENT - timedelta(weeks=weeks)
            claim(session, one, at, state, note=note, now=at, intended=True)
        update_schedule(session, series, NOW, skipped_dates=["2026-12-28", "12-25"])
    album.draw("schedules", "/studio/schedules/")
    with store.write() as session:
        pause_schedule(session, series, NOW, MOMENT + timedelta(days=20))
    album.draw("schedules-paused", "/studio/schedules/")
    with store.write() as session:
        remove_schedule(session, series, NOW)
    album.draw("no-schedule", "/studio/schedules/")


def _bad_test(page: Page) -> None:
    page.get_by_label("To", exact=True).fill("nobody")
    page.get_by_role("button", name="Send test").click()
    page.get_by_role("alert").wait_for()


def again(album: Album) -> None:
    """Approved, changed and looked at again; then cancelled."""
    album.studio.app.issues.approve(album.studio.number, by="ana")
    edit(album, Write("intro", "One more thing."), Move(slugs(album.studio)[1], 1), by="ben")
    album.draw("send-since", "/studio/issues/N/send")
    album.studio.app.issues.cancel(album.studio.number)
    album.draw("send-cancelled", "/studio/issues/N/send")


def comparisons(album: Album) -> None:
    app, slug = album.studio.app, slugs(album.studio)[0]
    album.draw("comparisons", "/studio/comparisons/")
    album.draw("brand", "/studio/brand")
    album.draw("comparison", f"/studio/comparisons/{slug}")
    with app.store.write() as session:
        correct(session, slug, "left.entry_price", "$12 a month", who="ben", now=NOW)
        set_hidden(session, slug, Hidden("ben", NOW), NOW)
        for number, meaning in enumerate((Meaning.UNSUBSCRIBE_REQUEST, Meaning.NOT_UNDERSTOOD)):
            session.add(
                InboundMessageRow(
                    name=f"new/{number}.eml", meaning=meaning, note="", read_at=NOW,
                    subscriber_id=3 if not number else None,
                )
            )  # fmt: skip
    album.draw("comparison-corrected", f"/studio/comparisons/{slug}", _bad_correction)
    album.draw("bounces", "/studio/bounces")


def subscribers(album: Album) -> None:
    """Searched; one to whom an issue was sent; then unsubscribed by an editor."""
    album.studio.app.issues.approve(album.studio.number, by="ana")
    album.studio.app.issues.start(album.studio.number)
    album.draw("subscribers", "/studio/subscribers/?find=reader1")
    album.draw("subscriber", "/studio/subscribers/3", press("#ask-suppress summary"))
    app = album.studio.app
    with app.store.write() as session:
        unsubscribe_for(session, app.hasher, 3, Decision("studio, ana", "asked by phone", NOW))
    album.draw("subscriber-unsubscribed", "/studio/subscribers/3")


def _bad_correction(page: Page) -> None:
    page.locator("select[name=field]").select_option("left.panel_score")
    page.locator("[name=value]").fill("a lot")
    page.get_by_role("button", name="Correct").click()
    page.get_by_role("alert").wait_for()


def reports(album: Album) -> None:
    album.draw("report-none", "/studio/issues/N/report")
    album.studio.app.issues.approve(album.studio.number, by="ana")
    first = NOW - timedelta(days=7 * 26)
    year = ReportedYear(album.studio.app.store, album.studio.number, first, people=300)
    album.studio.number = year.add_issues(26)[-1]
    album.draw("report", "/studio/issues/N/report")
    album.draw("reports", "/studio/reports/?last=26")
    album.draw("reports-first-screen", "/studio/reports/?last=26", whole=False)
    album.draw("overview-year", "/studio/")


def readme(album: Album) -> None:
    """What the README shows: an issue that somebody is at work on."""
    _, second, third, *_ = slugs(album.studio)
    words = "Two tools changed their *prices* this week, and the panel its mind about one."
    edit(album, Move(second, 1), Drop(third, "we had it last week"), Write("intro", words))
    album.draw("studio", "/studio/issues/N", _measured, whole=False)


def _measured(page: Page) -> None:
    page.locator("#size-words:not(:text('…'))").wait_for()


WORLDS: Mapping[str, Callable[[Album], None]] = {
    "readme": readme,
    "empty": empty,
    "editing": editing,
    "many": many,
    "sending": sending,
    "schedules": schedules,
    "subscribers": subscribers,
    "again": again,
    "comparisons": comparisons,
    "reports": reports,
}
