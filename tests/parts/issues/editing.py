"""A week of comparisons, an issue of them, and what two editors need to change it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.brand import Brand
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.upsert import upsert_page
from digest.gate import Finding, Gate, SampleMessage
from digest.issues.lifecycle import find_issue
from digest.issues.revisions.records import edited, revisions_of
from digest.issues.revisions.state import EditedIssue
from digest.issues.revisions.tables import Revision
from digest.issues.tables import Issue
from digest.language.language import ENGLISH
from digest.message.edition import Sender
from digest.pick import Rules
from digest.pipeline.editing.edit_view import EditView, edit_view
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService
from digest.render.environment import email_environment, templates_folder
from digest.render.links import Tracking
from digest.render.rendered import Rendered
from store.engine import Store
from subscribers.tokens import Tokens
from tests.parts.world import SECRET, Clock

DAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
TOOLS = ("Aye", "Bee", "Cee", "Dee", "Eff", "Gee", "Aitch", "Eye", "Jay", "Kay")
SLUGS = ("aye-vs-bee", "cee-vs-dee", "eff-vs-gee", "aitch-vs-eye", "jay-vs-kay")
FIRST = "It reads the whole file before it answers anything at all."
SECOND = "The second run costs half of what the first one did."


class OpenGate(Gate):
    """Lets everything pass, quickly."""

    def check(self, mail: SampleMessage) -> list[Finding]:
        del mail
        return []


def page(left: str, right: str, day: datetime = DAY, **changed: Any) -> ComparisonPage:
    """Return a page; `changed` are values of its left side."""
    return ComparisonPage(
        title=f"{left} vs {right}",
        contenders=(_side(left, **changed), _side(right)),
        published_at=day - timedelta(days=1),
    )


def _side(name: str, **changed: Any) -> ContenderPage:
    values: dict[str, Any] = {
        "name": name,
        "category": "Developer Tools",
        "tagline": f"What {name} is",
        "description": f"{name} is a tool of the tests and does what it is told to do.",
        "panel_score": 75.0 if len(name) % 2 else 50.0,
        "community_score": None,
        "entry_price": "Free",
        "reviews": tuple(
            ReviewPage(lens, f"{FIRST} {SECOND} So says the {lens} of {name} in a sentence.")
            for lens in Lens
        ),
    }
    return ContenderPage(**(values | changed))


def keep_week(store: Store, clock: Clock) -> None:
    """Store five comparisons, all published the day before."""
    with store.write() as session:
        for left, right in zip(TOOLS[::2], TOOLS[1::2], strict=True):
            upsert_page(session, page(left, right), clock())


def keep(store: Store, clock: Clock, changed: ComparisonPage) -> None:
    with store.write() as session:
        upsert_page(session, changed, clock())


def editing_service(
    store: Store, clock: Clock, most: int = 4, gate: Gate | None = None
) -> IssueService:
    """Return the service with the real templates; an issue takes four of the five."""
    renderer = IssueRenderer(
        brand=Brand("Verdicts", "https://d.example", "1 Road, Town"),
        sender=Sender("Verdicts", "digest@d.example"),
        environment=email_environment(templates_folder()),
        tokens=Tokens([SECRET]),
        tracking=Tracking(),
    )
    return IssueService(
        store, renderer, 100, clock, rules=Rules(max_picks=most), gate=gate or OpenGate()
    )


def revisions(store: Store, number: int) -> list[Revision]:
    with store.read() as session:
        return revisions_of(session, number)


def state(store: Store, number: int) -> EditedIssue:
    with store.read() as session:
        return edited(session, find_issue(session, number))


def issue_row(store: Store, number: int) -> Issue:
    with store.read() as session:
        return find_issue(session, number)


def view(issues: IssueService, number: int) -> EditView:
    with issues.store.read() as session:
        return edit_view(session, number, issues.renderer.content(session, number), ENGLISH)


def rendered(issues: IssueService, number: int) -> Rendered:
    with issues.store.read() as session:
        return issues.renderer.rendered(session, number)
