"""A store from before, with something of everything in it, opened by the product as it is now.

files/store_before.sql was written once; it is not renewed with the other files.
"""

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.golden.seams import product
from tests.golden.seams.held import FILES, hold, hold_json, key_paths
from tests.golden.seams.links_before import answers_to_links, check_owners, people_before
from tests.golden.seams.outside import Outside
from tests.golden.seams.world import SETTINGS, SITE, START, prepare
from tests.parts.sendgrid_events import Hook
from tests.parts.servers.sendgrid_server import SendGridServer

ASKED: dict[str, tuple[str, ...]] = {
    "comparisons list": (),
    "issue list": (),
    "issue show": ("1", "2", "3", "4", "5"),
    "issue check": ("1", "2", "4"),
    "issue status": ("1", "2", "3", "4", "5"),
    "report": ("1", "3"),
    "schedule list": (),
    "suppressions list": (),
}
"""Commands with --json, and whom or what they are asked about."""
OWN = FILES / "own"
TODAY = START + timedelta(days=1)


DRAWN = """
UPDATE subscriber SET public_id = 10000 + id;
UPDATE issue SET public_id = 20000000 + number;
"""
"""What the upgrade draws at random, made the same in every run."""


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def before(outside: Outside, hook: Hook) -> Outside:
    """The store, a day after it was written, upgraded where its schema is behind."""
    prepare(outside, hook)[0] = TODAY
    (outside.home / "var").mkdir()
    with closing(sqlite3.connect("var/digest.db")) as store:
        store.executescript((FILES / "store_before.sql").read_text(encoding="utf-8"))
    outside.done("database", "upgrade")
    with closing(sqlite3.connect("var/digest.db")) as store:
        store.executescript(DRAWN)
    return outside


def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect("var/digest.db")) as store:
        return store.execute(query, values).fetchall()


def emails() -> list[str]:
    return [email for (email,) in rows("SELECT email FROM subscriber ORDER BY email")]


def answers(before: Outside) -> dict[str, Any]:
    readers = [f"subscribers show {email}" for email in emails()]
    return {command: before.json(*command.split()) for command in (*_asked(), *readers)}


def _asked() -> list[str]:
    return [f"{name} {one}".strip() for name, all_ in ASKED.items() for one in all_ or ("",)]


def test_commands_answer_in_json_as_they_did(before: Outside) -> None:
    """The keys with the types of their values, for scripts that read them; then the values."""
    found = answers(before)
    keys = {
        f"{' '.join(one for one in command.split() if one.islower() and '@' not in one)}  {path}"
        for command, value in found.items()
        for path in key_paths(value)
    }
    hold("json_keys.txt", sorted(keys))
    hold_json("answers.json", found)


def test_json_on_the_web_has_the_keys_it_had(before: Outside) -> None:
    """What a reader takes away of their own, and the sign-up endpoint for other sites."""
    with product.web_app() as app:
        browser = TestClient(app, SITE)
        mine = [product.stored_data(name) for name in ("ada", "ben", "fay", "gus", "max")]
        given = ({"email": "new@example.org"}, {"email": "nobody"}, {"email": 7}, [])
        said = [browser.post("/api/v1/subscribers", json=one) for one in given]
    lines = sorted(key_paths(mine, "/preferences/export "))
    lines += [f"/api/v1/subscribers {one.status_code} {sorted(one.json())}" for one in said]
    hold("web_json.txt", lines)


def test_commands_answer_in_words_as_they_did(before: Outside) -> None:
    lines = []
    readers = [f"subscribers show {one}" for one in ("ada@example.com", "oli@example.com")]
    for command in (*_asked(), *readers, "schedule next weekly --count 2", "subscribers export"):
        lines += [f"$ digest {command}", *before.done(*command.split()).splitlines(), ""]
    hold("answers.txt", lines)


def test_an_upgrade_and_a_backup_have_nothing_to_mend(before: Outside) -> None:
    """The upgrade changes no row, and what was backed up can be put back."""
    as_it_was = _dump()
    assert before.run("issue", "list").status == 0
    before.done("database", "upgrade")
    assert _dump() == as_it_was
    before.done("database", "backup", "saved.db")
    before.done("database", "restore", "saved.db")
    # Sending is held then: what was open is paused, and nothing else is another.
    held = ("issue", "batch", "delivery", "delivery_count", "letter", "instance")
    assert _without(_dump(), held) == _without(as_it_was, held)


def test_links_sent_before_lead_where_they_led(before: Outside) -> None:
    """Every page that mail already sent has a link to, and what it does to the store."""
    lines = answers_to_links()
    lines += ["", *_effects()]
    hold("links_before.txt", lines)


def test_public_pages_are_where_they_were(before: Outside) -> None:
    """Archive, feeds and pages of tools: status, type, and every header's name."""
    lines = []
    with product.web_app() as app:
        browser = TestClient(app, SITE, follow_redirects=False)
        for path in (
            *("/", "/issues", "/issues/1", "/issues/4", "/subscribe", "/feed.xml", "/feed.json"),
            *("/comparisons/gesso-lite-vs-palette-nine", "/tools/gesso-lite", "/tools/nobody"),
            *("/robots.txt", "/sitemap.xml", "/favicon.ico", "/health", "/ready", "/metrics"),
            *("/static/site.css", "/static/mark.svg", "/static/sign-up.js", "/studio", "/docs"),
            *("/openapi.json", "/api/v1/challenge"),
        ):
            answer = browser.get(path)
            names = " ".join(sorted(answer.headers))
            lines.append(f"{path}  {answer.status_code}  {names}")
        feed = browser.get("/feed.json").json()
        ids = [entry["id"] for entry in feed["items"]]
        atom = re.findall(r"<id>.*?</id>", browser.get("/feed.xml").text)
    hold("pages_before.txt", [*lines, "", *sorted(key_paths(feed)), "", *ids, *atom])


OF_THE_MACHINE = ("digest_build_info", "digest_database_disk_free_bytes")
"""Metrics whose labels and values differ by machine, or from one minute to the next."""


def test_metrics_have_the_names_and_labels_they_had(before: Outside) -> None:
    with product.web_app() as app:
        bearer = {"Authorization": f"Bearer {SETTINGS['DIGEST_METRICS_TOKEN']}"}
        told = TestClient(app, SITE).get("/metrics", headers=bearer)
    lines = []
    for family in text_string_to_metric_families(told.text):
        for one in family.samples:
            labels, value = dict(one.labels), f"{one.value:g}"
            if one.name in OF_THE_MACHINE:
                labels, value = dict.fromkeys(labels, "any"), "any"
            lines.append(f"{family.type} {one.name} {json.dumps(labels, sort_keys=True)} {value}")
    hold("metrics.txt", sorted(lines))


def test_a_webhook_finds_the_delivery_of_mail_sent_before(before: Outside, hook: Hook) -> None:
    """SendGrid sends back the name and the token that it was given with the message."""
    body = (FILES / "sendgrid_post.json").read_bytes()
    with product.web_app() as app:
        signed = hook.sign(body, TODAY)
        answer = TestClient(app, SITE).post("/webhooks/sendgrid", content=body, headers=signed)
    assert answer.status_code == 204
    hold("webhook_before.txt", _effects())


def test_what_comes_back_by_mail_finds_whom_it_was_sent_to(before: Outside) -> None:
    """A bounce of a message sent before, and a wish to leave by the mailto in its header."""
    for part in ("new", "cur", "tmp"):
        (before.home / "bounces" / part).mkdir(parents=True)
    for letter in FILES.glob("*.eml"):
        (before.home / "bounces/new" / letter.name).write_bytes(letter.read_bytes())
    said = before.done("bounces", "read")
    hold("bounces_before.txt", [said, *_effects()])


def test_an_issue_in_mid_send_goes_on_to_its_end(before: Outside) -> None:
    """A dead worker's batch is in doubt, the rest is sent, nobody is lost and nobody is mailed
    twice: the states add up to the audience.
    """
    before.done("issue", "send", "3")
    status = before.json("issue", "status", "3")
    counts = {name: many for name, many in status.items() if isinstance(many, int)}
    assert sum(counts.values()) - counts["number"] - counts["audience"] == counts["audience"]
    sent = len(list((before.home / "var/outbox/new").glob("*.eml")))
    hold_json("sent_to_the_end.json", status | {"messages written by this run": sent})
    before.done("issue", "resend", "3", "--uncertain")
    before.done("issue", "send", "3")
    hold_json("sent_again.json", before.json("issue", "status", "3"))


def test_letters_and_drafts_from_before_go_on(before: Outside) -> None:
    """Letters that were owed are sent, the draft can be approved, the schedule goes on."""
    product.deliver_transactional_mail()
    before.done("issue", "approve", "4")
    before.done("issue", "send", "4")
    letters = rows("SELECT key, state, attempts FROM letter ORDER BY id")
    hold("letters_before.txt", [*map(repr, letters), "", *_effects()])


def test_templates_of_ones_own_from_before_still_render(before: Outside) -> None:
    """files/own is what `template new` gave at that time: names of files, blocks and values in
    it are somebody's own work by now.
    """
    before.done("template", "new", "given")
    given = {path.relative_to("given").as_posix() for path in Path("given").rglob("*.j2")}
    own = {path.relative_to(OWN).as_posix() for path in OWN.rglob("*.j2")}
    assert not own - given, "an own template of such a name would not be looked at any more"
    before.done("issue", "render", "4", "--out", "build", templates=str(OWN))
    text = Path("build/issue.txt").read_text(encoding="utf-8")
    html = hashlib.sha256(Path("build/issue.html").read_bytes()).hexdigest()
    hold("own_templates.txt", [f"issue.html sha256 {html}", "", text])
    with before.patch.context() as patch:
        patch.setenv("DIGEST_TEMPLATES", str(OWN))
        product.deliver_transactional_mail()
    assert rows("SELECT DISTINCT state FROM letter") == [("submitted",)]


def test_what_sendgrid_is_asked_for_is_as_it_was(before: Outside) -> None:
    """Names in the request; of what its answers and events repeat, the values too."""
    with SendGridServer() as server:
        sendgrid = {
            "provider": "sendgrid",
            "sendgrid_api_key": server.key,
            "sendgrid_host": server.url,
        }
        before.done("issue", "test", "4", "--to", "editor@example.org", **sendgrid)
    (request,) = server.requests
    (person,) = request["personalizations"]
    kept = {"categories": request.get("categories"), "substitutions": person["substitutions"]}
    kept |= {"custom_args": person["custom_args"], "headers": person["headers"]}
    lines = json.dumps(kept, indent=2, sort_keys=True)
    hold("sendgrid_request.txt", [*sorted(key_paths(request)), "", lines])


EFFECTS = (
    "SELECT 'subscriber', email, status, tracking, frequency, zone, paused_until FROM subscriber",
    "SELECT 'suppression', coalesce(email, '-'), reason, note, at FROM suppression",
    "SELECT 'consent', subscriber_id, kind, wording, source, form, at FROM consent",
    "SELECT 'vote', subscriber_id, tool_id, verdict, at FROM vote",
    "SELECT 'leaving', subscriber_id, reason, words, issue_number FROM leaving",
    "SELECT 'letter', kind, subscriber_id, coalesce(email, '-'), context, state FROM letter",
    "SELECT 'event', kind, issue_number, delivery_id, link_number, machine, rule FROM event",
    "SELECT 'delivery', issue_number, subscriber_id, state, code, fault FROM delivery",
    "SELECT 'issue', number, state, audience FROM issue",
)


def _effects() -> list[str]:
    """What the store says afterwards otherwise than it did before."""
    found = [repr(row) for query in EFFECTS for row in rows(query)]
    with closing(sqlite3.connect(":memory:")) as store:
        store.executescript((FILES / "store_before.sql").read_text(encoding="utf-8"))
        was = {repr(row) for query in EFFECTS for row in store.execute(query)}
    gone = was - set(found)
    new = [one for one in found if one not in was]
    return [*(f"no more: {one}" for one in sorted(gone)), *(f"now: {one}" for one in new)]


def _without(dump: list[str], tables: tuple[str, ...]) -> list[str]:
    """The dump without the rows of these tables."""
    begins = tuple(f'INSERT INTO "{table}"' for table in tables)
    return [line for line in dump if not line.startswith(begins)]


def _dump() -> list[str]:
    with closing(sqlite3.connect("var/digest.db")) as store:
        return list(store.iterdump())


def test_links_sent_before_work_for_their_owner_and_for_nobody_who_came_since(
    before: Outside,
) -> None:
    """Every number that a link of that time could hold, for every purpose that opens a page."""
    was = people_before()
    before.done("subscribers", "erase", was[1])
    before.done("subscribers", "add", "new@example.org")
    ((came,),) = rows("SELECT id FROM subscriber WHERE email = 'new@example.org'")
    assert came > max(was)
    check_owners({number: email for number, email in was.items() if number != 1})
