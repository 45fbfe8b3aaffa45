"""Clicks and opens, many at once: each token read, each target found, all stored in a statement.

The target comes from the store alone, and the token says of which issue: a link's number by
itself names nothing.
"""

import itertools
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    DateTime,
    Insert,
    Integer,
    String,
    and_,
    bindparam,
    case,
    insert,
    select,
)
from sqlmodel import Session, col

from digest.catalog.urls import is_web_address
from digest.deliver.tables import Delivery
from digest.events.tables import Event, EventKind
from digest.issues.tables import Issue, Link
from digest.render.links import Tracking
from store.base import Json
from store.rows import table_in
from store.times import database_text
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, TokenClaims, Tokens

LONGEST_USER_AGENT = 300
MOST_ISSUES = 200
"""Issues whose links are kept at hand; a click on an older one reads them again."""
PIXEL = ""
"""The target of an open: there is none."""


class Hit(NamedTuple):
    """A request for a link (`link` from 1) or the pixel (0).

    No address is kept; `network` says whose it was where that is a gateway's (`track.networks`).
    """

    link: int
    token: str
    method: str
    user_agent: str
    at: datetime
    network: str = ""


@dataclass(slots=True)
class HitWriter:
    """One process's hits into one store. Not for several threads at once."""

    tokens: Tokens
    kept: Tracking = field(default_factory=Tracking)
    _links: dict[int, Mapping[int, str]] = field(default_factory=dict)
    _mark: str = field(default_factory=lambda: secrets.token_hex(8))
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def targets(self, session: Session, hits: Sequence[Hit]) -> list[str | None]:
        """Where each leads; PIXEL for an open; None for what is not one of ours."""
        return [answer for answer, _ in self._read(session, hits)]

    def keep(self, session: Session, hits: Sequence[Hit]) -> list[str | None]:
        """Stores the hits in the caller's transaction; `targets`, which are good once it commits.

        Whoever does not want to be tracked leaves an event that names nobody.
        """
        sqlite = session.get_bind().dialect.name == "sqlite"
        answers, rows = [], []
        for hit, (answer, claims) in zip(hits, self._read(session, hits), strict=True):
            answers.append(answer)
            if claims is not None and (self.kept.clicks if hit.link else self.kept.opens):
                rows.append(self._row(hit, claims, sqlite=sqlite))
        if rows:
            listed = json.dumps(rows, separators=(",", ":"))
            session.connection().execute(_storing(sqlite=sqlite), {"hits": listed})
        return answers

    def _read(
        self, session: Session, hits: Sequence[Hit]
    ) -> list[tuple[str | None, TokenClaims | None]]:
        found: list[tuple[str | None, TokenClaims | None]] = [(None, None)] * len(hits)
        for purpose in (Purpose.CLICK, Purpose.OPEN):
            places = [
                place
                for place, hit in enumerate(hits)
                if (hit.link > 0) is (purpose is Purpose.CLICK)
            ]
            bearers = self.tokens.read_many(purpose, [hits[place].token for place in places])
            for place, claims in zip(places, bearers, strict=True):
                answer = self._target(session, claims, hits[place].link) if claims else None
                found[place] = (answer, claims if answer is not None else None)
        return found

    def _target(self, session: Session, claims: TokenClaims, link: int) -> str | None:
        links = self._links.get(claims.issue)
        if links is None:
            links = self._links_of(session, claims.issue)
        if links is None:
            return None
        return links.get(link) if link else PIXEL

    def _links_of(self, session: Session, number: int) -> Mapping[int, str] | None:
        issue = session.get(Issue, number)
        if issue is None:
            return None
        rows = session.execute(
            select(col(Link.number), col(Link.url)).where(col(Link.issue_number) == number)
        )
        # A row may be older than the check of what is imported.
        links = {one: url for one, url in rows if is_web_address(url)}
        # Until it goes out an approval can be taken back, and its links with it.
        if issue.audience is not None:
            while len(self._links) >= MOST_ISSUES:
                del self._links[next(iter(self._links))]
            self._links[number] = links
        return links

    def _row(self, hit: Hit, claims: TokenClaims, *, sqlite: bool) -> list[Any]:
        return [
            # Ever rising: a key's place in its index is beside the last one's.
            f"hit:{self._mark}:{next(self._count):012}",
            EventKind.CLICKED if hit.link else EventKind.OPENED,
            claims.issue,
            claims.subscriber,
            hit.link or None,
            _detail(hit.method, hit.user_agent, hit.network),
            database_text(hit.at, sqlite=sqlite),
        ]


@lru_cache(maxsize=4_096)
def _detail(method: str, user_agent: str, network: str) -> str:
    """The `detail` of an event, as JSON."""
    printable = "".join(char for char in user_agent if char.isprintable())
    detail = {"method": method, "user_agent": printable[:LONGEST_USER_AGENT]}
    return json.dumps(detail | {"network": network} if network else detail)


@lru_cache(maxsize=2)
def _storing(*, sqlite: bool) -> Insert:
    """Built once: building it anew for every few hits would cost more than they do."""
    given = table_in(
        bindparam("hits", type_=String()),
        {
            "key": String(),
            "kind": String(),
            "issue": Integer(),
            "subscriber": Integer(),
            "link": Integer(),
            "detail": Json(),
            # Not our own type: the text is as the database has it already.
            "at": DateTime(timezone=True),
        },
        sqlite=sqlite,
    ).subquery()
    named = and_(
        col(Delivery.issue_number) == given.c.issue,
        col(Delivery.subscriber_id) == given.c.subscriber,
    )
    rows = (
        select(
            given.c.key,
            given.c.kind,
            given.c.issue,
            case((col(Subscriber.tracking), col(Delivery.id))),
            given.c.link,
            given.c.detail,
            given.c.at,
        )
        .select_from(given)
        .outerjoin(Delivery, named)
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
    )
    names = ["key", "kind", "issue_number", "delivery_id", "link_number", "detail", "at"]
    return insert(Event).from_select(names, rows)
