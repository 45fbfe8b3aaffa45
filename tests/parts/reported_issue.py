"""One issue with counts that are known: who got it, opened, clicked, voted, left and came."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, col, select

from digest.catalog.tables import Tool, Vote
from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.issues.tables import Issue, Link, Pick
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Consent, Followed, Subscriber, UnsubscribeFeedback
from tests.integration.web.rows import Words, add_comparison
from tests.parts.world import NOW, SECRET, add_approved

LINKS = (
    ("comparison", "Alpha vs Beta", "https://site.example/alpha-or-beta"),
    ("tool", "Alpha", "https://d.example/tools/alpha"),
    ("comparison", "Gamma vs Beta", "https://d.example/comparisons/gamma-vs-beta"),
    ("hidden", "", "https://d.example/"),
)
WEEK = timedelta(days=7)


@dataclass
class ReportedIssues:
    """A catalog of two comparisons, people at several providers, and issues to them."""

    store: Store
    people: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    def __post_init__(self) -> None:
        self.comparisons = (
            add_comparison(self.store, url="https://site.example/alpha-or-beta"),
            add_comparison(
                self.store,
                Words("Gamma", "gamma"),
                Words("Beta", "beta"),
                slug="gamma-vs-beta",
                title="Gamma vs Beta",
            ),
        )

    def join(self, *emails: str, source: str = "", days: int = 0) -> None:
        """People confirm that they want it, `days` before now."""
        hasher, at = AddressHasher(SECRET), NOW - timedelta(days=days)
        with self.store.write() as session:
            for email in emails:
                one = Subscriber(
                    email=email, email_key=email, address_hash=hasher.hash(email),
                    status="active", created_at=at, changed_at=at,
                )  # fmt: skip
                session.add(one)
                session.flush()
                assert one.id is not None
                self.people[email] = one.id
                for kind in ("requested", "confirmed"):
                    self._consent(session, one.id, kind, source, days)

    def _consent(self, session: Session, person: int, kind: str, source: str, days: int) -> None:
        at = NOW - timedelta(days=days)
        session.add(Consent(subscriber_id=person, kind=kind, wording="", source=source, at=at))

    def withdraw(self, email: str, days: int = 0) -> None:
        with self.store.write() as session:
            self._consent(session, self.people[email], "withdrawn", "", days)

    def issue(self, days: int = 0, series: str = "weekly", **states: str) -> int:
        """An issue that began `days` ago, delivered to all but those whose state is named."""
        number = add_approved(self.store)
        with self.store.write() as session:
            issue = session.get(Issue, number)
            assert issue is not None
            issue.state, issue.series = "finished", series
            issue.audience, issue.started_at = len(self.people), NOW - timedelta(days=days)
            for place, (kind, label, url) in enumerate(LINKS, start=1):
                session.add(
                    Link(issue_number=number, number=place, kind=kind, label=label, url=url)
                )
            for place, one in enumerate(self.comparisons):
                session.add(
                    Pick(issue_number=number, comparison_id=one, position=place, role="brief")
                )
            session.add(Batch(issue_number=number, position=0, state="done"))
            session.flush()
            for email, person in self.people.items():
                session.add(
                    Delivery(
                        issue_number=number, batch_position=0, subscriber_id=person,
                        state=states.get(email.partition("@")[0], "delivered"), changed_at=NOW,
                    )
                )  # fmt: skip
        return number

    def happens(
        self,
        number: int,
        kind: str,
        *emails: str,
        link: int | None = None,
        machine: bool | None = False,
        named: bool = True,
    ) -> None:
        """Events of the deliveries of these people; of nobody's unless `named`."""
        with self.store.write() as session:
            for email in emails:
                self.keys += 1
                delivery = session.exec(
                    select(Delivery.id).where(
                        Delivery.issue_number == number,
                        Delivery.subscriber_id == self.people[email],
                    )
                ).one()
                session.add(
                    Event(
                        key=f"known-{self.keys}", kind=kind, issue_number=number,
                        delivery_id=delivery if named else None, link_number=link,
                        machine=machine, rule=None if machine is None else "person", at=NOW,
                    )
                )  # fmt: skip

    def votes(self, tool: str, verdict: str, *emails: str, days: int = 0) -> None:
        at = NOW - timedelta(days=days)
        with self.store.write() as session:
            number = session.exec(select(Tool.id).where(col(Tool.slug) == tool)).one()
            assert number is not None
            session.add_all(
                Vote(subscriber_id=self.people[one], tool_id=number, verdict=verdict, at=at)
                for one in emails
            )

    def follow(self, topic: str, name: str, *emails: str) -> None:
        with self.store.write() as session:
            session.add_all(
                Followed(subscriber_id=self.people[one], topic=topic, name=name) for one in emails
            )

    def says_why(self, number: int, email: str, reason: str, words: str = "") -> None:
        with self.store.write() as session:
            session.add(
                UnsubscribeFeedback(
                    subscriber_id=self.people[email], reason=reason, words=words,
                    issue_number=number, at=NOW,
                )
            )  # fmt: skip
