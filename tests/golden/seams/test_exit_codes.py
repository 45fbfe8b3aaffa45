"""What cron jobs and scripts go by: exit 0 done, 1 refused, 2 usage; on stderr a line and no trace.

The words of a refusal may change; how many lines there are, and that no trace is among them, not.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from tests.golden.seams.held import FILES, hold
from tests.golden.seams.outside import Outside, Ran
from tests.golden.seams.world import START, prepare
from tests.parts.sendgrid_events import Hook

USAGE = """
digest
digest --help
digest nonsense
digest --nonsense
digest issue
digest issue nonsense
digest issue show
digest issue show x
digest issue show 1 --nonsense
digest issue edit 1
digest issue resend 1
digest issue render 1
digest issue test 1
digest issue schedule 1
digest issue schedule 1 --at tomorrow
digest issue draft --as-of yesterday
digest comparisons import
digest comparisons pin gesso-lite-vs-palette-nine --place 0
digest subscribers import readers.csv --status gone
digest subscribers add ana@example.org --status gone
digest schedule next weekly --count 0
digest suppressions list --most 0
digest suppressions lift ben@example.com
digest serve --port x
"""
DONE = """
digest comparisons list
digest comparisons import pages.json
digest issue list
digest issue show 1
digest issue check 1
digest issue status 3
digest issue render 1 --out build
digest issue render 1 --out build --for ada@example.com
digest issue test 4 --to editor@example.org
digest subscribers show ada@example.com
digest subscribers export
digest subscribers export list.csv
digest subscribers erase nobody@example.org
digest subscribers unsubscribe ada@example.com
digest suppressions list
digest schedule next weekly
digest report 1
digest comparisons pin gesso-lite-vs-palette-nine
digest comparisons unpin gesso-lite-vs-palette-nine
digest subscribers add new@example.org
digest suppressions lift oli@example.com --who Ed --why so
digest schedule add other
digest issue edit 4 --subject New
digest issue approve 4
digest issue schedule 4 --at 2026-03-01
digest issue pause 3
digest issue resume 3
digest issue send 3 --detach
digest issue send 3
digest issue resend 3 --uncertain --to hal.new@example.org
digest issue send 3
digest issue give-up 3
digest issue cancel 2
digest issue draft
digest database upgrade
digest database backup saved.db
digest database restore saved.db
digest template new ours
"""
REFUSED = """
digest comparisons import nowhere.txt
digest comparisons import pages.json --url https://example.org/page
digest comparisons import pages.json --url nonsense
digest comparisons import readers.csv
digest comparisons pin nothing
digest comparisons unpin nothing
digest issue show 99
digest issue show 99999999999999999999999
digest issue check 99
digest issue status 99
digest issue approve 1
digest issue approve 99
digest issue edit 1 --subject New
digest issue send 1
digest issue send 4
digest issue send 99
digest issue schedule 4 --at 2026-03-01
digest issue pause 1
digest issue resume 1
digest issue cancel 1
digest issue resend 1 --failed
digest issue give-up 4
digest issue render 1 --out build --for nobody@example.org
digest issue test 1 --to nobody
digest issue draft --schedule nothing
digest issue preview 99
digest subscribers import nowhere.csv
digest subscribers add nobody
digest subscribers add ada@example.com
digest subscribers add kim@example.org
digest subscribers show nobody@example.org
digest subscribers show nobody
digest subscribers unsubscribe nobody@example.org
digest suppressions lift ada@example.com --who Ed --why so
digest schedule add weekly
digest schedule add by-hand
digest schedule add other --cron nonsense
digest schedule add other --zone Nowhere/City
digest schedule add other --late-limit 0
digest schedule add other --frequency daily
digest schedule run nothing
digest schedule run weekly
digest schedule next nothing
digest report 99
digest bounces read
digest database backup saved.db
digest database restore nowhere.db
digest database restore readers.csv
digest template new ours
digest template new ../ours
"""
SETTINGS = {
    "a setting that is none": {"public_url": "nonsense"},
    "a short secret": {"secret_key": "short"},
    "an unknown provider": {"provider": "pigeon"},
    "no smtp url": {"provider": "smtp"},
    "no sendgrid key": {"provider": "sendgrid"},
    "an unknown kind of database": {"database_url": "oracle://x/y"},
    "a database url that is none": {"database_url": "nonsense"},
    "a server that is away": {"database_url": "postgresql://u@127.0.0.1:1/x"},
    "a folder that can't be made": {"database_url": "sqlite:////proc/no/where.db"},
    "a file that is no database": {"database_url": "sqlite:///readers.csv"},
    "an unknown code of the gate": {"gate_block": "nonsense"},
    "a limit that is none": {"rate_limit": "fast"},
}
BLOCKING = "clients-unchecked"
"""A code that the gate finds in the draft."""
NEWER = "UPDATE alembic_version SET version_num = '9999'"
OLDER = "UPDATE alembic_version SET version_num = '0009'"
FOREIGN = "DROP TABLE alembic_version"


@pytest.fixture
def there(outside: Outside) -> Outside:
    """The store from before, upgraded where its schema is behind, and a few files."""
    prepare(outside, Hook())[0] = START + timedelta(days=1)
    (outside.home / "var").mkdir()
    with closing(sqlite3.connect("var/digest.db")) as store:
        store.executescript((FILES / "store_before.sql").read_text(encoding="utf-8"))
    for name in ("pages.json", "readers.csv"):
        (outside.home / name).write_bytes((FILES / name).read_bytes())
    outside.done("database", "upgrade")
    return outside


@pytest.mark.parametrize(
    ("name", "calls"), [("usage", USAGE), ("done", DONE), ("refused", REFUSED)]
)
def test_commands_end_as_they_did(there: Outside, name: str, calls: str) -> None:
    """In this order, over one store."""
    if name == "refused":
        there.done("database", "backup", "saved.db")
        there.done("template", "new", "ours")
    lines = [
        f"{line}  ->  {_told(there.run(*line.split()[1:]))}" for line in calls.split("\n")[1:-1]
    ]
    hold(f"exit_{name}.txt", lines)


def test_wrong_settings_and_databases_are_refused_as_they_were(there: Outside) -> None:
    """Two commands each: one that reads the store, and the one that brings it up to date."""
    lines = []
    for name, settings in SETTINGS.items():
        for command in ("issue list", "database upgrade"):
            ran = there.run(*command.split(), **settings)
            lines.append(f"with {name}: digest {command}  ->  {_told(ran)}")
    for name, statement in (("newer", NEWER), ("older", OLDER), ("foreign", FOREIGN)):
        with closing(sqlite3.connect("var/digest.db")) as store:
            store.execute(statement)
            store.commit()
        lines += [
            f"a database that is {name}: digest {command}  ->  {_told(there.run(*command.split()))}"
            for command in ("issue list", "serve", "database backup other.db")
        ]
    hold("exit_settings.txt", lines)


def test_checks_fail_and_pass_as_they_did(there: Outside) -> None:
    """The gate with a finding that blocks, and the doctor with a mailbox that is missing.

    The doctor asks no name server about localhost.
    """
    local = {"sender": "Weekly <digest@localhost>", "bounce_address": ""}
    calls: list[tuple[str, dict[str, str]]] = [
        ("issue check 4", {}),
        ("issue check 4 --json", {}),
        ("issue check 4", {"gate_block": BLOCKING}),
        ("issue check 4 --json", {"gate_block": BLOCKING}),
        ("issue approve 4", {"gate_block": BLOCKING}),
        (f"issue approve 4 --despite {BLOCKING}", {"gate_block": BLOCKING}),
        (f"issue approve 4 --despite {BLOCKING} --because meant", {"gate_block": BLOCKING}),
        ("doctor", local),
        ("doctor", local | {"bounce_mailbox": ""}),
    ]
    lines = [
        f"digest {command} {given or ''}  ->  {_told(there.run(*command.split(), **given))}"
        for command, given in calls
    ]
    hold("exit_checks.txt", lines)


def _told(ran: Ran) -> str:
    lines = len(ran.err.splitlines())
    trace = ", a trace" if "Traceback" in ran.err else ""
    many = "no line" if not lines else "one line" if lines == 1 else "lines"
    return f"exit {ran.status}, {many} on stderr{trace}, {'some' if ran.out else 'no'} stdout"
