"""An issue that is sent through an SMTP server of the tests, and what must hold of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from sqlmodel import select

from digest.deliver.journal.folder import open_journals
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import NO_JOURNAL, Accepted, Journal, Outcome, Provider, never
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.tables import Delivery
from digest.issues.lifecycle import find_issue
from digest.issues.tables import Issue, IssueState
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Subscriber, SubscriberStatus, Suppression
from tests.parts.issues.sending import by_state
from tests.parts.world import Clock, add_approved, add_people, issue_renderer

PEOPLE = 120


class Relay(Protocol):
    """A server on 127.0.0.1; `recipients` are those of the messages that it took."""

    port: int

    @property
    def recipients(self) -> list[str]: ...


class Killable(Relay, Protocol):
    def kill(self) -> None: ...


class TappedProvider:
    """Calls `then` once `provider` has accepted `count` messages; otherwise it is the same."""

    def __init__(self, provider: SmtpProvider, count: int, then: Callable[[], None]) -> None:
        self.name, self.batch_size = provider.name, provider.batch_size
        self.tells_begun = provider.tells_begun
        self.check, self.close = provider.check, provider.close
        self._provider, self._left, self._then = provider, count, then

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        for some in self._provider.submit(edition, batches, should_stop, journal):
            before = self._left
            self._left -= sum(isinstance(one, Accepted) for one in some)
            if before > 0 >= self._left:
                self._then()
            yield some


class RelayedIssue:
    """An issue to `PEOPLE` readers, sent through a scripted server."""

    def __init__(
        self, store: Store, server: Relay, people: int = PEOPLE, connections: int = 4
    ) -> None:
        self.store, self.server, self.clock = store, server, Clock()
        self.people = add_people(store, people)
        self.number = add_approved(store)
        self.renderer = issue_renderer()
        self.provider = SmtpProvider(
            SmtpUrl("127.0.0.1", server.port, connections=connections), self.clock
        )
        self.issues = IssueService(store, self.renderer, self.provider.batch_size, self.clock)
        self.sending = self._sending(self.provider)
        self.issues.start(self.number)

    def call_after(self, count: int, then: Callable[[], None]) -> None:
        """Call `then` once `count` messages are accepted."""
        tapped = TappedProvider(self.provider, count, then)
        self.sending = self._sending(tapped)

    def move_to(self, server: Relay) -> None:
        """Send what is left through another server."""
        self.server = server
        self.provider = SmtpProvider(SmtpUrl("127.0.0.1", server.port), self.clock)
        self.sending = self._sending(self.provider)

    def _sending(self, provider: Provider) -> Sending:
        journals = open_journals(self.store)
        return Sending(self.store, self.renderer, provider, self.clock, journals=journals)

    def run(self) -> None:
        with worker_lock(self.store) as here:
            self.sending.run(self.number, here)

    @property
    def issue(self) -> Issue:
        with self.store.read() as session:
            return find_issue(session, self.number)

    @property
    def counts(self) -> dict[str, int]:
        with self.store.read() as session:
            return count_deliveries(session, self.number)

    @property
    def suppressed(self) -> set[str | None]:
        with self.store.read() as session:
            assert (
                not session.exec(
                    select(Subscriber).where(Subscriber.status == SubscriberStatus.BOUNCED)
                ).all()
                or session.exec(select(Suppression)).all()
            )
            return {one.email for one in session.exec(select(Suppression)).all()}

    def assert_held(self, words: str, accepted: int = 0) -> None:
        """It is held with these words, nobody failed or was suppressed, nobody's try counts."""
        issue, counts = self.issue, self.counts
        assert issue.state == IssueState.PAUSED
        assert words in (issue.held_because or "")
        assert (counts["failed"], counts["uncertain"]) == (0, 0)
        assert counts["submitted"] == len(self.server.recipients) >= accepted
        assert counts["queued"] == len(self.people) - counts["submitted"]
        assert not self.suppressed
        with self.store.read() as session:
            queued = session.exec(select(Delivery).where(Delivery.state == "queued")).all()
        assert {one.attempts for one in queued} == {0}
        assert {one.code for one in queued} == {None}

    def assert_finished(self) -> None:
        states = by_state(self.store, self.number)
        assert states["submitted"] == set(self.people) == set(self.server.recipients)
        assert len(self.server.recipients) == len(self.people), "nobody has it twice"
