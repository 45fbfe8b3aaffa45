"""Stores clicks and opens, many in one statement, and answers each with its target."""

import itertools
import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlmodel import Session

from digest.events.insertion import EventColumns
from digest.events.old_links import with_public_ids
from digest.events.tables import EventKind
from digest.events.writer import record_events
from digest.render.links import Tracking
from digest.track.group_commit import GroupCommit
from digest.track.hits.bot_detection import MAX_USER_AGENT_LENGTH
from digest.track.hits.targets import Hit, Target, TargetResolver
from store.engine import Store
from store.errors import DigestError
from subscribers.tokens import TokenClaims, Tokens

MAX_GROUP = 2_000
"""Hits in one transaction."""
MAX_WAITING = 20_000
"""Hits that may wait at once; beyond that a reader is shown the target, to try again."""
GATHER_SECONDS = 0.005
"""How long hits gather while many come: short enough that nobody notices."""
log = logging.getLogger(__name__)


class HitNotStoredError(DigestError):
    """A hit could not be stored; `target` is where it leads, None if that could not be read."""

    def __init__(self, target: Target) -> None:
        super().__init__("a hit was not stored")
        self.target = target


@dataclass(slots=True)
class HitWriter:
    """Writes one process's hits into one store. Not for several threads at once."""

    tokens: Tokens
    tracking: Tracking = field(default_factory=Tracking)
    _resolver: TargetResolver = field(init=False)
    _mark: str = field(default_factory=lambda: secrets.token_hex(8))
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._resolver = TargetResolver(self.tokens)

    def targets(self, session: Session, hits: Sequence[Hit]) -> list[Target]:
        """Returns the target of each hit; stores nothing."""
        return [target for target, _ in self._resolver.resolve(session, hits)]

    def write(self, session: Session, hits: Sequence[Hit]) -> list[Target]:
        """Stores the hits in the caller's transaction and returns the target of each.

        A subscriber who does not want to be tracked leaves an event that names nobody.
        """
        resolved = self._resolver.resolve(session, hits)
        named = with_public_ids(session, [claims for _, claims in resolved])
        wanted = self.tracking
        record_events(
            session,
            self._events(
                [
                    (hit, claims)
                    for hit, claims in zip(hits, named, strict=True)
                    if claims is not None and (wanted.clicks if hit.link else wanted.opens)
                ]
            ),
        )
        return [target for target, _ in resolved]

    def _events(self, stored: Sequence[tuple[Hit, TokenClaims]]) -> EventColumns:
        # Ever rising: a key's place in its index is beside the last one's.
        keys = [f"hit:{self._mark}:{next(self._count):012}" for _ in stored]
        return EventColumns(
            key=keys,
            kind=[EventKind.CLICKED if hit.link else EventKind.OPENED for hit, _ in stored],
            issue=[claims.issue for _, claims in stored],
            subscriber=[claims.subscriber for _, claims in stored],
            link=[hit.link or None for hit, _ in stored],
            machine=[None] * len(stored),
            detail=[_detail(hit.method, hit.user_agent, hit.network) for hit, _ in stored],
            epoch=[claims.epoch for _, claims in stored],
            at=[hit.at for hit, _ in stored],
        )


def hit_commit(store: Store, writer: HitWriter) -> GroupCommit[Hit, Target]:
    """Returns a process's group commit; `put` raises HitNotStoredError or QueueFullError."""

    def write(hits: Sequence[Hit]) -> Sequence[Target | Exception]:
        try:
            with store.write() as session:
                return writer.write(session, hits)
        except Exception as error:  # noqa: BLE001 - every request that waits is answered
            if not store.outage.notice(error):
                log.error("%d hits were not stored: %s", len(hits), type(error).__name__)  # noqa: TRY400 - one line, and no values of theirs
            return [HitNotStoredError(target) for target in _read_targets(store, writer, hits)]

    return GroupCommit(
        "hits",
        write,
        max_group=MAX_GROUP,
        max_waiting=MAX_WAITING,
        gather_seconds=GATHER_SECONDS,
    )


def _read_targets(store: Store, writer: HitWriter, hits: Sequence[Hit]) -> list[Target]:
    """Returns the targets where nothing can be written; None where they can't be read either."""
    try:
        with store.read() as session:
            return writer.targets(session, hits)
    except Exception:  # noqa: BLE001 - it is logged already that the database fails
        return [None] * len(hits)


@lru_cache(maxsize=4_096)
def _detail(method: str, user_agent: str, network: str) -> str:
    """Returns the `detail` of an event, as JSON."""
    user_agent = user_agent[: 4 * MAX_USER_AGENT_LENGTH]
    printable = "".join(char for char in user_agent if char.isprintable())
    detail = {"method": method, "user_agent": printable[:MAX_USER_AGENT_LENGTH]}
    return json.dumps(detail | {"network": network} if network else detail)
