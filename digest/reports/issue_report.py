"""The report of one issue: people and machines apart, each person counted once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from digest.issues.lifecycle import find_issue
from digest.issues.tables import Link
from digest.render.links import HIDDEN_LINK
from digest.reports.deliveries import WORDS, deliveries_by_state, reached
from digest.reports.figures import Column, Figures, Value, ratio, share, text
from digest.reports.hits import HitCounts, LinkHits, hit_counts, link_hits
from digest.reports.mailbox_providers import Groups, counts_by_provider
from digest.reports.signups import ComparisonSignups, signups_by_comparison, slugs_of_issue
from digest.reports.unsubscribes import REASONS, UnsubscribeReasons, unsubscribe_reasons
from digest.reports.votes import ToolVotes, votes_by_tool


@dataclass(frozen=True, slots=True)
class ClickedLink:
    """A link of the issue, and who clicked it."""

    number: int
    kind: str
    label: str
    url: str
    hits: LinkHits


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What came of an issue. `deliveries` are by state, `links` in the issue's order."""

    number: int
    state: str
    series: str
    subject: str
    deliveries: Mapping[str, int]
    hits: HitCounts
    links: tuple[ClickedLink, ...]
    votes: tuple[ToolVotes, ...]
    reasons: UnsubscribeReasons
    signups: tuple[ComparisonSignups, ...]
    providers: Groups

    @property
    def reached(self) -> int:
        """Return how many people it may have reached."""
        return reached(self.deliveries)

    @property
    def audience(self) -> int:
        return sum(self.deliveries.values())


def issue_report(session: Session, number: int) -> IssueReport:
    """Read what came of issue `number`. Raises NoSuchIssueError."""
    issue = find_issue(session, number)
    clicked = link_hits(session, number)
    links = session.exec(
        select(Link)
        .where(Link.issue_number == number, Link.kind != HIDDEN_LINK)
        .order_by(col(Link.number))
    ).all()
    return IssueReport(
        number=number,
        state=issue.state,
        series=issue.series,
        subject=issue.subject,
        deliveries=deliveries_by_state(session, [number])[number],
        hits=hit_counts(session, [number])[number],
        links=tuple(
            ClickedLink(
                one.number, one.kind, one.label, one.url, clicked.get(one.number, LinkHits())
            )
            for one in links
        ),
        votes=tuple(votes_by_tool(session, number)),
        reasons=unsubscribe_reasons(session, number),
        signups=tuple(signups_by_comparison(session, slugs_of_issue(session, number))),
        providers=counts_by_provider(session, [number])[number],
    )


def report_of(session: Session, number: int) -> dict[str, Any]:
    """Return the report of issue `number` as JSON has it. Raises NoSuchIssueError."""
    return as_json(issue_report(session, number))


def as_json(report: IssueReport) -> dict[str, Any]:
    """Return the report as `digest report N --json` prints it."""
    return {
        "number": report.number,
        "people": report.hits.people,
        "machines": report.hits.machines,
        "unlabelled": report.hits.unlabelled,
        "anonymous": report.hits.anonymous,
        "deliveries": dict(report.deliveries),
        "reached": report.reached,
        "links": links_figures(report).records(),
        "tools": votes_figures(report).records(),
        "reasons": {str(reason): count for reason, count in report.reasons.counts},
        "signups": signups_figures(report).records(),
        "providers": providers_figures(report.providers).records(),
    }


def figures_of(report: IssueReport) -> tuple[Figures, ...]:
    """Return every table of the report, in the order of the page."""
    return (
        deliveries_figures(report),
        engagement_figures(report),
        links_figures(report),
        votes_figures(report),
        reasons_figures(report),
        signups_figures(report),
        providers_figures(report.providers),
    )


def deliveries_figures(report: IssueReport) -> Figures:
    total = report.audience
    return Figures(
        "deliveries",
        "Deliveries",
        (text("state", "State"), Column("people", "People"), share("share", "Share")),
        tuple(
            (word, report.deliveries[state], ratio(report.deliveries[state], total))
            for state, word in WORDS.items()
            if report.deliveries[state]
        ),
        bar="people",
        empty="Nobody was sent this issue yet.",
    )


def engagement_figures(report: IssueReport) -> Figures:
    hits = report.hits
    rows: list[tuple[Value, ...]] = [
        (
            name,
            people,
            ratio(people, report.reached),
            hits.machines.get(name),
            hits.anonymous.get(name),
            hits.unlabelled.get(name),
        )
        for name, people in hits.people.items()
    ]
    return Figures(
        "engagement",
        "What readers did",
        (
            text("what", "What"),
            Column("people", "People"),
            share("share", "Of those reached"),
            Column("machines", "Machines' hits"),
            Column("anonymous", "Hits without a name"),
            Column("unlabelled", "Not classified yet"),
        ),
        tuple(rows),
        bar="people",
        note="Each person counts once. Votes and unsubscribes need a form, which no machine fills "
        "in. Hits without a name are of readers who are not tracked, or whose links are void.",
    )


def links_figures(report: IssueReport) -> Figures:
    return Figures(
        "links",
        "Clicks by link",
        (
            Column("number", "Link"),
            text("label", "Leads to"),
            text("kind", "Kind"),
            text("url", "Address"),
            Column("people", "People"),
            share("share", "Of those reached"),
            Column("machines", "Machines' hits"),
        ),
        tuple(
            (
                one.number,
                one.label or one.url,
                one.kind,
                one.url,
                one.hits.people,
                ratio(one.hits.people, report.reached),
                one.hits.machines,
            )
            for one in sorted(report.links, key=lambda one: (-one.hits.people, one.number))
        ),
        bar="people",
        empty="The issue has no links that are counted.",
    )


def votes_figures(report: IssueReport) -> Figures:
    return Figures(
        "tools",
        "Votes by tool",
        (
            text("slug", "Slug"),
            text("name", "Tool"),
            Column("votes", "Votes"),
            share("ship", "Would ship"),
        ),
        tuple(
            (
                one.slug,
                one.name,
                one.votes,
                None if one.ship is None else ratio(one.ship, one.votes),
            )
            for one in report.votes
        ),
        bar="votes",
        note="How votes fell is told from five on: fewer could be traced to a person.",
        empty="The issue has no tools.",
    )


def reasons_figures(report: IssueReport) -> Figures:
    return Figures(
        "reasons",
        "Why people unsubscribed",
        (text("reason", "Reason"), Column("people", "People")),
        tuple((REASONS[reason], count) for reason, count in report.reasons.counts),
        bar="people",
        empty="Nobody gave a reason.",
    )


def signups_figures(report: IssueReport) -> Figures:
    return comparisons_figures(report.signups)


def comparisons_figures(found: tuple[ComparisonSignups, ...]) -> Figures:
    return Figures(
        "signups",
        "Sign-ups by comparison",
        (
            text("slug", "Slug"),
            text("title", "Comparison"),
            Column("requested", "Asked for it"),
            Column("confirmed", "Confirmed"),
        ),
        tuple((one.slug, one.title, one.requested, one.confirmed) for one in found),
        bar="confirmed",
        note="Whoever signed up on the comparison's page, ever: ours, or where it was published.",
        empty="No comparison brought a sign-up.",
    )


def providers_figures(groups: Groups) -> Figures:
    return Figures(
        "providers",
        "By mailbox provider",
        (
            text("provider", "Mailbox provider"),
            Column("people", "People"),
            Column("reached", "Reached"),
            Column("bounced", "Bounced"),
            Column("complained", "Spam reports"),
            Column("failed", "Refused"),
            Column("uncertain", "In doubt"),
            Column("opens", "Opened"),
            Column("clicks", "Clicked"),
            share("opened", "Opened, of reached"),
            share("clicked", "Clicked, of reached"),
        ),
        tuple(
            (
                group,
                one.people,
                one.reached,
                one.bounced,
                one.complained,
                one.failed,
                one.uncertain,
                one.opens,
                one.clicks,
                ratio(one.opens, one.reached),
                ratio(one.clicks, one.reached),
            )
            for group, one in groups.items()
        ),
        bar="opened",
        note="No group has fewer than five people: smaller ones are among the others.",
        empty="Fewer than five people: nothing to tell apart.",
    )
