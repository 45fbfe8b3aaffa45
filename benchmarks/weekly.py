"""An issue as long as the best-known senders' messages are measured with: about 49 KB.

The pages of the sample week come first, then more made-up comparisons, until one recipient's
message is as near to `OCTETS` as whole comparisons bring it. It is drafted, rendered, checked and
approved as an editor's issue is.
"""

from datetime import UTC, datetime

from sqlmodel import Session, col, select

from benchmarks.rendering import comparison
from digest.bootstrap import App
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import upsert_page
from digest.issues.tables import Issue, Pick, PickRole
from digest.message.template import MessageTemplate
from digest.samples import comparisons

OCTETS = 49_000
SUBJECT = "Tools of the week, side by side"
AT = datetime(2026, 3, 3, 8, tzinfo=UTC)
MOST = 40
"""Made-up comparisons beside the sample week's: enough, should a message become much smaller."""


def add_weekly(app: App) -> int:
    """Add an approved issue; return its number."""
    with app.store.write() as session:
        ids = _pages(session)
        issue = Issue(subject=SUBJECT, preheader="", as_of=AT, created_at=AT)
        session.add(issue)
        session.flush()
        assert issue.number is not None
        number, series = issue.number, issue.series
    sizes: list[int] = []
    while not sizes or sizes[-1] < OCTETS:
        _pick(app, number, series, ids[len(sizes)], len(sizes))
        sizes.append(octets(app, number))
    if len(sizes) > 1 and OCTETS - sizes[-2] < sizes[-1] - OCTETS:
        _drop(app, number, len(sizes) - 1)
    app.issues.approve(number, "benchmark")
    return number


def octets(app: App, number: int) -> int:
    """Return the size of one recipient's message."""
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    personalization = app.renderer.sample_personalization(edition)
    return len(MessageTemplate(edition).message(personalization, AT))


def _pages(session: Session) -> list[int]:
    """Return the ids of comparisons, the sample week's first."""
    for page in read_sources([str(comparisons())], None):
        assert isinstance(page, ComparisonPage), page
        upsert_page(session, page, AT)
    for place in range(MOST):
        upsert_page(session, comparison(place), AT)
    found = [one.id for one in session.exec(select(Comparison).order_by(col(Comparison.id))).all()]
    return [one for one in found if one is not None]


def _pick(app: App, number: int, series: str, comparison_id: int, position: int) -> None:
    role = PickRole.BRIEF if position else PickRole.LEAD
    with app.store.write() as session:
        session.add(
            Pick(
                issue_number=number,
                comparison_id=comparison_id,
                series=series,
                position=position,
                role=role,
                reasons=[],
            )
        )


def _drop(app: App, number: int, position: int) -> None:
    with app.store.write() as session:
        session.delete(
            session.exec(
                select(Pick).where(Pick.issue_number == number, Pick.position == position)
            ).one()
        )
