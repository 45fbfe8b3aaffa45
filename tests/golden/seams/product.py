"""All that the tests in this folder know of the product's inside.

Whoever moves or renames a module changes this file, and no other one and no golden file here.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from alembic import command as alembic
from alembic.config import Config
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import col, select
from starlette.types import ASGIApp
from typer import Typer

from digest.bootstrap import bootstrap
from digest.catalog.pages import Lens, Verdict
from digest.cli import app as command_line
from digest.cli import main
from digest.database import MIGRATIONS
from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import BatchState, DeliveryState
from digest.deliver.transactional.tables import TransactionalKind, TransactionalState
from digest.events.old_links import with_public_ids
from digest.events.tables import EventKind
from digest.gate.findings import Code, Level
from digest.issues.tables import Issue, IssueState, PickRole
from digest.queue.worker import create_app as create_queue_app
from digest.readers.data_export import export_reader
from digest.readers.links import resolve_link
from digest.render.slots import Slot
from digest.settings import Settings, read_settings
from digest.track.hits.bot_detection import Rule
from digest.web.application import create_app, pages_of
from schedules.tables import Approval, RunState
from store.engine import open_store
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind
from subscribers.links import link_token
from subscribers.tables import (
    Frequency,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
    TopicKind,
    UnsubscribeReason,
)
from subscribers.tokens import Purpose, Tokens

STORED: dict[str, type[StrEnum]] = {
    "batch.state": BatchState,
    "consent.kind": ConsentKind,
    "delivery.fault": BounceType,
    "delivery.state": DeliveryState,
    "event.kind": EventKind,
    "event.rule": Rule,
    "following.topic": TopicKind,
    "gate finding level": Level,
    "gate_override.code": Code,
    "issue.state": IssueState,
    "leaving.reason": UnsubscribeReason,
    "letter.kind": TransactionalKind,
    "letter.state": TransactionalState,
    "pick.role": PickRole,
    "review.lens": Lens,
    "review.verdict and vote.verdict": Verdict,
    "run.state": RunState,
    "schedule.approval": Approval,
    "slot in variant.html and variant.text": Slot,
    "subscriber.frequency and schedule.frequency": Frequency,
    "subscriber.status": SubscriberStatus,
    "suppression.reason and lift.reason": SuppressionReason,
    "token purpose": Purpose,
}
"""Words that the database holds, by where they stand."""


def run_command_line() -> None:
    """`digest`, with the arguments in sys.argv."""
    main()


def set_clock(patch: pytest.MonkeyPatch, clock: Callable[[], datetime]) -> None:
    """What the product takes for the time, wherever no other clock is handed in."""
    patch.setitem(bootstrap.__kwdefaults__, "clock", clock)
    patch.setattr("digest.cli.common.Reader.clock", lambda _: clock())


def set_random(patch: pytest.MonkeyPatch) -> None:
    """Draws the same public ids in every run."""
    drawn = itertools.count()

    def same(size: int) -> bytes:
        return hashlib.shake_256(str(next(drawn)).encode()).digest(size)

    patch.setattr("subscribers.public_ids.random_bytes", same)


def app() -> Typer:
    return command_line


def settings_class() -> type[Any]:
    return Settings


@contextmanager
def web_app() -> Iterator[ASGIApp]:
    """The public pages over the settings in the environment."""
    opened = bootstrap(read_settings())
    try:
        yield create_app(opened)
    finally:
        opened.close()


def routed_app(*, studio: bool) -> FastAPI:
    """The pages with their table of routes; opens no database."""
    opened = bootstrap(read_settings())
    opened.close()
    return pages_of(opened, studio=studio)


def deliver_transactional_mail() -> None:
    """What a worker does about letters that are due, over the settings in the environment."""
    opened = bootstrap(read_settings())
    with worker_lock(opened.store) as here:
        opened.mailer.deliver(here, lambda: False)
    opened.close()


def engine(url: str) -> Engine:
    """A database as the product opens it."""
    return open_store(url).engine


def make_schema(url: str, revision: str) -> None:
    """The schema as the version of that revision made it, in place of what is there."""
    opened = engine(url)
    with opened.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        alembic.upgrade(config, revision)
    opened.dispose()


def make_tokens(secret: str, subscriber: int, issue: int) -> dict[str, str]:
    """A token for each purpose, by its name, as mail of that time carried them: of row numbers."""
    tokens = Tokens([secret])
    return {str(one): tokens.make_legacy(one, [subscriber], issue)[0] for one in Purpose}


def link_tokens(secret: str, email: str, issue: int, *, number: int = 0) -> dict[str, str]:
    """The same as they are made now, of the store in the environment.

    `number` stands in the issue's place in a link that confirms something.
    """
    tokens, store = Tokens([secret]), open_store(read_settings().database_url)
    with store.read() as session:
        person = session.exec(select(Subscriber).where(Subscriber.email_key == email)).one()
        known = session.get(Issue, issue)
    store.close()
    second = number or (known.public_id if known else 0)
    return {str(one): link_token(tokens, one, person, second) for one in Purpose}


def stored_data(name: str) -> Any:
    """What a message with a reader's data holds, by what their address begins with."""
    store = open_store(read_settings().database_url)
    with store.read() as session:
        found = select(Subscriber.id).where(col(Subscriber.email).startswith(name))
        data = export_reader(session, session.exec(found).one() or 0)
    store.close()
    return json.loads(json.dumps(data))


def owner_of(secret: str, purpose: str, token: str) -> str | None:
    """Whose address a link opens, in the store in the environment; None for nobody's."""
    store = open_store(read_settings().database_url)
    with store.read() as session:
        link = resolve_link(session, Tokens([secret]).read(Purpose(purpose), token))
        email = session.get_one(Subscriber, link.subscriber_id).email if link else None
    store.close()
    return email


def owner_of_hit(secret: str, purpose: str, token: str) -> str | None:
    """Whose hit or answer of a provider a token is, in the same store; None for nobody's."""
    store = open_store(read_settings().database_url)
    with store.read() as session:
        claims = Tokens([secret]).read_many(Purpose(purpose), [token])
        (found,) = with_public_ids(session, claims)
        of = col(Subscriber.public_id) == (found.subscriber if found else 0)
        email = session.exec(select(Subscriber.email).where(of)).one_or_none()
    store.close()
    return email


def read_token(secret: str, purpose: str, token: str) -> Sequence[int]:
    """Subscriber and issue that a token speaks of."""
    bearer = Tokens([secret]).read(Purpose(purpose), token)
    return bearer.subscriber, bearer.issue


def address_hash(secret: str, key: str) -> str:
    return AddressHasher(secret).hash(key)


def queue(url: str) -> Any:
    """The queue's application with its tasks, never opened."""
    nothing: Any = SimpleNamespace()
    store = open_store(url)
    try:
        return create_queue_app(store, nothing)
    finally:
        store.close()
