"""A full render, from store to the bytes that a recipient's message is cut from.

Twenty comparisons stand in a store; each round reads them, composes, renders and makes the
message template. Beside it, the same MJML through its library alone.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from mjml import mjml2html
from pydantic import SecretStr
from sqlmodel import select

from benchmarks.usage import cpu
from benchmarks.week import SECRET
from digest.bootstrap import App, bootstrap
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import upsert_page
from digest.database import ensure_current
from digest.issues.tables import Issue, Pick, PickRole
from digest.message.template import MessageTemplate
from digest.render.mjml import compiler
from digest.settings import ProviderName, read_settings

AT = datetime(2026, 3, 3, 8, tzinfo=UTC)
QUOTE = (
    "It took an afternoon to set up and has not asked for another one since. The export is the "
    "part I would show to a friend. What it does with tables is still a matter of luck."
)


def main(comparisons: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(
            database_url=f"sqlite:///{folder}/digest.db",
            provider=ProviderName.OUTBOX,
            outbox_dir=Path(folder) / "outbox",
            public_url="https://digest.example",
            postal_address="1 Example Road, Town",
            secret_key=SecretStr(SECRET),
        )
        app = bootstrap(settings)
        ensure_current(app.store)
        number = issue_of(app, comparisons)
        size = _once(app, number)
        ours = _timed(rounds, lambda: _once(app, number))
        sources: list[str] = []
        with mock.patch.object(compiler, "mjml2html", lambda text, **_: _heard(sources, text)):
            _once(app, number)
        alone = _timed(rounds, lambda: mjml2html(sources[0], fonts={}))
        app.close()
    print(json.dumps({"ms": ours, "mjml_ms": alone, "kb": size / 1000}))


def _heard(sources: list[str], source: str) -> str:
    sources.append(source)
    return str(mjml2html(source, fonts={}))


def _timed(rounds: int, work: object) -> float:
    """Milliseconds of processor a round, the least of three runs."""
    assert callable(work)
    runs = []
    for _ in range(3):
        began = cpu()
        for _ in range(rounds):
            work()
        runs.append((cpu() - began) / rounds * 1000)
    return min(runs)


def _once(app: App, number: int) -> int:
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    return len(MessageTemplate(edition).message(app.renderer.sample_personalization(edition), AT))


def issue_of(app: App, comparisons: int) -> int:
    """A draft of so many picks."""
    with app.store.write() as session:
        for place in range(comparisons):
            upsert_page(session, comparison(place), AT)
        issue = Issue(subject="A week", preheader="", as_of=AT, created_at=AT)
        session.add(issue)
        session.flush()
        assert issue.number is not None
        for position, one in enumerate(session.exec(select(Comparison)).all()):
            assert one.id is not None
            session.add(
                Pick(
                    issue_number=issue.number,
                    comparison_id=one.id,
                    series=issue.series,
                    position=position,
                    role=PickRole.BRIEF if position else PickRole.LEAD,
                    reasons=[],
                )
            )
        return issue.number


def comparison(place: int) -> ComparisonPage:
    left, right = (
        ContenderPage(
            name=f"{name} {place}",
            category="Developer Tools",
            tagline=f"What {name} {place} is for, said in one line of the usual length",
            description="It does one thing. It does it well.",
            panel_score=score,
            community_score=None,
            entry_price="$12/mo",
            reviews=tuple(ReviewPage(lens, QUOTE) for lens in Lens),
        )
        for name, score in (("Pocket Agent", 100.0), ("Runway Planner", 75.0))
    )
    title = f"{left.name} vs {right.name}"
    return ComparisonPage(title, (left, right), published_at=AT)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
