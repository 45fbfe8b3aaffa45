"""The bounce mailbox end to end: real folders, a real IMAP line, a real store."""

import logging
import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from sqlmodel import col, select

from digest.bootstrap import open_mailbox
from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.readers.address_change import complete_address_change, start_address_change
from digest.settings import Settings
from digest.track.bounces.mailbox.base import (
    Mailbox,
    MailboxError,
    MailboxUrl,
    MaildirMailbox,
    parse_mailbox_url,
)
from digest.track.bounces.mailbox.imap import MARK, ImapMailbox
from digest.track.bounces.poll import AT_ONCE, BounceMailboxReader
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentOrigin
from subscribers.tables import AddressChange, Consent, Subscriber
from subscribers.tokens import Purpose, Tokens
from tests.parts.inbound_messages import arf, dsn, plain, qmail
from tests.parts.links import token_in
from tests.parts.servers.imap_server import PASSWORD, USER, ImapServer
from tests.parts.world import SECRET, Clock, add_approved, add_people

TOKENS = Tokens([SECRET])


class Folder:
    """A Maildir that letters are put into as a mail server does it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for part in ("new", "cur", "tmp"):
            (path / part).mkdir(parents=True)

    def put(self, raw: bytes, name: str) -> None:
        (self.path / "new" / name).write_bytes(raw)

    def files(self) -> dict[str, bytes]:
        """Everything but what was read."""
        found = [*(self.path / "new").iterdir(), *(self.path / "cur").iterdir()]
        return {one.name: one.read_bytes() for one in found}

    def read(self) -> list[bytes]:
        return [one.read_bytes() for one in (self.path / ".digest-read" / "cur").iterdir()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "Maildir")


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


@pytest.fixture
def tokens(sqlite_store: Store) -> list[str]:
    """Deliveries of three people, submitted."""
    return deliveries(sqlite_store)


def deliveries(store: Store) -> list[str]:
    add_people(store, 3)
    number = add_approved(store)
    with store.write() as session:
        session.add(Batch(issue_number=number, position=0, state="done"))
        session.flush()
        people = session.exec(select(Subscriber.id).order_by(col(Subscriber.id))).all()
        session.add_all(
            Delivery(
                issue_number=number,
                batch_position=0,
                subscriber_id=one,
                state="submitted",
                changed_at=Clock().now,
            )
            for one in people
        )
    return [token_in(store, TOKENS, Purpose.DELIVERY, one or 0, number) for one in people]


def reader(store: Store, mailbox: Mailbox, clock: Clock | None = None) -> BounceMailboxReader:
    return BounceMailboxReader(mailbox, store, TOKENS, AddressHasher(SECRET), clock or Clock())


def imap(server: ImapServer) -> ImapMailbox:
    return ImapMailbox(MailboxUrl("imap", "127.0.0.1", server.port, USER, PASSWORD, "INBOX"))


def states(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Delivery.state).order_by(col(Delivery.id))))


def status(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Subscriber.status).order_by(col(Subscriber.id))))


def test_bounces_complaints_and_unsubscribe_requests_are_acted_on_and_moved(
    store: Store, folder: Folder
) -> None:
    tokens = deliveries(store)
    claims = TOKENS.read(Purpose.DELIVERY, tokens[2])
    wish = TOKENS.make(Purpose.UNSUBSCRIBE, claims.subscriber, claims.issue)
    ours = [dsn(tokens[0]), arf(tokens[1]), plain(f"unsubscribe {wish}")]
    for place, raw in enumerate(ours):
        folder.put(raw, f"100{place}.M1.host")
    summary = reader(store, MaildirMailbox(folder.path)).read()
    assert str(summary) == "1 bounced, 1 complained, 1 asked to leave, 0 left alone"
    assert states(store) == ["bounced", "complained", "submitted"]
    assert status(store) == ["bounced", "complained", "unsubscribed"]
    assert folder.files() == {}
    assert sorted(folder.read()) == sorted(ours)
    with store.read() as session:
        (consent,) = session.exec(select(Consent)).all()
    assert (consent.kind, consent.source) == ("withdrawn", "mailto in issue 1")


def test_what_is_not_ours_stays_as_it_was(
    sqlite_store: Store, folder: Folder, tokens: list[str]
) -> None:
    strangers = Tokens(["another secret that is long enough too"])
    foreign = strangers.make(Purpose.DELIVERY, 1, 1)
    forged = TOKENS.make(Purpose.CLICK, 1, 1)
    letters = {
        "1.a": dsn(foreign),
        "2.b": dsn(None),
        "3.c": plain("Lunch?"),
        "4.d": plain("Re: Verdicts", In_Reply_To=f"<{tokens[0]}@d.example>"),
        "5.e": plain("On holiday", f"<{tokens[0]}@d.example>", Auto_Submitted="auto-replied"),
        # A token that anybody on the way has seen can't unsubscribe.
        "6.f": plain(f"unsubscribe {tokens[0]}"),
        "7.g": plain(f"unsubscribe {forged}"),
        "8.h": b"\xff" * 100,
    }
    for name, raw in letters.items():
        folder.put(raw, name)
    (folder.path / "new" / "3.c").rename(folder.path / "cur" / "3.c:2,FS")
    before = folder.files()
    look = reader(sqlite_store, MaildirMailbox(folder.path))
    assert look.read().ignored == len(letters)
    assert look.read().ignored == 0
    assert folder.files() == before
    assert states(sqlite_store) == ["submitted"] * 3
    assert status(sqlite_store) == ["active"] * 3


def test_a_bounce_in_an_odd_format_is_heard(
    sqlite_store: Store, folder: Folder, tokens: list[str]
) -> None:
    folder.put(qmail(tokens[0]), "1.a")
    assert reader(sqlite_store, MaildirMailbox(folder.path)).read().events == {"bounced": 1}
    assert states(sqlite_store)[0] == "bounced"
    assert status(sqlite_store)[0] == "bounced"


def test_the_same_letter_read_twice_is_one_event(
    sqlite_store: Store, folder: Folder, tokens: list[str]
) -> None:
    """As after a crash between the commit and the marking, or beside another reader."""
    for name in ("1.a", "2.b"):
        folder.put(dsn(tokens[0]), name)
    reader(sqlite_store, MaildirMailbox(folder.path)).read()
    with sqlite_store.read() as session:
        assert len(session.exec(select(Event)).all()) == 1


def test_what_could_not_be_stored_is_not_marked(
    sqlite_store: Store, folder: Folder, tokens: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put(dsn(tokens[0]), "1.a")
    look = reader(sqlite_store, MaildirMailbox(folder.path))

    def away(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("digest.track.bounces.poll.ingest", away)
        with pytest.raises(OSError, match="away"):
            look.read()
    assert list(folder.files()) == ["1.a"]
    assert look.read().events == {"bounced": 1}


def test_a_look_ends_after_so_many_and_the_next_goes_on(
    sqlite_store: Store, folder: Folder, tokens: list[str]
) -> None:
    for place in range(AT_ONCE + 20):
        folder.put(dsn(tokens[0], told=f"smtp; 550 5.1.1 {place}"), f"{1000 + place}.a")
    look = reader(sqlite_store, MaildirMailbox(folder.path))
    assert look.read(AT_ONCE + 5).events == {"bounced": AT_ONCE + 5}
    assert look.read(AT_ONCE).events == {"bounced": 15}
    assert folder.files() == {}


def test_over_imap_what_is_ours_is_marked_and_nothing_else_touched(
    sqlite_store: Store, server: ImapServer, tokens: list[str]
) -> None:
    ours = server.put(dsn(tokens[0]), r"\Seen")
    unread, doomed = server.put(plain("Lunch?")), server.put(plain("Old"), r"\Deleted")
    look = reader(sqlite_store, imap(server))
    assert str(look.read()) == "1 bounced, 2 left alone"
    assert ours.flags == {MARK, r"\Seen"}
    assert (unread.flags, doomed.flags) == (set(), {r"\Deleted"})
    assert len(server.letters) == 3
    server.log.clear()
    assert str(look.read()) == "0 left alone"
    assert not [line for line in server.log if "FETCH" in line or "STORE" in line]
    assert states(sqlite_store)[0] == "bounced"


def test_a_server_without_keywords_is_told_by_what_was_read(
    sqlite_store: Store, tokens: list[str]
) -> None:
    with ImapServer(keywords=False) as server:
        ours, other = server.put(dsn(tokens[0])), server.put(plain("Lunch?"))
        reader(sqlite_store, imap(server)).read()
        assert (ours.flags, other.flags) == ({r"\Seen"}, set())
        # What was left alone is known by the store, whoever reads next.
        assert str(reader(sqlite_store, imap(server)).read()) == "0 left alone"


def test_numbers_of_another_era_are_not_taken_for_the_same_letters(
    sqlite_store: Store, server: ImapServer, tokens: list[str]
) -> None:
    """RFC 3501 section 2.3.1.1: a folder made anew counts from one again."""
    server.put(plain("Lunch?"))
    look = reader(sqlite_store, imap(server))
    look.read()
    server.validity, server.letters[0].raw = 8, dsn(tokens[0])
    assert look.read().events == {"bounced": 1}


def test_a_large_letter_is_read_as_far_as_its_report(
    sqlite_store: Store, server: ImapServer, tokens: list[str]
) -> None:
    server.put(dsn(tokens[0]) + b"x" * 3_000_000)
    assert reader(sqlite_store, imap(server)).read().events == {"bounced": 1}


def test_tls_is_checked(sqlite_store: Store, tokens: list[str]) -> None:
    maker, there, here = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), None
    maker.issue_cert("127.0.0.1").configure_cert(there)
    here = ssl.create_default_context()
    maker.configure_trust(here)
    with ImapServer(tls=there) as server:
        server.put(dsn(tokens[0]))
        place = MailboxUrl("imaps", "127.0.0.1", server.port, USER, PASSWORD, "INBOX")
        with pytest.raises(MailboxError, match="certificate"):
            reader(sqlite_store, ImapMailbox(place)).read()
        assert reader(sqlite_store, ImapMailbox(place, here)).read().events == {"bounced": 1}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"password": "not it"}, "wrong user or password"),
        ({"password": "pässword"}, "refused"),
        ({"folder": "elsewhere"}, "no such folder"),
        ({"port": 1}, "refused"),
    ],
)
def test_a_mailbox_that_can_not_be_used_is_one_line_without_a_password(
    sqlite_store: Store, server: ImapServer, changes: dict[str, object], why: str
) -> None:
    place = MailboxUrl("imap", "127.0.0.1", server.port, USER, PASSWORD, "INBOX")
    with pytest.raises(MailboxError, match=why) as refused:
        reader(sqlite_store, ImapMailbox(place._replace(**changes))).read()  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_scheduled_look_comes_once_a_minute_and_less_often_while_something_is_wrong(
    sqlite_store: Store, folder: Folder, tokens: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    lost = reader(sqlite_store, MaildirMailbox(folder.path / "nowhere"), clock)
    with caplog.at_level(logging.INFO):
        lost.read_if_due()
        lost.read_if_due()
        assert caplog.text.count("bounces can't be read: no Maildir at") == 1
        clock.on(seconds=61)
        lost.read_if_due()
        assert caplog.text.count("bounces can't be read") == 1
        clock.on(seconds=60)
        lost.read_if_due()
        assert caplog.text.count("bounces can't be read") == 2
        folder.put(dsn(tokens[0]), "1.a")
        reader(sqlite_store, MaildirMailbox(folder.path), clock).read_if_due()
    assert "bounces: 1 bounced, 0 left alone" in caplog.text


def test_settings_name_the_mailbox(tmp_path: Path) -> None:
    def made(url: str) -> Mailbox | None:
        return open_mailbox(Settings(_env_file=None, bounce_mailbox=url))  # type: ignore[call-arg,arg-type]

    assert made("") is None
    assert isinstance(made(f"maildir://{tmp_path}"), MaildirMailbox)
    assert isinstance(
        made(f"imaps://{quote(USER, '')}:{quote(PASSWORD)}@mail.example"), ImapMailbox
    )
    place = parse_mailbox_url(f"imaps://{quote(USER, '')}:{quote(PASSWORD)}@mail.example/A/B")
    assert place == MailboxUrl("imaps", "mail.example", None, USER, PASSWORD, "A/B")


@pytest.mark.parametrize(
    "url", ["pop3://h/", "imaps://host/INBOX", "maildir://", "maildir://host/x", "imaps://u@h:x/"]
)
def test_another_kind_of_mailbox_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="DIGEST_BOUNCE_MAILBOX: should look like maildir:///"):
        Settings(_env_file=None, bounce_mailbox=url)  # type: ignore[call-arg,arg-type]


def test_a_date_that_no_letter_can_have_is_taken_for_today(
    folder: Folder, sqlite_store: Store, tokens: list[str]
) -> None:
    for number, year in enumerate((b"0999", b"1969", b"9999")):
        letter = re.sub(
            rb"(?m)^Date: .*$", b"Date: Tue, 01 Jan %s 00:00:00 +0000" % year, dsn(tokens[number])
        )
        folder.put(letter, f"1.{number}")
    reader(sqlite_store, MaildirMailbox(folder.path)).read()
    with sqlite_store.read() as session:
        assert set(session.exec(select(Event.at))) == {Clock().now}


@pytest.mark.parametrize(("days", "expected"), [(1, "active"), (-1, "bounced")])
def test_what_comes_back_from_an_address_that_was_left_says_nothing_of_the_new_one(
    folder: Folder, sqlite_store: Store, tokens: list[str], days: int, expected: str
) -> None:
    with sqlite_store.write() as session:
        hasher, then = AddressHasher(SECRET), Clock().now + timedelta(days=days)
        start_address_change(session, hasher, 1, "new@example.net", then)
        asked = session.get_one(AddressChange, 1).number
        assert complete_address_change(session, hasher, 1, asked, origin=ConsentOrigin(), now=then)
    mailed = "reader0@example.org" if days > 0 else "new@example.net"
    folder.put(dsn(tokens[0], recipient=mailed), "1.a")
    reader(sqlite_store, MaildirMailbox(folder.path)).read()
    assert states(sqlite_store)[0] == "bounced"
    assert status(sqlite_store)[0] == expected
