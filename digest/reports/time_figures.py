"""The tables and lines of the report over time."""

from collections.abc import Sequence

from digest.reports.figures import Column, Figures, Value, ratio, share, text
from digest.reports.mailbox_providers import OTHERS, ProviderCounts
from digest.reports.over_time import IssueInTime

_ISSUE = (Column("number", "Issue"), text("day", "Sent on"))


def engagement_over_time(issues: Sequence[IssueInTime]) -> Figures:
    return Figures(
        "engagement",
        "What readers did",
        (
            *_ISSUE,
            text("subject", "Subject"),
            Column("reached", "Reached"),
            Column("opens", "Opened"),
            Column("clicks", "Clicked"),
            Column("votes", "Voted"),
            Column("unsubscribes", "Unsubscribed"),
            share("opened", "Opened, of reached"),
            share("clicked", "Clicked, of reached"),
            Column("machine_opens", "Machines' opens"),
            Column("machine_clicks", "Machines' clicks"),
        ),
        tuple(
            (
                one.number,
                one.day,
                one.subject,
                one.reached,
                one.hits.people["opens"],
                one.hits.people["clicks"],
                one.hits.people["votes"],
                one.hits.people["unsubscribes"],
                ratio(one.hits.people["opens"], one.reached),
                ratio(one.hits.people["clicks"], one.reached),
                one.hits.machines["opens"],
                one.hits.machines["clicks"],
            )
            for one in issues
        ),
        bar="clicked",
        note="People alone, each once; machines' hits stand beside them.",
        empty="No issue went out yet.",
    )


def growth_over_time(issues: Sequence[IssueInTime]) -> Figures:
    return Figures(
        "growth",
        "How the list grew",
        (
            *_ISSUE,
            Column("audience", "Audience"),
            Column("joined", "Joined"),
            Column("left", "Unsubscribed"),
            Column("lost", "Bounced or complained"),
        ),
        tuple((one.number, one.day, one.audience, *_growth(one)) for one in issues),
        bar="audience",
        note="Joined and left since the issue before. Who was erased since is not counted.",
        empty="No issue went out yet.",
    )


def _growth(issue: IssueInTime) -> tuple[Value, Value, Value]:
    if issue.growth is None:
        return None, None, None
    return issue.growth.joined, issue.growth.left, issue.growth.lost


def delivery_over_time(issues: Sequence[IssueInTime]) -> Figures:
    states = ("delivered", "submitted", "bounced", "complained", "failed", "uncertain")
    return Figures(
        "deliveries",
        "Deliveries",
        (
            *_ISSUE,
            Column("audience", "Audience"),
            Column("delivered", "Delivered"),
            Column("submitted", "Submitted, not confirmed"),
            Column("bounced", "Bounced"),
            Column("complained", "Spam reports"),
            Column("failed", "Refused"),
            Column("uncertain", "In doubt"),
            share("lost", "Bounced or refused"),
        ),
        tuple(
            (
                one.number,
                one.day,
                one.audience,
                *(one.deliveries[state] for state in states),
                ratio(one.deliveries["bounced"] + one.deliveries["failed"], one.audience),
            )
            for one in issues
        ),
        bar="lost",
        empty="No issue went out yet.",
    )


def providers_over_time(issues: Sequence[IssueInTime]) -> Figures:
    return Figures(
        "providers",
        "By mailbox provider",
        (
            *_ISSUE,
            text("provider", "Mailbox provider"),
            Column("people", "People"),
            Column("reached", "Reached"),
            Column("bounced", "Bounced"),
            Column("complained", "Spam reports"),
            share("lost", "Bounced or refused"),
            share("opened", "Opened, of reached"),
            share("clicked", "Clicked, of reached"),
        ),
        tuple(
            (
                issue.number,
                issue.day,
                group,
                one.people,
                one.reached,
                one.bounced,
                one.complained,
                ratio(one.bounced + one.failed, one.people),
                ratio(one.opens, one.reached),
                ratio(one.clicks, one.reached),
            )
            for issue in issues
            for group, one in issue.providers.items()
        ),
        bar="opened",
        note="No group has fewer than five people: smaller ones are among the others. A company's "
        "domain is among the others too, whoever hosts it.",
        empty="Fewer than five people: nothing to tell apart.",
    )


def provider_names(issues: Sequence[IssueInTime]) -> list[str]:
    """Return the groups that any issue shows, the largest first, the others last."""
    people: dict[str, int] = {}
    for issue in issues:
        for group, one in issue.providers.items():
            people[group] = people.get(group, 0) + one.people
    return sorted(people, key=lambda one: (one == OTHERS, -people[one], one))


def provider_shares(
    issues: Sequence[IssueInTime], group: str, part: str
) -> tuple[float | None, ...]:
    """Return `opens`, `clicks` or `lost` of one group as shares, an issue each."""
    return tuple(
        ratio(*_parts(issue.providers[group], part)) if group in issue.providers else None
        for issue in issues
    )


def provider_share(issues: Sequence[IssueInTime], group: str, part: str) -> float | None:
    """Return the same over all of the issues together."""
    pairs = [_parts(one.providers[group], part) for one in issues if group in one.providers]
    return ratio(sum(part for part, _ in pairs), sum(whole for _, whole in pairs))


def _parts(counts: ProviderCounts, part: str) -> tuple[int, int]:
    """Return how many it is, and of how many."""
    if part == "lost":
        return counts.bounced + counts.failed, counts.people
    return getattr(counts, part), counts.reached
