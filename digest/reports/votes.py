"""Counts the votes that an issue brought, by tool."""

from dataclasses import dataclass

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from digest.catalog.pages import Verdict
from digest.catalog.tables import Contender, Tool, Vote
from digest.catalog.votes import MIN_VOTES
from digest.deliver.tables import Delivery
from digest.events.tables import Event, EventKind
from digest.issues.tables import Issue, Pick


@dataclass(frozen=True, slots=True)
class ToolVotes:
    """A tool of the issue. `ship` is None where too few voted to tell without naming somebody."""

    slug: str
    name: str
    votes: int
    ship: int | None


def votes_by_tool(session: Session, number: int) -> list[ToolVotes]:
    """Return the tools of the issue in its order, with the votes of people who voted from it.

    A vote has no issue of its own. Counted are those on the issue's tools, cast since it went out,
    by whoever voted by its links: of several issues with the same tool each counts them.
    """
    ships = func.sum(case((col(Vote.verdict) == Verdict.SHIP, 1), else_=0))
    tools = (
        select(Contender.tool_id)
        .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        .where(Pick.issue_number == number)
    )
    rows = session.exec(
        select(Vote.tool_id, func.count(), ships)
        .select_from(Event)
        .join(Delivery, col(Delivery.id) == col(Event.delivery_id))
        .join(Vote, col(Vote.subscriber_id) == col(Delivery.subscriber_id))
        .join(Issue, col(Issue.number) == col(Event.issue_number))
        .where(
            Event.issue_number == number,
            Event.kind == EventKind.VOTED,
            col(Vote.tool_id).in_(tools),
            col(Issue.started_at).is_(None) | (col(Vote.at) >= col(Issue.started_at)),
        )
        .group_by(col(Vote.tool_id))
    ).all()
    found = {tool: (int(votes), int(ship)) for tool, votes, ship in rows}
    return [_votes(tool, *found.get(tool.id or 0, (0, 0))) for tool in _tools_of(session, number)]


def _votes(tool: Tool, votes: int, ship: int) -> ToolVotes:
    return ToolVotes(tool.slug, tool.name, votes, ship if votes >= MIN_VOTES else None)


def _tools_of(session: Session, number: int) -> list[Tool]:
    rows = session.exec(
        select(Tool)
        .join(Contender, col(Contender.tool_id) == col(Tool.id))
        .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        .where(Pick.issue_number == number)
        .order_by(col(Pick.position), col(Contender.position))
    ).all()
    return list({tool.slug: tool for tool in rows}.values())
