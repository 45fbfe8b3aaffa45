"""A link opens only what it was made for, whatever happens to the list and to its database.

Lives are drawn: people sign up, move to another address, leave and are erased; links are made void;
the list is exported and imported, its rows get other numbers, the database is saved and put back.
"""

import csv
import io
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlmodel import select

from digest.readers.address_change import complete_address_change, start_address_change
from digest.readers.erasure import erase_email
from digest.readers.preferences import void_own_links
from digest.readers.signup import SignupRequest, complete_signup, start_signup
from store.engine import Store
from subscribers import public_ids
from subscribers.consent import ConsentOrigin
from subscribers.service import unsubscribe
from subscribers.tables import AddressChange, Subscriber
from subscribers.tokens import Purpose, TokenError, Tokens
from tests.parts.linked_people import HASHER, TOKENS, exported, load, opened, person, token
from tests.parts.saved_databases import put_back, save
from tests.parts.world import NOW

LINKS = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE, Purpose.CONFIRM, Purpose.ADDRESS)
STRANGER = Tokens(["the secret of another store, long enough"])
EMAILS = [f"reader{place}@example.org" for place in range(4)]
ON_PEOPLE = ("sign up", "sign up", "sign up", "move", "move", "unsubscribe", "void", "erase")
ON_ALL = ("save", "restore", "import", "renumber")
STEPS = st.lists(
    st.tuples(st.sampled_from([*ON_PEOPLE, *ON_ALL]), st.integers(0, 3), st.integers(0, 3)),
    max_size=12,
)


@dataclass
class Life:
    """The list as it should be: who has which address, and every link that was ever made."""

    store: Store
    saved: Path
    now: datetime = NOW
    people: int = 0
    owners: dict[str, int] = field(default_factory=dict)
    """Who has an address: people are counted in the order in which they came."""
    joined: dict[int, int] = field(default_factory=dict)
    """Whose row was joined to whose, at an address change."""
    made: list[tuple[Purpose, str, int, int]] = field(default_factory=list)
    """Each link, whose it is, and the epoch that it was made in."""
    backup: tuple[dict[str, int], dict[int, int]] | None = None

    def do(self, step: str, email: str, other: str) -> None:
        self.now += timedelta(days=40)  # no limit on requests is reached
        if step == "sign up":
            self.sign_up(email)
        elif step == "save":
            save(self.store, self.saved)
            self.backup = dict(self.owners), dict(self.joined)
        elif step == "restore" and self.backup:
            put_back(self.store, self.saved)
            self.owners, self.joined = dict(self.backup[0]), dict(self.backup[1])
        elif step in {"import", "renumber"}:
            self.reload(renumber=step == "renumber")
        elif email in self.owners:
            self.do_to_reader(step, email, other)
        self.make_links()

    def sign_up(self, email: str) -> None:
        asked = SignupRequest(email, "", "Yes, please.", ConsentOrigin())
        with self.store.write() as session:
            start_signup(session, HASHER, asked, self.now)
        with self.store.write() as session:
            found = session.exec(
                select(Subscriber).where(Subscriber.email_key == email)
            ).one_or_none()
            if found is None or found.id is None:
                return
            complete_signup(session, found.id, wording="Yes.", origin=ConsentOrigin(), now=self.now)
        if email not in self.owners:
            self.people += 1
            self.owners[email] = self.people

    def do_to_reader(self, step: str, email: str, other: str) -> None:
        with self.store.write() as session:
            reader = person(session, email).id or 0
            if step == "unsubscribe":
                unsubscribe(session, HASHER, reader, "test", self.now)
            elif step == "void":
                void_own_links(session, reader, self.now)
            elif step == "erase":
                erase_email(session, HASHER, email, self.now)
                del self.owners[email]
            elif step == "move":
                start_address_change(session, HASHER, reader, other, self.now)
        if step == "move":
            self.confirm_move(reader, email, other)
        if step == "void":
            with self.store.read() as session:
                epoch = person(session, email).link_epoch
            used = {(who, before) for _, _, who, before in self.made}
            assert (self.owners[email], epoch) not in used, "links of before are not void"

    def confirm_move(self, reader: int, email: str, other: str) -> None:
        with self.store.write() as session:
            change = session.get(AddressChange, reader)
            number = change.number if change else 0
            moved = complete_address_change(
                session, HASHER, reader, number, origin=ConsentOrigin(), now=self.now
            )
        if moved is None or moved.same_mailbox:
            return
        who = self.owners.pop(email)
        if other in self.owners:
            self.joined[self.owners[other]] = who
        self.owners[other] = who

    def reload(self, *, renumber: bool) -> None:
        """Exports the list, empties the store and imports it, its rows turned round if so."""
        content = exported(self.store)
        if renumber:
            head, *rows = csv.reader(io.StringIO(content))
            out = io.StringIO(newline="")
            csv.writer(out).writerows([head, *reversed(rows)])
            content = out.getvalue()
        empty(self.store, restart=renumber)
        load(self.store, content)

    def make_links(self) -> None:
        for email, who in self.owners.items():
            with self.store.read() as session:
                epoch = person(session, email).link_epoch
            self.made += [
                (purpose, token(self.store, email, purpose), who, epoch) for purpose in LINKS
            ]

    def check(self) -> None:
        emails = {who: email for email, who in self.owners.items()}
        with self.store.read() as session:
            epochs = {email: person(session, email).link_epoch for email in self.owners}
        for purpose, text, who, epoch in self.made:
            last = who
            while last in self.joined:
                last = self.joined[last]
            email = emails.get(last)
            expected = email
            if email is not None:
                expected = email if (last, epochs[email]) == (who, epoch) else f"({email})"
            assert opened(self.store, text, purpose) == expected, (purpose, who)


def empty(store: Store, *, restart: bool) -> None:
    """Deletes everybody; `restart` lets the numbers of rows begin anew, as in another store."""
    with store.write() as session:
        connection = session.connection()
        for table in ("subscriber", "suppression", "knock"):
            connection.execute(sql(f"DELETE FROM {table}"))
        if restart and store.is_sqlite:
            connection.execute(sql("DELETE FROM sqlite_sequence WHERE name = 'subscriber'"))
        elif restart:
            connection.execute(sql("ALTER SEQUENCE subscriber_id_seq RESTART"))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "saved.db"


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
@example([("sign up", 0, 0), ("sign up", 1, 0), ("erase", 0, 0), ("renumber", 0, 0)])
@example([("sign up", 0, 0), ("save", 0, 0), ("sign up", 1, 0), ("restore", 0, 0),
          ("sign up", 2, 0), ("import", 0, 0)])  # fmt: skip
@example([("sign up", 0, 0), ("sign up", 1, 0), ("unsubscribe", 1, 0), ("move", 0, 1),
          ("renumber", 0, 0), ("save", 0, 0), ("erase", 1, 0), ("restore", 0, 0)])  # fmt: skip
@example([("sign up", 0, 0), ("move", 0, 1), ("sign up", 0, 0), ("void", 1, 0),
          ("renumber", 0, 0), ("erase", 0, 0), ("sign up", 0, 0)])  # fmt: skip
@example([("sign up", 0, 0), ("save", 0, 0), ("void", 0, 0), ("restore", 0, 0),
          ("void", 0, 0)])  # fmt: skip
def test_a_link_opens_only_what_it_was_made_for(
    store: Store, saved: Path, steps: list[tuple[str, int, int]]
) -> None:
    """On both databases; each link for its purpose alone, and none of another store's."""
    empty(store, restart=True)
    life = Life(store, saved)
    with pytest.MonkeyPatch.context() as patch:
        # What is drawn at random is the same each time: epochs may meet once in thousands.
        patch.setattr(public_ids, "random_bytes", random.Random(len(steps)).randbytes)
        for step, one, other in steps:
            life.do(step, EMAILS[one], EMAILS[other])
            life.check()
    for purpose, text, _, _ in life.made[:: max(1, len(life.made) // 20)]:
        for another in Purpose:
            if another is not purpose:
                with pytest.raises(TokenError):
                    TOKENS.read(another, text)
        with pytest.raises(TokenError):
            STRANGER.read(purpose, text)
