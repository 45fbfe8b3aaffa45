"""A small world for tests: people, an approved issue, and providers that remember.

Everything below the rendered bytes is the real thing; only the bytes are short.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jinja2 import Environment
from sqlmodel import Session, insert, select

from digest.brand import Brand
from digest.deliver.journal.folder import open_journals
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    SubmissionStoppedError,
    never,
)
from digest.issues.tables import Issue, IssueState
from digest.message.edition import Edition, Sender
from digest.message.personalization import Personalization
from digest.pipeline.issue_renderer import IssueRenderer, freeze
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from digest.render.links import Tracking
from digest.render.rendered import Rendered
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.public_ids import new_public_id
from subscribers.tables import Subscriber, SubscriberStatus
from subscribers.tokens import Tokens

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = "a secret of the tests that is long enough"
RENDERED = Rendered(
    "A subject",
    "A preheader",
    "<p>~~greeting~~</p><a href='https://d.example/unsubscribe/~~unsubscribe~~'>leave</a>",
    "~~greeting~~ https://d.example/unsubscribe/~~unsubscribe~~",
    (),
)


@dataclass
class Clock:
    """A clock that goes only when told."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Recorder:
    """A provider that remembers every address it took, in order."""

    name: str = "recorder"
    batch_size: int = 10
    taken: list[str] = field(default_factory=list)
    answer: Callable[[Personalization], Outcome] | None = None
    tells_begun: bool = True

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        for personalizations in batches:
            for personalization in personalizations:
                if should_stop():
                    raise SubmissionStoppedError
                journal.begun([personalization.delivery_id])
                yield [self._take(edition, personalization)]

    def _take(self, edition: Edition, personalization: Personalization) -> Outcome:
        del edition
        outcome = (
            self.answer(personalization)
            if self.answer
            else Accepted(personalization.delivery_id, f"r-{personalization.delivery_id}")
        )
        if isinstance(outcome, Accepted):
            self.taken.append(personalization.email)
        return outcome

    def check(self) -> None: ...
    def close(self) -> None: ...


def issue_renderer() -> IssueRenderer:
    return IssueRenderer(
        brand=Brand("Verdicts", "https://d.example", "1 Road, Town"),
        sender=Sender("Verdicts", "digest@d.example"),
        environment=Environment(autoescape=True),
        tokens=Tokens([SECRET]),
        tracking=Tracking(),
    )


def sending(store: Store, provider: Recorder, clock: Clock) -> Sending:
    journals = open_journals(store)
    return Sending(store, issue_renderer(), provider, clock, journals=journals)


def issue_service(store: Store, provider: Recorder, clock: Clock) -> IssueService:
    return IssueService(store, issue_renderer(), provider.batch_size, clock)


def add_people(store: Store, count: int, status: str = SubscriberStatus.ACTIVE) -> list[str]:
    hasher = AddressHasher(SECRET)
    with store.write() as session:
        start = len(session.exec(select(Subscriber.id)).all())
        emails = [f"reader{place}@example.org" for place in range(start, start + count)]
        if emails:
            rows = [_person(email, hasher) | {"status": status} for email in emails]
            session.execute(insert(Subscriber), rows)
    return emails


def _person(email: str, hasher: AddressHasher) -> dict[str, object]:
    """The row of a reader; rows take a fraction of the time of as many models."""
    return {
        "email": email,
        "email_key": email,
        "public_id": new_public_id(),
        "address_hash": hasher.hash(email),
        "first_name": f"Reader {email[6:10]}",
        "created_at": NOW,
        "changed_at": NOW,
    }


def add_approved(store: Store, rendered: Rendered = RENDERED) -> int:
    """An approved issue over ready-made bytes; its number."""
    with store.write() as session:
        return _approved(session, rendered)


def _approved(session: Session, rendered: Rendered) -> int:
    issue = Issue(subject=rendered.subject, preheader=rendered.preheader, as_of=NOW, created_at=NOW)
    session.add(issue)
    session.flush()
    assert issue.number is not None
    issue.content_hash = freeze(session, issue.number, rendered, issue_renderer().imprint)
    issue.state = IssueState.APPROVED
    session.add(issue)
    return issue.number
