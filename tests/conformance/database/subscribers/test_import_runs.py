"""Imports as a whole: there and back, tried dry, killed in the middle, and run again."""

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import true

from store.engine import Store, open_store
from subscribers import suppression
from subscribers.service import erase_subscriber, find_subscriber
from subscribers.tables import SuppressionReason
from subscribers.transfer import batch, run, transactions
from subscribers.transfer.refused_rows import RefusedFile
from subscribers.transfer.undo import undo_import
from tests.parts.imported import HASHER, MAILCHIMP, NOW, exported, load, people
from tests.parts.world import SECRET

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Store]:
    """Another database."""
    path = tmp_path / "elsewhere.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


def filled(store: Store) -> None:
    """A list with all that there is to keep."""
    load(store, MAILCHIMP)
    load(
        store,
        'email,name,status,created_at\n"=1+1@example.org",=HYPERLINK(1),active,2024-01-01\n'
        '\'-bo@example.org,Bo,bounced,\ncy@example.org,"Cy, ""Jr""",unsubscribed,\n'
        "di@example.org,Δi,pending,\ned@example.org,Ed,complained,\n",
        source="=cmd.csv",
    )
    with store.write() as session:
        ana = find_subscriber(session, "ana@example.org")
        assert ana is not None
        ana.tracking = False
        for email, note in (("fi@example.org", "=asked by phone"), ("di@example.org", "@odd")):
            suppression.suppress(
                session, HASHER.hash(email), email, SuppressionReason.MANUAL, NOW, note=note
            )
        erase_subscriber(session, HASHER, "gone@example.org", NOW)


def test_an_export_comes_back_as_it_was(store: Store, elsewhere: Store) -> None:
    """Status, consents, preferences and suppressions, into another database."""
    filled(store)
    content = exported(store)
    later = NOW + timedelta(days=9)
    report = load(elsewhere, content, now=later)
    assert report.refused == []
    assert report.read_as.startswith("an export of this program")
    assert exported(elsewhere) == content
    with elsewhere.read() as session:
        assert suppression.is_suppressed(session, HASHER.hash("gone@example.org"))
    load(elsewhere, content, now=later)
    assert exported(elsewhere) == content
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_dry_run_says_what_would_be_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    filled(store)
    before = exported(store)
    rows = "".join(f"reader{number}@example.org,active\n" for number in range(120))
    content = (
        f"email,status\n{rows}READER5@example.org,active\nnonsense,active\nana@example.org,\n"
        "cy@example.org,active\nnew@example.org,bounced\nfi@example.org,active\n"
    )
    with RefusedFile(tmp_path / "refused.csv") as refused:
        dry = load(store, content, dry=True, refused=refused)
    assert exported(store) == before
    assert dry == load(store, content)
    assert (dry.added, dry.repeated, dry.already, dry.departed) == (120, 1, 1, 1)
    assert (dry.suppressed, dry.refused_count) == (2, 1)
    assert "122,expected a mail address" not in before
    assert "nonsense,active,123," in (tmp_path / "refused.csv").read_text(encoding="utf-8")


CHILD = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from store.engine import open_store
from subscribers.addresses import AddressHasher
from subscribers.transfer import run, transactions

run.CHUNK = 100
insert, inserted = transactions.import_batch, []

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def import_batch(*given, **named):
    inserted.append(insert(*given, **named))
    if len(inserted) == 2:
        die()
    return inserted[-1]

if sys.argv[5] == "before a commit":
    transactions.import_batch = import_batch

with Path(sys.argv[2]).open("rb") as file:
    run.import_csv(open_store(sys.argv[1]), AddressHasher(sys.argv[3]), file, source="list.csv",
               status=None, now=datetime.fromisoformat(sys.argv[4]), wording="They asked.",
               progress=die if sys.argv[5] == "after a commit" else lambda _: None)
"""
_WORDS = ("active", "pending", "unsubscribed", "bounced")
_PLAIN = "email,first_name\n" + "".join(f"reader{n}@example.org,R {n}\n" for n in range(220))
_FULL = "email,status,created_at\n" + "".join(
    f"reader{n}@example.org,{_WORDS[n % 4]},2024-01-01\n" for n in range(220)
)


@pytest.mark.parametrize(
    ("rows", "when", "on_list"),
    [
        (_FULL, "after a commit", 110),
        (_PLAIN, "after a commit", 220),
        (_PLAIN, "before a commit", 220),
    ],
)
def test_killed_in_the_middle_and_run_again_it_ends_where_one_run_ends(
    store: Store,
    database_url: str,
    elsewhere: Store,
    tmp_path: Path,
    *,
    rows: str,
    when: str,
    on_list: int,
) -> None:
    content = f"{rows}reader8@example.org,unsubscribed,\n" if rows == _FULL else rows
    (tmp_path / "list.csv").write_text(content, encoding="utf-8")
    given = [database_url, tmp_path / "list.csv", SECRET, NOW.isoformat(), when]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *given],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    assert len(people(store)) == 100
    again, once = load(store, content), load(elsewhere, content)
    assert once.added == on_list
    assert again.added < on_list
    met = again.already + again.repeated + again.suppressed
    assert again.added + again.departed + met == content.count("@")
    assert _without_ids(exported(store)) == _without_ids(exported(elsewhere))


def _without_ids(text: str) -> list[dict[str, str]]:
    """The rows of an export but for what is random in each store."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        del row["public_id"]
    return rows


def test_people_who_are_there_are_found_however_the_rest_is_stored(
    store: Store, elsewhere: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses that are known, repeated, suppressed, in other cases: counted as row by row."""
    monkeypatch.setattr(run, "CHUNK", 4)
    names = ["ab", "Ab", *"bcdefeghi", "ab", *"jklmncopqrstuBvwxyzZ"]
    content = "email,first_name\n" + "".join(f"{one}@example.org,Re {one}\n" for one in names)
    reports = []
    for each in (store, elsewhere):
        load(each, "email\nf@example.org\nr@example.org\n")
        load(each, "email,status\nt@example.org,unsubscribed\nw@example.org,bounced\n")
        with each.write() as session:
            number = HASHER.hash("y@example.org")
            suppression.suppress(session, number, None, SuppressionReason.ERASED, NOW)
        if each is elsewhere:
            monkeypatch.setattr(batch, "plain_people", lambda *_: None)
        report = load(each, content)
        reports.append((report.added, report.already, report.repeated, report.suppressed))
    assert reports[0] == reports[1] == (21, 2, 6, 3)
    assert _without_ids(exported(store)) == _without_ids(exported(elsewhere))


def test_others_write_between_two_transactions(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        with closing(sqlite3.connect(str(sqlite_store.path), timeout=0)) as other:
            other.execute("INSERT INTO knock VALUES (?, '2026-11-25', 1)", (f"{len(pauses)}",))
            other.commit()

    monkeypatch.setattr(transactions, "sleep", pause)
    load(sqlite_store, _PLAIN)
    assert pauses == pytest.approx([0.000125, 0.000125])  # after the last one nobody waits


def test_refused_rows_can_be_corrected_and_imported(store: Store, tmp_path: Path) -> None:
    """The report is a list like the first: its own columns, in its own delimiter."""
    bad = (
        'Name;E-Mail;Status;Note\nAna;ana@example.org;active;x\n"=Bo; ""B""";bo at example.org;'
        "active;+1\nCy;cy@example.org;on-fire;\nDi;di@example;active;\n"
    )
    with RefusedFile(tmp_path / "1.csv") as refused:
        assert load(store, bad, refused=refused).refused_count == 3
    with (tmp_path / "1.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["Name", "E-Mail", "Status", "Note", "refused_line", "refused_because"]
    assert rows[1][:5] == ['\'=Bo; "B"', "bo at example.org", "active", "'+1", "3"]
    assert rows[2][4:] == [
        "4",
        "expected active, pending, unsubscribed, bounced or complained, in column Status",
    ]
    corrected = (
        (tmp_path / "1.csv").read_bytes().replace(b" at ", b"@").replace(b"on-fire", b"active")
    )
    with RefusedFile(tmp_path / "2.csv") as refused:
        again = load(store, corrected, refused=refused)
    assert (again.added, again.refused_count) == (2, 1)
    assert people(store)["bo@example.org"] == ('=Bo; "B"', "active")
    header = (tmp_path / "2.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "Name;E-Mail;Status;Note;refused_line;refused_because"


def test_no_report_is_made_where_nothing_was_refused(sqlite_store: Store, tmp_path: Path) -> None:
    with RefusedFile(tmp_path / "refused.csv") as refused:
        load(sqlite_store, "email\nana@example.org\n", refused=refused)
    assert list(tmp_path.glob("refused*")) == []


def test_undoing_an_import_keeps_departures_that_another_one_states(
    store: Store, elsewhere: Store
) -> None:
    """Two lists say that they left: taking back the first one must not forget the second."""
    with elsewhere.write() as session:
        erase_subscriber(session, HASHER, "gone@example.org", NOW)
    content = exported(elsewhere)
    first = "email,status\nboth@example.org,unsubscribed\nbo@example.org,bounced\n"
    load(store, first + "one@example.org,unsubscribed\nana@example.org,active\n")
    load(store, content)
    load(store, "email,status\nBOTH@example.org,unsubscribed\nbo@example.org,complained\n")
    load(store, content)
    for number in (1, 2):
        undo_import(store, number, true(), NOW + timedelta(hours=1))
    assert set(people(store)) == {"both@example.org", "bo@example.org"}
    with store.read() as session:
        for email in ("both@example.org", "bo@example.org", "gone@example.org"):
            assert suppression.is_suppressed(session, HASHER.hash(email))
        assert not suppression.is_suppressed(session, HASHER.hash("one@example.org"))
