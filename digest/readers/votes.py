"""Stores votes: a reader's ship or skip on a tool, one per subscriber and tool, changeable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from digest.catalog.pages import Verdict
from digest.catalog.tables import Contender, Tool, Vote
from digest.events.tables import EventKind
from digest.events.writer import record_reader_event
from digest.issues.tables import Pick
from digest.readers.links import ReaderLink
from subscribers.tables import Subscriber


@dataclass(frozen=True, slots=True)
class Ballot:
    """A tool of the issue, and this reader's vote on it so far."""

    slug: str
    name: str
    said: Verdict | None


def ballots(session: Session, link: ReaderLink) -> list[Ballot]:
    """Returns the tools of the token's issue in its order, each once."""
    said = dict(
        session.exec(
            select(Vote.tool_id, Vote.verdict).where(Vote.subscriber_id == link.subscriber_id)
        ).all()
    )
    rows = session.exec(
        select(Tool)
        .join(Contender, col(Contender.tool_id) == col(Tool.id))
        .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        .where(Pick.issue_number == link.issue_number)
        .order_by(col(Pick.position), col(Contender.position))
    ).all()
    tools = {tool.slug: tool for tool in rows}
    return [
        Ballot(tool.slug, tool.name, Verdict(said[tool.id]) if tool.id in said else None)
        for tool in tools.values()
    ]


def preselect(there: Sequence[Ballot], slug: str, word: str) -> list[Ballot]:
    """Puts the ballot for `slug` first, with `word` chosen if it is ship or skip."""
    chosen = [
        replace(one, said=Verdict(word) if word in set(Verdict) else one.said)
        for one in there
        if one.slug == slug
    ]
    return chosen + [one for one in there if one.slug != slug]


def cast_votes(
    session: Session, link: ReaderLink, given: Mapping[str, str], now: datetime
) -> int | None:
    """Stores ship or skip by tool slug; returns how many votes, None if the token names nobody.

    Ignores a tool that is not in the issue, and any other word.
    """
    if session.get(Subscriber, link.subscriber_id, with_for_update=True) is None:
        return None
    there = {one.slug for one in ballots(session, link)}
    said = {
        slug: Verdict(word)
        for slug, word in given.items()
        if slug in there and word in set(Verdict)
    }
    tools = session.exec(select(Tool).where(col(Tool.slug).in_(said))).all()
    for tool in tools:
        _store(session, link.subscriber_id, tool, said[tool.slug], now)
    if said:
        record_reader_event(
            session,
            EventKind.VOTED,
            name="vote",
            issue=link.issue_number,
            subscriber=link.subscriber_id,
            now=now,
        )
    return len(said)


def _store(session: Session, subscriber: int, tool: Tool, verdict: Verdict, now: datetime) -> None:
    assert tool.id is not None  # noqa: S101 - it came from the database
    vote = session.exec(
        select(Vote).where(Vote.subscriber_id == subscriber, Vote.tool_id == tool.id)
    ).first() or Vote(subscriber_id=subscriber, tool_id=tool.id, verdict=verdict, at=now)
    vote.verdict = verdict
    vote.at = now
    session.add(vote)
    session.flush()
