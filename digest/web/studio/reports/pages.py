"""The report of one issue, the report over time, and their files."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from digest.issues.lifecycle import find_issue
from digest.render.click_map import Badge, click_map_html, level_of
from digest.reports.figures import Figures, Kind, percent, ratio, to_csv
from digest.reports.issue_report import IssueReport, figures_of, issue_report
from digest.reports.readings import Readings
from digest.reports.time_figures import provider_names, provider_share, provider_shares
from digest.reports.whole import WholeReport, read_whole, whole_figures
from digest.track.hits.classification import classify_all
from digest.web.headers import FRAMED_MAIL_POLICY
from digest.web.public.issues import issue_number
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.context import ReadingsDep
from digest.web.studio.preview import inert_html
from digest.web.studio.reports.plots import Plot, SparkRow, line_plot, spark_rows, up_and_down_plot
from store.errors import UserError

router = APIRouter()

SPANS = (12, 26, 52)
"""How many issues may be looked at together."""
FRAME_HEADERS = {"Content-Security-Policy": FRAMED_MAIL_POLICY, "Cache-Control": "no-store"}
PROVIDER_COLUMNS = (("opens", "Opened"), ("clicks", "Clicked"), ("lost", "Bounced or refused"))


@router.get("/issues/{number}/report")
def issue_page(
    number: str, site: SiteDep, templates: TemplatesDep, readings: ReadingsDep
) -> Response:
    """Shows what came of one issue."""
    report = _report(site, readings, issue_number(number))
    return templates.show(
        "studio/reports/issue.html",
        headers=HEADERS,
        report=report,
        figures={one.key: one for one in figures_of(report)},
        has_map=report.audience > 0,
        percent=percent,
        ratio=ratio,
    )


@router.get("/issues/{number}/report/map")
def click_map(number: str, site: SiteDep, readings: ReadingsDep) -> Response:
    """Shows the mail as it was sent, with the clicks of each link at the link."""
    report = _report(site, readings, issue_number(number))
    try:
        rendered = site.preview.rendered(report.number)
        sample = site.preview.sample_personalization(site.preview.edition(report.number))
    except UserError as error:
        return HTMLResponse(str(error), 422, FRAME_HEADERS, "text/plain; charset=utf-8")
    marked = click_map_html(rendered.html, badges(report))
    links = {link.number: link.url for link in rendered.links}
    return HTMLResponse(inert_html(marked, links, sample), headers=FRAME_HEADERS)


def badges(report: IssueReport) -> dict[int, Badge]:
    """Return what stands at each link of the click map."""
    most = max((one.hits.people for one in report.links), default=0)
    return {
        one.number: Badge(
            f"{one.hits.people:,}",
            f"{one.label or one.url}: {one.hits.people:,} people, "
            f"{percent(ratio(one.hits.people, report.reached))} of those reached; "
            f"{one.hits.machines:,} hits by machines",
            level_of(one.hits.people, most),
        )
        for one in report.links
    }


@router.get("/issues/{number}/report/{name}.csv")
def issue_csv(number: str, name: str, site: SiteDep, readings: ReadingsDep) -> Response:
    """Returns one table of an issue's report as a file."""
    report = _report(site, readings, issue_number(number))
    return _csv(figures_of(report), name, f"issue-{report.number}-{name}")


@router.get("/reports/")
def reports_page(
    site: SiteDep,
    templates: TemplatesDep,
    readings: ReadingsDep,
    last: Annotated[int, Query(ge=1, le=260)] = SPANS[0],
    series: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Shows what came of the last issues."""
    whole = _whole(site, readings, last, series)
    return templates.show(
        "studio/reports/whole.html",
        headers=HEADERS,
        whole=whole,
        figures={one.key: one for one in whole_figures(whole)},
        plots=plots_of(whole),
        providers=provider_rows(whole),
        provider_columns=PROVIDER_COLUMNS,
        last=last,
        chosen=series,
        spans=SPANS,
        percent=percent,
        ratio=ratio,
    )


@router.get("/reports/{name}.csv")
def reports_csv(
    name: str,
    site: SiteDep,
    readings: ReadingsDep,
    last: Annotated[int, Query(ge=1, le=260)] = SPANS[0],
    series: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Returns one table of the report over time as a file."""
    return _csv(whole_figures(_whole(site, readings, last, series)), name, name)


def plots_of(whole: WholeReport) -> dict[str, Plot]:
    """Return the plots of the report over time, by the key of the figures that they draw."""
    columns = columns_of(whole)
    figures = {one.key: one for one in whole_figures(whole)}
    engagement, growth = figures["engagement"], figures["growth"]

    return {
        "engagement": line_plot(
            "engagement",
            "Opened and clicked, by people, of those reached",
            columns,
            [("opened", engagement.numbers("opened")), ("clicked", engagement.numbers("clicked"))],
            Kind.SHARE,
        ),
        "audience": line_plot(
            "audience",
            "Audience of each issue",
            columns,
            [("audience", growth.numbers("audience"))],
            Kind.COUNT,
        ),
        "growth": up_and_down_plot(
            "growth",
            "Joined and left since the issue before",
            columns,
            [("joined", growth.numbers("joined"))],
            [
                ("unsubscribed", growth.numbers("left")),
                ("bounced or complained", growth.numbers("lost")),
            ],
        ),
        "deliveries": line_plot(
            "deliveries",
            "Bounced or refused, of the audience",
            columns,
            [("bounced or refused", figures["deliveries"].numbers("lost"))],
            Kind.SHARE,
        ),
    }


def provider_rows(whole: WholeReport) -> tuple[SparkRow, ...]:
    """Return the mailbox providers over the issues, a line for each of PROVIDER_COLUMNS."""
    issues = whole.issues
    return spark_rows(
        columns_of(whole),
        [title for _, title in PROVIDER_COLUMNS],
        [
            (
                name,
                issues[-1].providers[name].people if name in issues[-1].providers else None,
                [
                    (provider_share(issues, name, part), provider_shares(issues, name, part))
                    for part, _ in PROVIDER_COLUMNS
                ],
            )
            for name in provider_names(issues)
        ],
    )


def columns_of(whole: WholeReport) -> list[str]:
    """Return the words for each issue on the plots' axis."""
    return [f"Issue {one.number}, {one.day}" for one in whole.issues]


def _report(site: Site, readings: Readings, number: int) -> IssueReport:
    """Reads an issue's report, or takes the last reading. Raises NoSuchIssueError."""
    with site.store.read() as session:
        find_issue(session, number)
    _classify(site, readings)

    def read() -> IssueReport:
        with site.store.read() as session:
            return issue_report(session, number)

    return readings.get(("issue", number), read)


def _whole(site: Site, readings: Readings, last: int, series: str) -> WholeReport:
    _classify(site, readings)

    def read() -> WholeReport:
        with site.store.read() as session:
            return read_whole(session, last, series)

    return readings.get(("whole", last, series), read)


def _classify(site: Site, readings: Readings) -> None:
    """Classifies new hits, where no worker has: else they would count for nobody."""
    readings.get("classified", lambda: classify_all(site.store))


def _csv(figures: tuple[Figures, ...], name: str, file: str) -> Response:
    found = next((one for one in figures if one.key == name), None)
    if found is None:
        raise HTTPException(404)
    # Excel takes a file without this mark for Windows-1252.
    return Response(
        "\ufeff" + to_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file}.csv"',
            "Cache-Control": "no-store",
        },
    )
