"""Lists of other tools on both databases: consent and status come along, nobody comes back."""

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from store.engine import Store, open_store
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, consents_of, record_consent
from subscribers.service import add_subscriber, erase_subscriber, find_subscriber, unsubscribe
from subscribers.suppression_removal import remove_suppression
from subscribers.tables import Subscriber, SubscriberStatus, Suppression, SuppressionReason
from subscribers.transfer.refused_rows import RefusedFile
from subscribers.transfer.run import ImportReport, export_csv, import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
SECRET = "a secret of the tests, long enough"
HASHER = AddressHasher(SECRET)
ROOT = Path(__file__).resolve().parents[3]


def load(store: Store, content: str | bytes, **given: Any) -> ImportReport:
    data = content.encode() if isinstance(content, str) else content
    values: dict[str, Any] = {
        "source": "list.csv",
        "status": None,
        "now": NOW,
        "wording": "They asked.",
    }
    return import_csv(store, HASHER, io.BytesIO(data), **(values | given))


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Store]:
    """Another database."""
    path = tmp_path / "elsewhere.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


def people(store: Store) -> dict[str, tuple[str, str]]:
    """First name and status by address."""
    with store.read() as session:
        rows = session.exec(select(Subscriber).order_by(Subscriber.id)).all()
        return {one.email: (one.first_name, one.status) for one in rows}


def history(store: Store, email: str) -> list[tuple[str, str, str, datetime]]:
    """Kind, source, network address and time of each proof."""
    with store.read() as session:
        person = find_subscriber(session, email)
        assert person is not None
        assert person.id is not None
        return [(one.kind, one.source, one.ip, one.at) for one in consents_of(session, person.id)]


def blocked(store: Store) -> dict[str | None, str]:
    with store.read() as session:
        return {one.email: one.reason for one in session.exec(select(Suppression)).all()}


def exported(store: Store) -> str:
    out = io.StringIO(newline="")
    with store.read() as session:
        export_csv(session, out)
    # But for public ids, the last column: they are random in each store.
    return "\n".join(line.rpartition(",")[0] for line in out.getvalue().splitlines())


MEMBERS = "subscribed_members_export_1a.csv"
MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,"
    "TAGS\n"
    'ana@example.org,Ana,Bell,2,"2024-03-16 14:40:47",192.0.2.7,"2024-03-16 14:52:10",192.0.2.8,'
    ',,,,Europe/Vienna,at,9,"2024-03-16 14:52:10",551,89a,,"""ai"",""weekly"""\n'
)


def test_mailchimp_subscribed(store: Store) -> None:
    report = load(store, MAILCHIMP, source=MEMBERS)
    assert report == ImportReport(added=1)
    assert report.read_as == "an export of Mailchimp, parted by commas, in UTF-8"
    assert {"TIMEZONE", "TAGS", "Last Name"} <= set(report.unused)
    assert people(store) == {"ana@example.org": ("Ana", "active")}
    assert history(store, "ana@example.org") == [
        ("requested", MEMBERS, "192.0.2.7", datetime(2024, 3, 16, 14, 40, 47, tzinfo=UTC)),
        ("confirmed", MEMBERS, "192.0.2.8", datetime(2024, 3, 16, 14, 52, 10, tzinfo=UTC)),
        ("imported", MEMBERS, "", NOW),
    ]


def test_a_mailchimp_file_without_status_is_not_active(store: Store) -> None:
    """Renamed, nothing tells the subscribed from those who never agreed."""
    assert load(store, MAILCHIMP) == ImportReport(added=1)
    assert people(store) == {"ana@example.org": ("Ana", "pending")}


def test_mailchimp_unsubscribed_cleaned_and_nonsubscribed(store: Store) -> None:
    """It tells them by columns of their own, or by the name of the file alone."""
    head = "Email Address,First Name,{}MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\n"
    gone = head.format("UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,") + (
        "ana@example.org,Ana,2025-02-01 10:00:00,Spring,N (no longer interested),2,,,1,a\n"
        "bo@example.org,Bo,2025-02-02 10:00:00,Spring,A (abuse complaint),2,,,2,b\n"
    )
    assert load(store, gone) == ImportReport(departed=2)
    assert load(
        store,
        head.format("CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,")
        + "cy@example.org,Cy,2025-02-03 10:00:00,Spring,2,,,3,c\n",
    ) == ImportReport(departed=1)
    bare = head.format("") + "di@example.org,Di,2,,,4,d\n"
    nobody = load(store, bare, source="export/nonsubscribed_members_export_1a.csv")
    assert nobody.refused[0].why == "the file's name says that they never agreed to be mailed"
    assert load(store, bare, source="unsubscribed_members_export_1a.csv").departed == 1
    assert people(store) == {
        "ana@example.org": ("Ana", "unsubscribed"),
        "bo@example.org": ("Bo", "complained"),
        "cy@example.org": ("Cy", "bounced"),
        "di@example.org": ("Di", "unsubscribed"),
    }
    assert blocked(store) == {
        "ana@example.org": "unsubscribed",
        "bo@example.org": "complained",
        "cy@example.org": "bounced",
        "di@example.org": "unsubscribed",
    }
    left = datetime(2025, 2, 1, 10, tzinfo=UTC)
    assert history(store, "ana@example.org") == [("withdrawn", "list.csv", "", left)]


@pytest.mark.parametrize(
    ("tool", "content", "standings", "proof"),
    [
        (
            "Substack",
            (
                "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
                "ana@example.org,false,,other,false,2024-01-15T10:00:00.000Z,\n"
                "bo@example.org,true,2026-12-01T00:00:00.000Z,yearly,true,2024-02-01T10:00:00.000Z,\n"
            ),
            ["active", "unsubscribed"],
            ("requested", "list.csv", "", datetime(2024, 1, 15, 10, tzinfo=UTC)),
        ),
        (
            "Ghost",
            (
                "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,"
                "created_at,deleted_at,labels,tiers\n"
                '1,ana@example.org,Ana,"two\nlines",true,false,,2024-01-15T10:00:00.000Z,,"a,b",\n'
                "2,bo@example.org,Bo,,false,false,,2024-02-01T10:00:00.000Z,,,\n"
                "3,cy@example.org,Cy,,true,false,,2024-02-01T10:00:00.000Z,2025-01-01T00:00:00.000Z,,\n"
            ),
            ["active", "unsubscribed", "unsubscribed"],
            ("requested", "list.csv", "", datetime(2024, 1, 15, 10, tzinfo=UTC)),
        ),
        (
            "Buttondown",
            (
                "email,subscriber_type,creation_date,ip_address,source,unsubscription_date,tags,notes\n"
                "ana@example.org,regular,2024-01-15T10:00:00Z,192.0.2.7,organic,"
                "2024-01-20T10:00:00Z,ai,\n"
                "bo@example.org,unactivated,2024-01-15T10:00:00Z,,,,,\n"
                "cy@example.org,unsubscribed,2024-01-15T10:00:00Z,,,2025-01-20T10:00:00Z,,\n"
                "di@example.org,undeliverable,2024-01-15T10:00:00Z,,,,,\n"
                "ed@example.org,complained,2024-01-15T10:00:00Z,,,,,\n"
                "fi@example.org,premium,2024-01-15T10:00:00Z,,,,,\n"
            ),
            ["active", "pending", "unsubscribed", "bounced", "complained", "active"],
            ("requested", "organic", "192.0.2.7", datetime(2024, 1, 15, 10, tzinfo=UTC)),
        ),
        (
            "listmonk",
            (
                "uuid,email,name,attributes,status,created_at,updated_at\n"
                '9a-1,ana@example.org,Ana,"{""city"": ""Wien""}",enabled,'
                "2024-01-15 10:00:00.123456+00:00,2024-01-15 10:00:00+00:00\n"
                "9a-2,bo@example.org,Bo,{},blocklisted,2024-01-15T10:00:00Z,\n"
                "9a-3,cy@example.org,Cy,{},disabled,2024-01-15T10:00:00Z,\n"
            ),
            ["active", "unsubscribed", "unsubscribed"],
            ("requested", "list.csv", "", datetime(2024, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)),
        ),
        (
            "beehiiv",
            (
                "Email,Status,Created At,Subscription Tier,Acquisition Source,UTM Medium\n"
                "ana@example.org,active,2024-01-15 10:00:00 UTC,free,embed,web\n"
                "bo@example.org,inactive,2024-01-15 10:00:00 UTC,free,,\n"
                "cy@example.org,Needs Attention,2024-01-15 10:00:00 UTC,free,,\n"
                "di@example.org,invalid,2024-01-15 10:00:00 UTC,free,,\n"
            ),
            ["active", "unsubscribed", "pending", "bounced"],
            ("requested", "embed", "", datetime(2024, 1, 15, 10, tzinfo=UTC)),
        ),
    ],
)
def test_an_export_is_told_by_its_columns(
    store: Store,
    tool: str,
    content: str,
    standings: list[str],
    proof: tuple[str, str, str, datetime],
) -> None:
    report = load(store, content)
    assert report.read_as.startswith(f"an export of {tool}, ")
    assert report.refused == []
    assert [status for _, status in people(store).values()] == standings
    assert history(store, "ana@example.org")[0] == proof
    gone = [one for one in standings if one in {"unsubscribed", "bounced", "complained"}]
    assert sorted(blocked(store).values()) == sorted(gone)
    assert report.departed == len(gone)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1252", "Windows")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(
    sqlite_store: Store, encoding: str, named: str, delimiter: str
) -> None:
    rows = f"E-Mail,FIRST NAME,Was\nnoch?\nana@example.org,Zoë,\n".replace(  # noqa: F541 - one text
        "Was\nnoch?", '"Was\nnoch?"'
    )
    report = load(sqlite_store, rows.replace(",", delimiter).encode(encoding))
    assert people(sqlite_store) == {"ana@example.org": ("Zoë", "pending")}
    assert named in report.read_as
    assert ("a guess" in report.read_as) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ["active", "pending", "pending"]),
        (SubscriberStatus.ACTIVE, ["active", "pending", "active"]),
        (SubscriberStatus.PENDING, ["pending", "pending", "pending"]),
    ],
)
def test_the_operators_word_and_the_files(
    store: Store, given: SubscriberStatus | None, expected: list[str]
) -> None:
    """Nobody who is pending there is active here; of whom nothing is said the operator decides."""
    rows = "email,status\na@example.org,active\nb@example.org,pending\nc@example.org,\n"
    load(store, rows, status=given)
    assert [status for _, status in people(store).values()] == expected


def test_who_is_suppressed_or_erased_here_stays_so_whatever_a_file_says(store: Store) -> None:
    with store.write() as session:
        for email in ("ana@example.org", "bo@example.org", "cy@example.org"):
            add_subscriber(
                session,
                HASHER,
                email,
                status=SubscriberStatus.ACTIVE,
                source="",
                wording="Yes.",
                now=NOW,
            )
        erase_subscriber(session, HASHER, "ana@example.org", NOW)
        bo = find_subscriber(session, "bo@example.org")
        assert bo is not None
        unsubscribe(session, HASHER, bo.id or 0, "link", NOW)
        suppression.suppress(
            session,
            HASHER.hash("di@example.org"),
            "di@example.org",
            SuppressionReason.MANUAL,
            NOW,
        )
    before = exported(store)
    report = load(
        store,
        "email,status,confirmed_at\nANA@example.org,active,2026-11-25\nbo@example.org,active,\n"
        "cy@example.org,active,\ndi@example.org,active,\n",
        now=NOW + timedelta(days=1),
    )
    assert report == ImportReport(already=1, suppressed=3)
    assert exported(store) == before


def test_a_withdrawal_elsewhere_takes_somebody_off_here(store: Store) -> None:
    load(store, "email,status\nana@example.org,active\nbo@example.org,active\n")
    with store.write() as session:
        bo = find_subscriber(session, "bo@example.org")
        assert bo is not None
        record_consent(session, bo.id or 0, ConsentKind.CONFIRMED, "Yes.", NOW)
    gone = "email,status,unsubscribed_at\n{0},unsubscribed,2025-01-01\n"
    assert load(store, gone.format("ana@example.org")) == ImportReport(already=1)
    assert load(store, gone.format("bo@example.org")) == ImportReport(already=1)
    assert people(store) == {
        "ana@example.org": ("", "unsubscribed"),
        "bo@example.org": ("", "active"),  # confirmed again after that
    }
    assert blocked(store) == {"ana@example.org": "unsubscribed"}
    assert history(store, "ana@example.org")[-1][0] == "withdrawn"
    load(store, "email,status\nbo@example.org,unsubscribed\n")  # nobody knows when: it counts
    assert people(store)["bo@example.org"] == ("", "unsubscribed")


def test_a_bounce_from_before_it_was_lifted_does_not_count_again(store: Store) -> None:
    content = "email,status,bounced_at\nana@example.org,bounced,2025-01-01\n"
    load(store, content)
    with store.write() as session:
        remove_suppression(
            session, HASHER.hash("ana@example.org"), who="Eve", why="A new box.", now=NOW
        )
    assert load(store, content) == ImportReport(already=1)
    assert people(store) == {"ana@example.org": ("", "active")}
    assert blocked(store) == {}
    load(store, content.replace("2025-01-01", "2026-11-26"), now=NOW + timedelta(days=2))
    assert people(store) == {"ana@example.org": ("", "bounced")}


@pytest.mark.parametrize("between", [0, 6_000])
@pytest.mark.parametrize("order", [("active", "unsubscribed"), ("unsubscribed", "active")])
def test_whoever_left_in_one_of_two_rows_has_left(
    store: Store, between: int, order: tuple[str, str]
) -> None:
    """Also when the rows stand in different transactions, and in different case."""
    filling = "".join(f"reader{number}@example.org,active\n" for number in range(between))
    content = f"email,status\nana@example.org,{order[0]}\n{filling}ANA@Example.org,{order[1]}\n"
    report = load(store, content)
    assert report.repeated == 1
    assert people(store)["ana@example.org"] == ("", "unsubscribed")
    assert blocked(store) == {"ana@example.org": "unsubscribed"}


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
    rows = "".join(f"reader{number}@example.org,active\n" for number in range(6_000))
    content = (
        f"email,status\n{rows}READER5@example.org,active\nnonsense,active\nana@example.org,\n"
        "cy@example.org,active\nnew@example.org,bounced\nfi@example.org,active\n"
    )
    with RefusedFile(tmp_path / "refused.csv") as refused:
        dry = load(store, content, dry=True, refused=refused)
    assert exported(store) == before
    assert dry == load(store, content)
    assert (dry.added, dry.repeated, dry.already, dry.departed) == (6_000, 1, 1, 1)
    assert (dry.suppressed, dry.refused_count) == (2, 1)
    assert "6002,expected a mail address" not in before
    assert "nonsense,active,6003," in (tmp_path / "refused.csv").read_text(encoding="utf-8")


CHILD = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from store.engine import open_store
from subscribers.addresses import AddressHasher
from subscribers.transfer.run import import_csv

def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

with Path(sys.argv[2]).open("rb") as file:
    import_csv(open_store(sys.argv[1]), AddressHasher(sys.argv[3]), file, source="list.csv",
               status=None, now=datetime.fromisoformat(sys.argv[4]), wording="They asked.",
               progress=die)
"""


def test_killed_in_the_middle_and_run_again_it_ends_where_one_run_ends(
    store: Store, database_url: str, elsewhere: Store, tmp_path: Path
) -> None:
    words = ("active", "pending", "unsubscribed", "bounced")
    rows = "".join(f"reader{n}@example.org,{words[n % 4]},2024-01-01\n" for n in range(11_000))
    content = f"email,status,created_at\n{rows}reader8@example.org,unsubscribed,\n"
    (tmp_path / "list.csv").write_text(content, encoding="utf-8")
    child = subprocess.run(
        [sys.executable, "-c", CHILD, database_url, tmp_path / "list.csv", SECRET, NOW.isoformat()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    there = len(people(store))
    assert 0 < there < 11_000
    assert load(store, content).added < 5_500
    assert load(elsewhere, content).added == 5_500
    assert exported(store) == exported(elsewhere)


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
