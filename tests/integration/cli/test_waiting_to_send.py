"""A sending in the foreground that waits for a retry hears what becomes of the issue meanwhile."""

import threading
from types import SimpleNamespace

import pytest

from digest.cli.issue import send
from store.engine import Store
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service


@pytest.mark.parametrize("command", ["pause", "cancel"])
def test_it_does_not_wait_for_an_issue_that_is_not_being_sent(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    add_people(sqlite_store, 1)
    number = add_approved(sqlite_store)
    editor = issue_service(sqlite_store, Recorder(), Clock())
    editor.start(number)
    getattr(editor, command)(number)
    monkeypatch.setattr(send, "LOOK_EVERY_SECONDS", 0.01)

    app = SimpleNamespace(store=sqlite_store)
    send._rest(app, number, threading.Event(), seconds=3_600)  # type: ignore[arg-type]
