"""A round over the mailbox goes on whatever lies in it, and goes further each time."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.track.bounces.listing import inbound_messages
from digest.track.bounces.mailbox.base import MaildirMailbox
from digest.track.bounces.poll import BounceMailboxReader
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Tokens
from tests.parts.inbound_messages import dsn, plain
from tests.parts.world import SECRET, Clock

TOKENS = Tokens([SECRET])


def maildir(tmp_path: Path, messages: dict[str, bytes]) -> MaildirMailbox:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir(parents=True)
    for name, raw in messages.items():
        (tmp_path / "new" / name).write_bytes(raw)
    return MaildirMailbox(tmp_path)


def reader(store: Store, mailbox: Any) -> BounceMailboxReader:
    return BounceMailboxReader(mailbox, store, TOKENS, AddressHasher(SECRET), Clock())


def test_messages_that_are_not_ours_do_not_starve_those_behind_them(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """Each look is by a new process, as of `digest bounces read`."""
    mailbox = maildir(tmp_path, {f"{n:04}.x": plain("Lunch?", str(n)) for n in range(25)})
    left = [reader(sqlite_store, mailbox).read(limit=10).ignored for _ in range(4)]
    assert left == [10, 10, 5, 0]


def test_a_file_that_can_not_be_read_holds_up_nothing_and_is_read_later(
    sqlite_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailbox = maildir(tmp_path, {"1.bad": plain("a"), "2.good": plain("b")})
    opened = Path.open

    def refuse(path: Path, *args: Any, **more: Any) -> Any:
        if path.name == "1.bad":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **more)

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(Path, "open", refuse)
        assert reader(sqlite_store, mailbox).read().ignored == 1
    assert "Permission denied" in caplog.text
    assert reader(sqlite_store, mailbox).read().ignored == 1


def test_a_round_that_fails_does_not_stop_what_comes_after_it(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def unread(*_: object) -> Iterator[tuple[str, bytes]]:
        raise RuntimeError("a bug")

    with caplog.at_level(logging.ERROR):
        reader(sqlite_store, SimpleNamespace(unread=unread)).read_if_due()
    assert "the next one tries again" in caplog.text


def test_what_came_is_listed_and_what_waits_for_an_editor_apart(
    sqlite_store: Store, tmp_path: Path
) -> None:
    messages = {
        "1.a": plain("Re: Verdicts", "Please take me off this list."),
        "2.b": plain("Re: Verdicts", "I liked it."),
        "3.c": dsn(None),
        "4.d": b"\xff\xfe",
        "5.e": plain("Away", "Back soon.", Auto_Submitted="auto-replied"),
    }
    summary = reader(sqlite_store, maildir(tmp_path, messages)).read()
    assert "1 ask in words to unsubscribe" in str(summary)
    with sqlite_store.read() as session:
        told = {one.name: one.meaning for one in inbound_messages(session, 10)}
        waiting = inbound_messages(session, 10, meanings=["asks in words to unsubscribe"])
    assert [one.name for one in waiting] == ["1.a"]
    assert told["3.c"] == "report on a message that is not ours"
    assert told["5.e"] == "automatic answer"
    assert len(told) == 5


def test_the_command_lists_json_alone(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digest.cli import app

    reader(sqlite_store, maildir(tmp_path / "mail", {"1.a": plain("unsubscribe")})).read()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_DATABASE_URL", str(sqlite_store.engine.url))
    monkeypatch.setenv("DIGEST_SECRET_KEY", SECRET)
    result = CliRunner().invoke(app, ["bounces", "list", "--undecided", "--json"])
    (one,) = json.loads(result.stdout)
    assert (one["name"], one["meaning"]) == ("1.a", "asks in words to unsubscribe")
