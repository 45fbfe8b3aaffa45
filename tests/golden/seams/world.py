"""A small life of the product: something of everything that a store can hold, made from outside.

Commands and requests make it; SQL only what takes a dead worker or a late scheduler.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from tests.golden.seams import product
from tests.golden.seams.held import FILES
from tests.golden.seams.outside import Outside
from tests.parts.sendgrid_events import Hook, body_of, event

SITE = "https://digest.example.org"
SECRET = "a secret of long ago that links were made with"
START = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
SETTINGS = {
    "DIGEST_SECRET_KEY": SECRET,
    "DIGEST_PUBLIC_URL": SITE,
    "DIGEST_POSTAL_ADDRESS": "12 Example Road, 1010 Town",
    "DIGEST_SENDER": "Weekly Verdicts <digest@example.org>",
    "DIGEST_REPLY_TO": "editors@example.org",
    "DIGEST_LIST_NAME": "Weekly Verdicts",
    "DIGEST_BOUNCE_MAILBOX": "maildir:bounces",
    "DIGEST_BOUNCE_ADDRESS": "bounces+*@example.org",
    "DIGEST_METRICS_TOKEN": "who watches",
    "DIGEST_GATE_TOOLS": "no",
    "DIGEST_GATE_BLOCK": "words-shout",
    "LOGNAME": "editor",
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HELD = """
UPDATE batch SET state = 'submitting', claimed_by = 4242, claimed_at = '2026-02-02 09:00:00.000000'
WHERE issue_number = 3 AND position = 1;
UPDATE batch SET state = 'done', provider = 'outbox', done_at = '2026-02-02 09:00:00.000000'
WHERE issue_number = 3 AND position = 0;
UPDATE delivery SET state = 'submitted', attempts = 1, provider_id = 'long-ago.eml'
WHERE issue_number = 3 AND batch_position = 0;
UPDATE delivery SET state = 'failed', code = '5.7.1'
WHERE id = (SELECT max(id) FROM delivery WHERE issue_number = 3 AND batch_position = 0);
INSERT INTO attempt (delivery_id, provider, outcome, code, detail, at)
SELECT max(id), 'outbox', 'refusal', '5.7.1', 'not here', '2026-02-02 09:00:00.000000'
FROM delivery WHERE issue_number = 3 AND batch_position = 0;
UPDATE letter SET state = 'submitting', claimed_by = 4242, attempts = 1
WHERE kind = 'change' AND email = 'hal.new@example.org';
INSERT INTO run (schedule_id, due_at, state, note, at) VALUES
(1, '2026-01-12 08:00:00.000000', 'missed', 'a newer one was due', '2026-01-26 09:00:00.000000'),
(1, '2026-01-19 08:00:00.000000', 'held', 'too late', '2026-01-26 09:00:00.000000');
"""
"""A worker died in the middle of issue 3, after a batch of which one was refused, and with a
letter in hand; a scheduler was away for two weeks."""


def live(outside: Outside) -> None:
    """Works in `outside.home`; afterwards var/digest.db is the store."""
    hook = Hook()
    now = prepare(outside, hook)
    _settle(outside)
    _sign_up()
    now[0] += timedelta(minutes=1)
    _first_issue(outside)
    now[0] += timedelta(hours=1)
    _answers(hook, now[0])
    _readers_act()
    _editors_act(outside)
    now[0] += timedelta(minutes=1)
    _more_issues(outside)
    with closing(sqlite3.connect(outside.home / "var/digest.db")) as store:
        store.executescript(HELD)
        store.commit()


def prepare(outside: Outside, hook: Hook) -> list[datetime]:
    """The settings; and the time, which goes when the list's only item is changed."""
    for name, value in (SETTINGS | {"DIGEST_SENDGRID_WEBHOOK_KEY": hook.key}).items():
        outside.patch.setenv(name, value)
    product.set_random(outside.patch)
    now = [START]
    product.set_clock(outside.patch, lambda: now[0])
    return now


def token(purpose: str, email: str, issue: int = 0) -> str:
    """A link's token, as mail to `email` has it."""
    return product.link_tokens(SECRET, email, issue)[purpose]


def _settle(outside: Outside) -> None:
    outside.done("comparisons", "import", str(FILES / "pages.json"))
    (outside.home / "readers.csv").write_bytes((FILES / "readers.csv").read_bytes())
    outside.done("subscribers", "import", "readers.csv", "--status", "active")
    outside.done("subscribers", "add", "lea@example.org", "--name", "Léa")
    outside.done("schedule", "add", "weekly", "--zone", "Europe/Berlin")
    automatic = ("--automatic", "--frequency", "monthly", "--late-limit", "90")
    outside.done("schedule", "add", "monthly", "--cron", "0 8 1 * *", *automatic)


def _sign_up() -> None:
    """One who confirms, one who does not, and one who is on the list already."""
    _post("/subscribe", email="max@example.org", first_name="Max", source="a page of ours")
    product.deliver_transactional_mail()
    _post(f"/confirm/{token('confirm', 'max@example.org')}")
    _post("/subscribe", email="ada@example.com")
    product.deliver_transactional_mail()
    _post("/subscribe", email="nina@example.org")


def _first_issue(outside: Outside) -> None:
    outside.done("issue", "draft", "--as-of", "2026-01-10")
    outside.done("issue", "edit", "1", "--subject", "GESSO LITE BEATS PALETTE NINE THIS WEEK")
    because = ("--despite", "words-shout", "--because", "it is meant to be loud")
    outside.done("issue", "approve", "1", *because)
    outside.done("issue", "send", "1", rate_limit="500", warm_up="2026-01-01 400 x2")


def _answers(hook: Hook, at: datetime) -> None:
    """What a provider says of issue 1."""
    said: dict[str, dict[str, Any]] = {
        "ada@example.com": {"event": "delivered"},
        "ben@example.com": {"event": "bounce", "status": "5.1.1", "reason": "no such mailbox"},
        "cleo@example.com": {"event": "spamreport"},
        "dan@example.com": {"event": "deferred", "response": "later"},
        "eva@example.org": {"event": "open", "sg_machine_open": True, "useragent": "Proxy"},
        "fay@example.org": {"event": "something new"},
        "oli@example.com": {"event": "bounce", "status": "5.1.1", "reason": "no such mailbox"},
    }
    events = [
        event(str(told["event"]), token("delivery", email, 1), at, **told)
        for email, told in said.items()
    ]
    body = body_of(events)
    with product.web_app() as app:
        browser = TestClient(app, SITE)
        answer = browser.post("/webhooks/sendgrid", content=body, headers=hook.sign(body, at))
    assert answer.status_code == 204, answer.text


def _readers_act() -> None:
    ada, eva, fay, gus = "ada@example.com", "eva@example.org", "fay@example.org", "gus@example.org"
    _get(f"/o/{token('open', ada, 1)}.gif")
    _get(f"/l/1/{token('click', ada, 1)}")
    _get(f"/l/2/{token('click', eva, 1)}")
    _post(f"/vote/{token('vote', ada, 1)}", **{"gesso-lite": "ship", "palette-nine": "skip"})
    mine = f"/preferences/{token('preferences', fay, 1)}"
    boxes = {"category": "Design", "tool": "harbor-12b"}
    _post(f"{mine}/choices", frequency="weekly", zone="Europe/Vienna", **boxes)
    _post(f"{mine}/address", email="fay.new@example.org")
    _post(f"/preferences/{token('preferences', eva, 1)}", tracking="off")
    _post(f"/preferences/{token('preferences', eva, 1)}/pause", weeks="4")
    away = f"/unsubscribe/{token('unsubscribe', gus, 1)}"
    _post(away)
    _post(f"{away}/reason", reason="too_often", words="Once a month would do.")
    hal = f"/preferences/{token('preferences', 'hal@example.org', 1)}"
    _post(f"{hal}/address", email="hal.new@example.org")
    with closing(sqlite3.connect("var/digest.db")) as store:
        asked = "SELECT number FROM address_change WHERE email = 'hal.new@example.org'"
        ((number,),) = store.execute(asked)
    made = product.link_tokens(SECRET, "hal@example.org", 0, number=number)
    _post(f"/address/{made['address']}")


def _editors_act(outside: Outside) -> None:
    outside.done("subscribers", "unsubscribe", "dan@example.com")
    outside.done("subscribers", "erase", "ida@example.org")
    why = ("--who", "Ed", "--why", "the mailbox is there again")
    outside.done("suppressions", "lift", "ben@example.com", *why)
    outside.done("comparisons", "pin", "quillwork-vs-draftbench")
    outside.done("report", "1")


def _more_issues(outside: Outside) -> None:
    """2 is scheduled, 3 is being sent, 4 is a draft, 5 was cancelled."""
    outside.done("schedule", "run", "weekly")
    outside.run("schedule", "run", "monthly", "--as-of", "2026-01-01T08:00Z")
    outside.done("issue", "approve", "2")
    outside.done("issue", "schedule", "2", "--at", "2026-02-09T08:00Z")
    outside.done("issue", "draft", "--as-of", "2026-01-15")
    outside.done("issue", "approve", "3")
    outside.done("issue", "send", "3", "--detach", rate_limit="2", domain_limits="example.com=3")
    outside.done("issue", "draft", "--as-of", "2026-01-21")
    outside.done("issue", "draft", "--as-of", "2026-01-28")
    outside.done("issue", "cancel", "5")


def _post(path: str, **fields: str) -> None:
    with product.web_app() as app:
        answer = TestClient(app, SITE, follow_redirects=False).post(path, data=fields)
    assert answer.status_code in (200, 303), (path, answer.status_code, answer.text)


def _get(path: str) -> None:
    with product.web_app() as app:
        browser = TestClient(app, SITE, follow_redirects=False, headers={"User-Agent": BROWSER})
        answer = browser.get(path)
    assert answer.status_code in (200, 302), (path, answer.status_code, answer.text)
