"""An IMAP server that misbehaves costs one line, bounded in time and memory; never the others."""

import tracemalloc
from collections.abc import Callable
from itertools import count

import pytest

from digest.track.bounces.mailbox.base import MailboxError, MailboxUrl
from digest.track.bounces.mailbox.bounded_imap import MAX_LINE, MAX_LITERAL
from digest.track.bounces.mailbox.imap import ImapMailbox
from digest.track.bounces.poll import BounceMailboxReader
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Tokens
from tests.parts.servers.odd_imap import CLOSE, LETTER, Answer, OddImap, fetched, odd_imap
from tests.parts.world import SECRET, Clock


def mailbox(imap: OddImap, tick: Callable[[], float] = lambda: 0.0) -> ImapMailbox:
    return ImapMailbox(
        MailboxUrl("imap", "127.0.0.1", imap.port, "u", "geheim", "INBOX"), tick=tick
    )


def read(imap: OddImap, tick: Callable[[], float] = lambda: 0.0) -> dict[str, bytes]:
    return dict(mailbox(imap, tick).unread((), 10))


def fetch(command: str) -> bytes:
    return fetched(command.split()[2])


ODD: dict[str, dict[str, Answer]] = {
    "a number in a literal that no number is": {"SEARCH": b"* SEARCH {" + b"9" * 5_000 + b"}\r\n"},
    "a line that is too long": {"SEARCH": b"* SEARCH " + b"1 " * (MAX_LINE // 2 + 10)},
    "answers without end": {"SEARCH": b"* 1 EXISTS\r\n" * 10_000},
    "nothing at all": {"LOGIN": CLOSE},
    "bytes": {"LOGIN": b"\x00\xff\xfe\r\n"},
    "another's tag": {"SELECT": b"zzz1 OK\r\n"},
    "letters for numbers": {"SEARCH": b"* SEARCH \xc3\xa9 \xff\r\nTAG OK done\r\n"},
    "BYE": {"SELECT": b"* BYE go away\r\n"},
    "refused": {"LOGIN": b"TAG NO geheim is wrong \x1b[31m" + b"x" * 5_000 + b"\r\n"},
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_imap_is_one_line_without_the_password(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.track.bounces.mailbox.bounded_imap.MAX_ANSWER", 500_000)
    with odd_imap({"FETCH": fetch, **ODD[kind]}) as imap, pytest.raises(MailboxError) as error:
        read(imap)
    text = str(error.value)
    assert text.startswith("the mailbox INBOX at 127.0.0.1: ")
    assert text.isprintable()
    assert len(text) < 300
    assert "geheim" not in text


@pytest.mark.parametrize("greeting", [b"* BYE no\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_greeting_that_is_none_is_one_line(greeting: bytes) -> None:
    with odd_imap({}, greeting) as imap, pytest.raises(MailboxError, match="the mailbox INBOX"):
        read(imap)


@pytest.mark.parametrize("rules", [{"SELECT": b"* OK {10}\r\n"}, {"LOGIN": b""}])
def test_a_server_that_says_no_more_is_left(
    rules: dict[str, Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.track.bounces.mailbox.imap.TIMEOUT_SECONDS", 0.1)
    with odd_imap(rules) as imap, pytest.raises(MailboxError, match=r"timed out|no whole answer"):
        read(imap)


@pytest.mark.parametrize("greeting", [b"* OK ready\r\n", b"* PREAUTH welcome\r\n"])
def test_a_server_without_starttls_gets_no_password(
    greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.track.bounces.mailbox.imap.LOCAL", ())
    with odd_imap({}, greeting) as imap, pytest.raises(MailboxError):
        read(imap)
    assert [one for one in imap.log if "LOGIN" in one or "AUTHENTICATE" in one] == []


def test_a_message_larger_than_asked_for_is_cut_and_the_next_one_read() -> None:
    large = b"x" * (20 * MAX_LITERAL)

    def answer(command: str) -> bytes:
        return fetched("1", large) if " 1 " in command else fetch(command)

    with odd_imap({"FETCH": answer}) as imap:
        tracemalloc.start()
        found = {name: len(raw) for name, raw in mailbox(imap).unread((), 10)}
        held = tracemalloc.get_traced_memory()[1] - len(large)
        tracemalloc.stop()
    assert found == {"7.1": MAX_LITERAL, "7.2": len(LETTER), "7.3": len(LETTER)}
    assert held < 3 * len(large)  # the server's own copies


@pytest.mark.parametrize(
    "broken",
    [CLOSE, b"* 1 FETCH (UID 2 BODY[]<0> {999999999999}\r\nshortCLOSE", b"nonsense\r\nCLOSE"],
)
def test_a_message_at_which_the_connection_breaks_holds_up_none_behind_it(broken: bytes) -> None:
    with odd_imap({"FETCH": lambda asked: broken if " 2 " in asked else fetch(asked)}) as imap:
        assert sorted(read(imap)) == ["7.1", "7.3"]


def test_a_server_that_sends_other_letters_unasked_is_not_believed() -> None:
    def answer(command: str) -> bytes:
        uid = command.split()[2]
        other = fetched("9", b"Subject: other\r\n\r\n").removesuffix(b"TAG OK done\r\n")
        return other + fetched(uid, uid.encode())

    with odd_imap({"FETCH": answer}) as imap:
        assert read(imap) == {"7.1": b"1", "7.2": b"2", "7.3": b"3"}


def test_a_reading_that_takes_too_long_ends_and_keeps_what_it_has() -> None:
    """The clock goes on by ten seconds at each look."""
    with odd_imap(
        {"FETCH": fetch, "SEARCH": b"* SEARCH 1 2 3 4 5 6 7 8 9\r\nTAG OK done\r\n"}
    ) as imap:
        with pytest.raises(MailboxError, match="no whole answer in time"):
            read(imap, count(step=25).__next__)
        found = read(imap, count(step=3).__next__)
    assert 0 < len(found) < 9


def test_a_folder_made_anew_is_read_anew() -> None:
    validity = iter((7, 8, 8))

    def select(_: str) -> bytes:
        return b"* OK [UIDVALIDITY %d] x\r\nTAG OK done\r\n" % next(validity)

    with odd_imap({"FETCH": fetch, "SELECT": select}) as imap:
        assert sorted(read(imap)) == ["7.1", "7.2", "7.3"]
        mailbox(imap).mark_done(["7.1"])  # of the old folder: another letter has that number now
        assert [one for one in imap.log if "STORE" in one] == []
        assert sorted(read(imap)) == ["8.1", "8.2", "8.3"]


def test_a_connection_that_always_breaks_later_on_is_read_bit_by_bit(sqlite_store: Store) -> None:
    """What was read before counts: else a mailbox whose server drops after some would starve."""
    gone: list[str] = []

    def answer(command: str) -> bytes:
        uid = int(command.split()[2])
        return fetch(command) if uid <= 3 * (1 + len(gone)) else CLOSE

    with odd_imap(
        {"FETCH": answer, "SEARCH": b"* SEARCH 1 2 3 4 5 6 7 8\r\nTAG OK done\r\n"}
    ) as imap:
        tokens, hasher = Tokens([SECRET]), AddressHasher(SECRET)
        left = []
        for _ in range(3):
            reader = BounceMailboxReader(mailbox(imap), sqlite_store, tokens, hasher, Clock())
            try:
                left.append(reader.read().ignored)
            except MailboxError:
                left.append(-1)
            gone.append("")
    assert left == [-1, 3, 2]


def test_a_mailbox_that_refuses_is_tried_less_and_less_often(sqlite_store: Store) -> None:
    clock = Clock()
    with odd_imap({"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"}) as imap:
        reader = BounceMailboxReader(
            mailbox(imap), sqlite_store, Tokens([SECRET]), AddressHasher(SECRET), clock
        )
        for _ in range(60):
            reader.read_if_due()
            clock.on(minutes=1)
        tries = sum("LOGIN" in one for one in imap.log)
    assert tries == 6
