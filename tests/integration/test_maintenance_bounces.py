"""Whoever works reads the bounce mailbox too, with nobody asking for it."""

import threading
from pathlib import Path

import pytest
from sqlmodel import col, select

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Batch, Delivery
from digest.deliver.transactional import mail
from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.settings import Settings
from digest.worker import maintenance_of, work
from store.engine import Store
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.parts.inbound_messages import dsn
from tests.parts.links import make_token
from tests.parts.waiting import until
from tests.parts.world import NOW, SECRET, Clock, add_approved, add_people


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    return tmp_path / "mail"


def application(store: Store, mailbox: Path) -> App:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        secret_key=SECRET,
        outbox_dir=mailbox.parent / "outbox",
        bounce_mailbox=f"maildir://{mailbox}",
        bounce_address="bounces+*@d.example",
    )
    return bootstrap(settings, store=store, clock=Clock())


def delivered(app: App) -> str:
    """One delivery, submitted; its token."""
    add_people(app.store, 1)
    number = add_approved(app.store)
    with app.store.write() as session:
        session.add(Batch(issue_number=number, position=0, state="done"))
        session.flush()
        person = session.exec(select(Subscriber.id).order_by(col(Subscriber.id))).one()
        session.add(
            Delivery(
                issue_number=number,
                batch_position=0,
                subscriber_id=person,
                state="submitted",
                changed_at=NOW,
            )
        )
    return make_token(app, Purpose.DELIVERY, person or 0, number)


def state(app: App) -> str:
    with app.store.read() as session:
        return session.exec(select(Delivery.state)).one()


def test_the_round_of_each_minute_reads_it(store: Store, mailbox: Path) -> None:
    """On PostgreSQL the round is a task of the queue; on SQLite the same step is in the loop."""
    app = application(store, mailbox)
    token = delivered(app)
    # Its own address alone tells whose it is.
    (mailbox / "new" / "1.a").write_bytes(dsn(None, to=f"bounces+{token}@d.example"))
    with worker_lock(store) as here:
        maintenance_of(app).run(here)
    assert state(app) == "bounced"
    assert not list((mailbox / "new").iterdir())


def test_a_worker_on_sqlite_reads_it(sqlite_store: Store, mailbox: Path) -> None:
    app = application(sqlite_store, mailbox)
    (mailbox / "new" / "1.a").write_bytes(dsn(delivered(app)))
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(app, stop))
    worker.start()
    until(lambda: state(app) == "bounced" and not list((mailbox / "new").iterdir()), "the bounce")
    stop.set()
    worker.join()


def test_messages_name_the_mailbox_that_is_read(sqlite_store: Store, mailbox: Path) -> None:
    app = application(sqlite_store, mailbox)
    number = add_approved(sqlite_store)
    with sqlite_store.read() as session:
        assert app.renderer.edition(session, number).bounce_address == "bounces+*@d.example"


def test_a_letter_that_comes_back_is_told_by_its_token(sqlite_store: Store, mailbox: Path) -> None:
    """A confirmation to an address that does not exist: the form asks it nothing a second time."""
    app = application(sqlite_store, mailbox)
    add_people(sqlite_store, 1, "pending")
    with sqlite_store.write() as session:
        mail.enqueue(session, TransactionalKind.CONFIRMATION, 1, "1", NOW)
    with worker_lock(sqlite_store) as here:
        assert app.mailer.deliver(here) == 1
    (sent,) = (app.settings.outbox_dir / "new").iterdir()
    (mailbox / "new" / "1.a").write_bytes(dsn(sent.stem))
    assert app.bounces is not None
    assert app.bounces.read().events == {"bounced": 1}
    with sqlite_store.read() as session:
        assert session.exec(select(Subscriber.status)).one() == "bounced"
        assert session.exec(select(TransactionalMessage.state)).one() == "failed"
