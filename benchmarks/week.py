"""What is sent in a benchmark: a list of any length, and an issue whose messages have 35 KB."""

from datetime import UTC, datetime

from sqlalchemy import text

from digest.bootstrap import App
from digest.issues.tables import Issue, IssueState
from digest.pipeline.issue_renderer import freeze
from digest.render.rendered import Rendered, RenderedLink

SECRET = "a secret of the benchmark that is long enough"
ROW = (
    "<tr><td><a href='https://digest.example/l/{place}/~~click~~'>Two tools, side by side</a>"
    "</td><td>A panel of four looked at both for a week and wrote down what it found.</td></tr>\n"
)
PLAIN = "<p>Words of no weight, as many as an issue of a usual week has beside its links.</p>\n"
LINKS, PLAIN_ROWS = 60, 248

_FILL = """\
INSERT INTO subscriber (email, email_key, address_hash, first_name, status, source, tracking,
                        created_at, changed_at, public_id)
SELECT email, email, hash, name, 'active', '', {true}, {now}, {now}, {public_id}
FROM ({people}) AS people
"""
_SQLITE = """\
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people)
SELECT 'reader' || i || '@example.org' AS email, printf('%064d', i) AS hash,
       'Reader ' || i AS name FROM n
"""
_POSTGRESQL = """\
SELECT 'reader' || i || '@example.org' AS email, lpad(i::text, 64, '0') AS hash,
       'Reader ' || i AS name
FROM generate_series(1, :people) AS i
"""


def fill(app: App, people: int) -> None:
    """Add that many active readers, in one statement; no two have the same name."""
    sqlite = app.store.is_sqlite
    statement = _FILL.format(
        people=_SQLITE if sqlite else _POSTGRESQL,
        true="1" if sqlite else "true",
        public_id="random() & 72057594037927935"
        if sqlite
        else "(random() * 72057594037927935)::bigint",
        now="'2026-01-01 00:00:00'" if sqlite else "'2026-01-01 00:00:00+00'",
    )
    with app.store.write() as session:
        session.execute(text(statement), {"people": people})


def add_issue(app: App) -> int:
    """An approved issue; its number."""
    now = datetime.now(UTC)
    rendered = rendering()
    with app.store.write() as session:
        issue = Issue(subject=rendered.subject, preheader="", as_of=now, created_at=now)
        session.add(issue)
        session.flush()
        assert issue.number is not None
        issue.content_hash = freeze(session, issue.number, rendered, app.renderer.imprint)
        issue.state = IssueState.APPROVED
        session.add(issue)
        return issue.number


def rendering() -> Rendered:
    links = "".join(ROW.format(place=place) for place in range(1, LINKS + 1))
    html = (
        f"<html lang='en'><body><p>~~greeting~~</p><table>{links}</table>{PLAIN * PLAIN_ROWS}"
        "<a href='https://digest.example/vote/~~vote~~'>Ship</a>"
        "<a href='https://digest.example/preferences/~~preferences~~'>Preferences</a>"
        "<a href='https://digest.example/unsubscribe/~~unsubscribe~~'>Unsubscribe</a>"
        "<img alt='' src='https://digest.example/o/~~open~~.gif'></body></html>"
    )
    plain = "~~greeting~~\nhttps://digest.example/unsubscribe/~~unsubscribe~~\n"
    targets = tuple(
        RenderedLink(place, "comparison", "", f"https://digest.example/comparisons/{place}")
        for place in range(1, LINKS + 1)
    )
    return Rendered("Sixty tools in a week", "", html, plain, targets)
