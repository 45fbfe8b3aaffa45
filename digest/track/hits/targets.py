"""Where a hit leads: reads its token and finds the link's address.

The address comes from the database alone, and the token says of which issue: a link's number by
itself names nothing (invariant 6, docs/invariants.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from digest.catalog.urls import is_web_address
from digest.issues.lifecycle import issue_of_link
from digest.issues.tables import Issue, Link
from subscribers.tokens import Purpose, TokenClaims, Tokens

MAX_CACHED_ISSUES = 200
"""The number of issues with cached links; a click on another one reads its links again."""
PIXEL = ""
"""The target of an open: there is none."""


class Hit(NamedTuple):
    """A request for a link (`link` from 1) or the pixel (0).

    No IP address is kept; `network` names its owner where that is a mail gateway's maker
    (`track.hits.networks`).
    """

    link: int
    token: str
    method: str
    user_agent: str
    at: datetime
    network: str = ""


Target = str | None
"""The address that a hit leads to; PIXEL for an open; None for what is not one of ours."""


@dataclass(slots=True)
class TargetResolver:
    """Resolves hits to targets, with a cache of links. Not for several threads at once."""

    tokens: Tokens
    _links: dict[tuple[int, bool], Mapping[int, str]] = field(default_factory=dict)

    def resolve(
        self, session: Session, hits: Sequence[Hit]
    ) -> list[tuple[Target, TokenClaims | None]]:
        """Returns each hit's target, with the claims of its token where there is a target."""
        found: list[tuple[Target, TokenClaims | None]] = [(None, None)] * len(hits)
        places: dict[Purpose, list[int]] = {Purpose.CLICK: [], Purpose.OPEN: []}
        for place, hit in enumerate(hits):
            places[Purpose.CLICK if hit.link > 0 else Purpose.OPEN].append(place)
        for purpose, those in places.items():
            read = self.tokens.read_many(purpose, [hits[place].token for place in those])
            for place, claims in zip(those, read, strict=True):
                if claims is not None:
                    target = self._target(session, claims, hits[place].link)
                    if target is not None:
                        found[place] = (target, claims)
        return found

    def _target(self, session: Session, claims: TokenClaims, link: int) -> Target:
        links = self._links.get((claims.issue, claims.legacy))
        if links is None:
            links = self._links_of(session, claims.issue, legacy=claims.legacy)
        if links is None:
            return None
        return links.get(link) if link else PIXEL

    def _links_of(self, session: Session, named: int, *, legacy: bool) -> Mapping[int, str] | None:
        known = issue_of_link(session, named, legacy=legacy)
        issue = session.get(Issue, known[0]) if known else None
        if issue is None:
            return None
        rows = session.execute(
            select(col(Link.number), col(Link.url)).where(col(Link.issue_number) == issue.number)
        )
        # A row may be older than the check of imported addresses.
        links = {one: url for one, url in rows if is_web_address(url)}
        # Until an issue goes out its approval can be taken back, and its links with it.
        if issue.audience is not None:
            while len(self._links) >= MAX_CACHED_ISSUES:
                del self._links[next(iter(self._links))]
            self._links[named, legacy] = links
        return links
