"""A year of weekly issues and what came of them, as rows: the sample week sent again and again."""

from datetime import datetime, timedelta
from random import Random

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison, Tool, Vote
from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.issues.tables import Issue, Link, Pick, Variant
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Consent, Followed, Subscriber, Suppression, UnsubscribeFeedback
from tests.parts.world import SECRET

DOMAINS = (
    *("gmail.com",) * 9, *("outlook.com",) * 3, "hotmail.com", *("yahoo.com",) * 2,
    "icloud.com", *("example.org",) * 4,
)  # fmt: skip
WORDS = ("Too many tools that I will never use.", "Great, but once a month is enough for me.")
REASONS = ("too_often", "not_for_me", "other", "never_asked")


class ReportedYear:
    """Adds issues one by one to a store that has an approved one; everything is drawn by seed."""

    def __init__(self, store: Store, pattern: int, first: datetime, people: int = 400) -> None:
        self.store = store
        self.pattern = pattern
        self.random = Random(7)
        self.at = first
        self.people: list[int] = []
        self.more = people
        self.keys = 0

    def add_issues(self, count: int, series: str = "weekly") -> list[int]:
        return [self.add_issue(series) for _ in range(count)]

    def add_issue(self, series: str) -> int:
        with self.store.write() as session:
            self._join(session, self.more if not self.people else self.random.randint(4, 30))
            number = self._issue(session, series)
            deliveries = self._deliver(session, number)
            self._read(session, number, deliveries)
            self._leave(session, number, deliveries)
        self.at += timedelta(days=7)
        return number

    def _join(self, session: Session, count: int) -> None:
        hasher = AddressHasher(SECRET)
        slugs = session.exec(select(Comparison.slug)).all()
        when = self.at - timedelta(days=1)
        for _ in range(count):
            self.keys += 1
            email = f"r{self.keys}@{self.random.choice(DOMAINS)}"
            one = Subscriber(
                email=email, email_key=email, address_hash=hasher.hash(email), status="active",
                created_at=when, changed_at=when,
            )  # fmt: skip
            session.add(one)
            session.flush()
            assert one.id
            self.people.append(one.id)
            source = f"/comparisons/{self.random.choice(slugs)}"
            for kind in ("requested", "confirmed"):
                session.add(
                    Consent(subscriber_id=one.id, kind=kind, wording="", source=source, at=when)
                )
            if self.random.random() < 0.15:
                session.add(Followed(subscriber_id=one.id, topic="tool", name=self._tool(session)))

    def _tool(self, session: Session) -> str:
        return self.random.choice(session.exec(select(Tool.slug).order_by(Tool.slug)).all())

    def _issue(self, session: Session, series: str) -> int:
        whole = session.get(Issue, self.pattern)
        assert whole is not None
        values = whole.model_dump(exclude={"number", "public_id", "legacy_number", "run_id"})
        issue = Issue(**values | {
            "series": series, "state": "finished", "audience": len(self.people),
            "as_of": self.at, "started_at": self.at, "finished_at": self.at,
        })  # fmt: skip
        session.add(issue)
        session.flush()
        assert issue.number
        for table in (Variant, Link, Pick):
            rows = session.exec(select(table).where(col(table.issue_number) == self.pattern)).all()
            for row in rows:
                new = row.model_dump(exclude={"id"}) | {"issue_number": issue.number}
                session.add(table(**new | ({"series": None} if table is Pick else {})))
        return issue.number

    def _deliver(self, session: Session, number: int) -> list[Delivery]:
        session.add(Batch(issue_number=number, position=0, state="done"))
        session.flush()
        states = ("delivered",) * 480 + ("bounced",) * 6 + ("failed",) * 2 + ("uncertain",)
        found = [
            Delivery(
                issue_number=number, batch_position=0, subscriber_id=one,
                state=self.random.choice((*states, "complained")), changed_at=self.at,
            )
            for one in self.people
        ]  # fmt: skip
        session.add_all(found)
        session.flush()
        return found

    def _read(self, session: Session, number: int, deliveries: list[Delivery]) -> None:
        links = session.exec(select(Link.number).where(Link.issue_number == number)).all()
        hidden = session.exec(
            select(Link.number).where(Link.issue_number == number, Link.kind == "hidden")
        ).one()
        weights = [0.0 if one == hidden else 1 / (2 + place) for place, one in enumerate(links)]
        tools = session.exec(select(Tool.id).order_by(Tool.slug)).all()
        drift = 0.38 + 0.08 * self.random.random()
        for one in deliveries:
            if one.state != "delivered":
                continue
            if self.random.random() < 0.3:
                self._event(session, one, "opened", machine=True)
            if self.random.random() < 0.04:
                for link in links:
                    self._event(session, one, "clicked", link, machine=True)
            if self.random.random() < drift:
                self._event(session, one, "opened")
                clicks = self.random.choice((0, 0, 0, 1, 2))
                for link in sorted(set(self.random.choices(links, weights, k=clicks))):
                    self._event(session, one, "clicked", link)
                if self.random.random() < 0.05:
                    self._event(session, one, "voted")
                    self._vote(session, one, self.random.choice(tools))

    def _vote(self, session: Session, one: Delivery, tool: int | None) -> None:
        assert tool
        assert one.subscriber_id
        seen = session.exec(
            select(Vote).where(Vote.subscriber_id == one.subscriber_id, Vote.tool_id == tool)
        ).first()
        verdict = self.random.choice(("ship", "ship", "skip"))
        vote = seen or Vote(
            subscriber_id=one.subscriber_id, tool_id=tool, verdict=verdict, at=self.at
        )
        vote.verdict, vote.at = verdict, self.at + timedelta(hours=3)
        session.add(vote)
        session.flush()

    def _event(
        self, session: Session, one: Delivery, kind: str, link: int | None = None, *,
        machine: bool = False,
    ) -> None:  # fmt: skip
        self.keys += 1
        session.add(
            Event(
                key=f"year-{self.keys}", kind=kind, issue_number=one.issue_number,
                delivery_id=one.id, link_number=link, machine=machine,
                rule="person" if not machine else "sweep", at=self.at + timedelta(hours=2),
            )
        )  # fmt: skip

    def _leave(self, session: Session, number: int, deliveries: list[Delivery]) -> None:
        gone = [one for one in deliveries if self.random.random() < 0.012]
        for one in gone:
            assert one.subscriber_id
            later = self.at + timedelta(hours=5)
            self.people.remove(one.subscriber_id)
            person = session.get(Subscriber, one.subscriber_id)
            assert person is not None
            if one.state in ("bounced", "complained"):
                person.status = one.state
                session.add(
                    Suppression(address_hash=person.address_hash, reason=one.state, at=later)
                )
                continue
            person.status = "unsubscribed"
            self._event(session, one, "unsubscribed")
            session.add(
                Consent(subscriber_id=one.subscriber_id, kind="withdrawn", wording="", at=later)
            )
            if self.random.random() < 0.6:
                session.add(
                    UnsubscribeFeedback(
                        subscriber_id=one.subscriber_id, reason=self.random.choice(REASONS),
                        words=self.random.choice(("", "", *WORDS)), issue_number=number, at=later,
                    )
                )  # fmt: skip
