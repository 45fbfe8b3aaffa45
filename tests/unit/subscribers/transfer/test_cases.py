"""Files as tools and people really write them: nobody is mailed who left, and no row is lost.

A line for each kind; the files stand in tests/cases/subscribers.
"""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Consent, Subscriber, SubscriberStatus, Suppression
from subscribers.transfer import run
from subscribers.transfer.cells.dates import DateOrder
from subscribers.transfer.encoding import ImportRefusedError
from subscribers.transfer.formats.detect import UnclearColumnError, column_choices
from subscribers.transfer.refused_rows import ImportReport, RefusedFile
from subscribers.transfer.run import import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
CASES = Path(__file__).resolve().parents[3] / "cases" / "subscribers"
People = Callable[[], list[tuple[str, str, str]]]
Load = Callable[..., ImportReport]


@pytest.fixture
def load(sqlite_store: Store, hasher: AddressHasher) -> Load:
    def load(content: str | bytes, **given: Any) -> ImportReport:
        data = content.encode() if isinstance(content, str) else content
        values: dict[str, Any] = {
            "source": "list.csv",
            "status": None,
            "now": NOW,
            "wording": "They asked.",
        }
        return import_csv(sqlite_store, hasher, io.BytesIO(data), **(values | given))

    return load


KINDS = [
    ("a blacklist flag of Brevo", "brevo", "unsubscribed active"),
    ("who came back in the same row", "came-back-row", "active pending"),
    ("a flag that mail is off", "email-disabled-only", "unsubscribed"),
    ("no status at all", "forgot-status", "pending pending"),
    ("headers in German", "german-headers", "pending"),
    ("Ghost's newest columns", "ghost-with-email-disabled", "unsubscribed"),
    ("what Kit's states mean", "kit-states", "active pending unsubscribed bounced complained"),
    ("dates as Go writes them", "listmonk-go-time", "active active"),
    ("Mailchimp's file renamed", "mailchimp-nonsubscribed-renamed", "pending"),
    ("cells that say nothing", "null-cells", "pending pending pending pending pending"),
    ("an opt-out column", "opt-out-columns", "unsubscribed pending"),
    ("a first line sep=;", "sep-line", "pending"),
    ("a flag of who is subscribed", "subscribed-flag", "unsubscribed active"),
    ("Substack's dashboard", "substack-dashboard", "pending"),
    ("taken for Substack by two names", "taken-for-substack", "unsubscribed"),
    ("three lines", "three-lines-by-pipe", "pending"),
]


@pytest.mark.parametrize(("kind", "name", "expected"), KINDS, ids=[one[0] for one in KINDS])
def test_a_kind_of_file_is_read_as_it_is_meant(
    load: Load, people: People, kind: str, name: str, expected: str
) -> None:
    report = load((CASES / f"{name}.csv").read_bytes())
    assert report.refused == [], kind
    assert " ".join(status for _, _, status in people()) == expected


def test_what_stands_around_an_address_is_taken_off(load: Load, people: People) -> None:
    report = load((CASES / "dressed-addresses.csv").read_bytes())
    locals_ = [email.partition("@")[0] for email, _, _ in people()]
    assert locals_ == ["user", "ana2", "ana3", "ana4", "ana5", "ana6", "ana7", "ana9"]
    assert [one.line for one in report.refused] == [9]
    assert people()[4][1] == "Ana"


def test_what_is_no_name_is_not_greeted(load: Load, people: People) -> None:
    load((CASES / "placeholder-names.csv").read_bytes())
    names = [name for _, name, _ in people()]
    assert names == [
        "",
        "",
        "",
        "",
        "",
        "＝HYPERLINK(1)",
        "",
        "",
        "Ana x ~~click~~",
        "ANA MARIA",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://evil.example/x", ""), ("www.evil.example", ""), ("Cyd evil.example/abc", ""),
        ("ftp://x", ""), ("Amazon.com", ""), ("Win at EVIL.ru now", ""), ("bit.ly/3x", ""),
        ("Node.js", "Node.js"), ("J.R. Smith", "J.R. Smith"), ("A.de Vries", "A.de Vries"),
        ("Dr.Who", "Dr.Who"), ("St.John", "St.John"), ("Anna/Maria", "Anna/Maria"),
    ],
)  # fmt: skip
def test_a_web_address_is_no_name(load: Load, people: People, text: str, name: str) -> None:
    """A mail program would make a link of it, in a greeting."""
    report = load(f"email,first_name\nana@example.org,{text}\n")
    assert people()[0][1] == name
    assert report.no_names == (not name)


SUBSTACK = {
    "the list": "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at",
    "the newer list": "email,active_subscription,expiry,email_disabled,prefer_digests,created_at",
    "the shorter list": "email,active_subscription,expiry,email_disabled,created_at",
    "the dashboard": (
        "Email,Name,Stripe Customer ID,Type,Stripe plan,Cancel date,Start date,Paid upgrade date,"
        "Subscription source (free),Country,Activity,Emails received (6mo)"
    ),
    "the newer dashboard": (
        "Email,Name,Subscription type,Activity,Subscription date,Revenue,Comments (all time),"
        "Shares (all time),Subscriber country,Email receives (last 6 months),Email drops (last 6 "
        "months),Email last opened at,Link clicks,Last clicked at,Subscriptions gifted,Expires at,"
        "Subscription source (free),Subscription source (paid),Days active (last 30 days),First "
        "payment at,Paid upgrade date,Cancel date,Receiving emails for,Is Bestseller"
    ),
}


@pytest.mark.parametrize("layout", SUBSTACK)
def test_each_layout_of_substack_is_told_as_substack(
    load: Load, people: People, layout: str
) -> None:
    """Who cancelled a payment has not left; active is only who is not said to have mail off."""
    names = SUBSTACK[layout].split(",")
    said = {"email": "ana@example.org", "email_disabled": "false", "cancel date": "2025-01-02"}
    dates = dict.fromkeys(("created_at", "start date", "subscription date"), "2024-05-06")
    row = ",".join((said | dates).get(name.lower(), "") for name in names)
    report = load(
        f"{SUBSTACK[layout]}\n{row}\n{row.replace('ana', 'bob').replace('false', 'true')}\n"
    )
    assert report.read_as.startswith("an export of Substack")
    expected = ("active", "unsubscribed") if "email_disabled" in names else ("pending", "pending")
    assert tuple(status for _, _, status in people()) == expected


def test_our_own_export_through_a_spreadsheet_of_another_country(
    load: Load, people: People
) -> None:
    report = load((CASES / "export-semicolon.csv").read_bytes())
    assert (report.added, report.refused_count) == (5, 0)
    assert {status for _, _, status in people()} == {"active"}


@pytest.mark.parametrize(
    "column",
    [
        "Unsubscribed", "opt_out", "Has Opted Out Of Email", "do not contact", "Email Blacklisted",
        "blocklisted", "Bounced", "Hard Bounces", "complained", "Marked as spam", "Abgemeldet",
        "Ausgetragen", "Gekündigt", "Désinscrit", "Désabonné", "Baja", "Rebotado", "Suppressed",
    ],
)  # fmt: skip
def test_a_flag_that_somebody_left_is_read_in_any_words(
    load: Load, people: People, column: str
) -> None:
    load(
        f"email,{column}\nana@example.org,yes\nbob@example.org,no\n", status=SubscriberStatus.ACTIVE
    )
    statuses = [status for _, _, status in people()]
    assert statuses[0] in {"unsubscribed", "bounced", "complained"}
    assert statuses[1] == "active"


@pytest.mark.parametrize(
    "column",
    ["Opt-in state", "Bounce reason code", "Spam score", "GDPR", "Kontaktsperre", "Estado", "state",
     "Lead status", "Active", "newsletter", "Statut du client", "cancel date"],
)  # fmt: skip
def test_an_unclear_column_stops_the_import_and_asks(
    load: Load, people: People, column: str
) -> None:
    content = f"email,{column}\nana@example.org,yes\n"
    with pytest.raises(UnclearColumnError, match="--map") as caught:
        load(content)
    assert "--ignore" in str(caught.value)
    assert people() == []
    load(content, choices=column_choices([f"{column}=unsubscribed"], []))
    assert people()[0][2] == "unsubscribed"
    load(content.replace("ana", "bob"), choices=column_choices([], [column]))
    assert people()[1][2] == "pending"


@pytest.mark.parametrize("column", ["City", "Favourite tool", "notes", "Plan", "Last open"])
def test_a_harmless_column_is_not_asked_about(load: Load, column: str) -> None:
    assert load(f"email,{column}\nana@example.org,x\n").unused == [column]


def test_a_state_beside_a_city_is_a_place(load: Load) -> None:
    assert load("email,city,state\nana@example.org,Austin,TX\n").unused == ["city", "state"]


def test_two_people_whose_addresses_fold_to_one_stay_two(load: Load) -> None:
    """Of `strauss` and `strauß` one left: the other is not taken for them."""
    report = load((CASES / "sharp-s.csv").read_bytes())
    assert (report.added, report.departed, report.repeated) == (1, 1, 0)


def test_a_stray_quote_swallows_nobody(load: Load, people: People) -> None:
    report = load((CASES / "stray-quote-swallows.csv").read_bytes())
    assert [one.line for one in report.refused] == [2]
    assert [name for _, name, _ in people()] == ["Bob", "Cyd", "Dee"]


def test_an_unclosed_quote_costs_its_own_line(load: Load) -> None:
    rows = "".join(f"reader{number}@example.org,Reader\n" for number in range(6_000))
    report = load(f'email,first_name\nfirst@example.org,"Ana\n{rows}')
    assert (report.added, report.refused_count) == (6_000, 1)


def test_a_closed_cell_with_other_people_in_it_is_refused_whole(
    load: Load, people: People, tmp_path: Path
) -> None:
    content = 'email,note\nana@example.org,"met:\nbob@example.org,Bob"\ncyd@example.org,\n'
    with RefusedFile(tmp_path / "refused.csv") as refused:
        assert load(content, refused=refused).refused_count == 1
    assert [email for email, _, _ in people()] == ["cyd@example.org"]
    assert "bob@example.org" in (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")


def test_cells_beyond_the_columns_are_no_silent_loss(load: Load, tmp_path: Path) -> None:
    """A comma that is not quoted moves the flag after it out of its column."""
    content = "email,name,unsubscribed\nana@example.org,Bell, Ana,true\n"
    with RefusedFile(tmp_path / "refused.csv") as refused:
        assert load(content, refused=refused).refused_count == 1
    assert "true" in (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")


def test_an_ambiguous_date_is_asked_about(load: Load) -> None:
    content = "email,unsubscribed_at,created_at\nana@example.org,,03/04/2024\n"
    with pytest.raises(ImportRefusedError, match="--dates dmy"):
        load(content)
    assert load(content, order=DateOrder.DAY_FIRST).unreadable_dates == 0
    assert load(content + "bob@example.org,,30/04/2024\n").added == 1  # the file tells


def test_an_encoding_can_be_named(load: Load, people: People) -> None:
    load("email,name\nana@example.org,Zoë Łuk\n".encode("cp1250", "replace"), encoding="cp1250")
    assert "Łuk" in people()[0][1]
    with pytest.raises(ImportRefusedError, match="--encoding"):
        load("email\n", encoding="nonsense")


CELLS = st.sampled_from(
    ["ana@example.org", "bob@example.org", "cyd@example.org", '"Ana', 'Bob"', '""', '"', "x,y", "",
     '"a ""b"""', "\n", "dee at home", '"eve@example.org"', "fay@example.org,Fay", "\r\n", " ", ";"]
)  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=3).map(",".join), max_size=8),
    st.sampled_from([1, 2, run.CHUNK]),
)
def test_no_line_of_any_file_is_unaccounted_for(
    load: Load, sqlite_store: Store, tmp_path: Path, lines: list[str], in_one_transaction: int
) -> None:
    """Rows taken and refused add up; each address is listed or in the refused file."""
    with sqlite_store.write() as session:
        for table in (Subscriber, Suppression):
            session.exec(delete(table))
    content = "email,name\n" + "\n".join(lines) + "\n"
    path = tmp_path / "refused.csv"
    path.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch, RefusedFile(path) as refused:
        patch.setattr(run, "CHUNK", in_one_transaction)
        report = load(content, refused=refused)
    with sqlite_store.read() as session:
        taken = session.exec(select(Subscriber)).all()
        assert len(session.exec(select(Consent)).all()) == len(taken) == report.added
        assert not [one for one in taken if "@" in one.first_name]
        listed = {one.email for one in taken}
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    rows = list(csv.reader(io.StringIO(text)))[1:]
    assert len(rows) == report.refused_count
    for name in ("ana", "bob", "cyd", "eve", "fay"):
        if f"{name}@example.org" in content:
            assert f"{name}@example.org" in listed or name in text
