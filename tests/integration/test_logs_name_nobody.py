"""A week in which everything fails that can, logged as JSON: no line names a person."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Outcome, ProviderError, Rejected
from digest.logs.formatters import JsonFormatter
from digest.message.personalization import Personalization
from digest.settings import read_settings
from digest.web.application import create_app
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.parts.world import SECRET, Recorder, add_approved, add_people

WORDS = "550 5.1.1 <{address}>: no such user; see https://d.example/unsubscribe/{token}"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    provider = Recorder()
    made = bootstrap(
        read_settings(
            database_url=f"sqlite:///{tmp_path}/digest.db",
            secret_key=SECRET,
            bounce_mailbox=f"maildir://{tmp_path}/bounces",
        ),
        provider=provider,
    )
    upgrade(made.store)

    def refuse(personalization: Personalization) -> Outcome:
        words = WORDS.format(address=personalization.email, token=personalization.token)
        if personalization.email.startswith("reader3@"):
            raise ValueError(words)
        if personalization.email.startswith("reader5@"):
            raise ProviderError(words)
        return Rejected(personalization.delivery_id, permanent=True, code="550", detail=words)

    provider.answer = refuse
    yield made
    made.close()


def test_no_line_names_a_person(app: App, tmp_path: Path) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonFormatter())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        addresses, tokens = everything_fails(app, tmp_path)
    finally:
        logging.getLogger().removeHandler(handler)
    levels = {json.loads(line)["level"] for line in lines}
    assert {"warning", "error"} <= levels
    for secret in (*addresses, *(one.partition("@")[0] for one in addresses), *tokens):
        assert not [line for line in lines if secret in line], secret


def everything_fails(app: App, folder: Path) -> tuple[list[str], list[str]]:
    addresses = add_people(app.store, 12)
    for _ in range(3):
        number = add_approved(app.store)
        app.issues.start(number)
        with worker_lock(app.store) as lock:
            for _ in range(3):
                try:
                    app.sending.run(number, lock)
                except ProviderError as error:
                    logging.getLogger("digest.worker").warning("issue %s waits: %s", number, error)
    (folder / "bounces" / "new").mkdir(parents=True)
    (folder / "bounces" / "new" / "ana@example.org").write_bytes(b"\xff" * 100)
    if app.bounces:
        app.bounces.read_if_due()
    with app.store.read() as session:
        people = session.exec(select(Subscriber.public_id)).all()
    tokens = [app.tokens.make(Purpose.UNSUBSCRIBE, one, 0) for one in people]
    client = TestClient(create_app(app), raise_server_exceptions=False)

    def fail(*_: object) -> None:
        raise RuntimeError(WORDS.format(address=addresses[0], token=tokens[0]))

    app.store.read = app.store.write = fail  # type: ignore[method-assign]
    for token in tokens:
        assert client.get(f"/unsubscribe/{token}").status_code == 500
        assert client.post(f"/unsubscribe/{token}").status_code == 500
        client.get(f"/l/1/{token}")
    client.post("/webhooks/sendgrid", json=[{"email": addresses[0]}])
    return addresses, tokens
