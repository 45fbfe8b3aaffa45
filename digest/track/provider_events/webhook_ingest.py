"""Ingests the posts of concurrent webhook requests: those that come together share a commit."""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime

from sqlalchemy.exc import OperationalError

from digest.track.group_commit import GroupCommit
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import ingest
from store.engine import Store
from store.errors import DigestError
from store.page_cache import larger_page_cache
from subscribers.addresses import AddressHasher

MAX_TRIES = 3
MAX_GROUP = 5_000
"""Events in one transaction, about: a single post may have more."""
LARGE_GROUP = 500
"""Events whose keys lie on more pages than SQLite holds by default."""
log = logging.getLogger(__name__)

Events = Sequence[DeliveryEvent]


class EventsNotStoredError(DigestError):
    """The database is busy or away; the provider posts again until it is answered with 2xx."""

    http_status = 503


WebhookIngest = GroupCommit[Events, None]


def webhook_ingest(
    store: Store, hasher: AddressHasher, clock: Callable[[], datetime]
) -> WebhookIngest:
    """Returns a group commit of posts; `put` raises what the database raises."""

    def commit(posts: Sequence[Events]) -> None:
        events = [event for post in posts for event in post]
        _store(store, hasher, events, clock)

    def commit_alone(post: Events) -> Exception | None:
        try:
            commit([post])
        except Exception as error:  # noqa: BLE001 - raised to the request that waits for it
            return error
        return None

    def write(posts: Sequence[Events]) -> Sequence[Exception | None]:
        try:
            commit(posts)
        except Exception:
            if len(posts) == 1:
                raise
            # One bad post must not fail the others.
            return [commit_alone(post) for post in posts]
        return [None] * len(posts)

    return GroupCommit("webhook", write, max_group=MAX_GROUP, size_of=len)


def _store(
    store: Store, hasher: AddressHasher, events: Events, clock: Callable[[], datetime]
) -> None:
    """Stores events in one transaction, tried again where another process blocked it."""
    for left in range(MAX_TRIES - 1, -1, -1):
        try:
            with store.write() as session:
                large = len(events) >= LARGE_GROUP
                with larger_page_cache(session) if large else nullcontext():
                    ingest(session, hasher, events, clock())
        except OperationalError as error:
            if not left:
                if not store.outage.notice(error):
                    log.warning("events were not stored: %s", type(error.orig).__name__)
                raise EventsNotStoredError("the events were not stored; post them again") from None
        else:
            return
