"""Export and import are inverse, on both databases: nothing that is shown of somebody is lost."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from store.engine import Store, open_store
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, consents_of, record_consent
from subscribers.preferences import Preferences, preferences_of, save_preferences
from subscribers.service import clean_name
from subscribers.suppression_removal import removals_of
from subscribers.tables import (
    Consent,
    Frequency,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    SuppressionRemoval,
)
from subscribers.transfer.run import export_csv, import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HASHER = AddressHasher("a secret of the tests, long enough")
SIGNS = st.sampled_from(
    ["", "\\N", "a\\tb\tc\n\\.", "=1+1", "a;=1+1", ",\t-x", "＝1+1", "'=x", "|'@x", " =1", "\r\n=1"]
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
WORDS = st.builds(str.__add__, SIGNS, TEXT)
TIMES = st.integers(0, 10**8).map(lambda seconds: NOW - timedelta(seconds=seconds))
CONSENTS = st.lists(
    st.tuples(st.sampled_from(ConsentKind), WORDS, WORDS, TIMES), min_size=1, max_size=3
)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "first_name": WORDS.map(clean_name),
            "status": st.sampled_from(SubscriberStatus),
            "source": WORDS.map(str.strip),
            "tracking": st.booleans(),
            "frequency": st.sampled_from(Frequency),
            "zone": st.sampled_from(["UTC", "Europe/Vienna", "Asia/Kathmandu"]),
            "paused_until": st.none() | TIMES,
            "created_at": TIMES,
            "changed_at": TIMES,
            "consents": CONSENTS,
            "categories": st.frozensets(WORDS.filter(str.strip), max_size=3),
            "tools": st.frozensets(WORDS.filter(str.strip), max_size=3),
            "suppression": st.none()
            | st.tuples(
                st.sampled_from([one for one in SuppressionReason if one != "erased"]),
                WORDS.map(str.strip),
                TIMES,
            ),
            "lifts": st.lists(st.tuples(WORDS, WORDS, TIMES), max_size=2),
        }
    ),
    max_size=4,
)


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Store]:
    """Another database."""
    path = tmp_path / "elsewhere.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


def emptied(store: Store) -> None:
    with store.write() as session:
        for table in (Subscriber, Suppression, SuppressionRemoval):
            session.exec(delete(table))


def fill(store: Store, people: list[dict[str, Any]]) -> None:
    with store.write() as session:
        for number, one in enumerate(people):
            email = f"reader{number}@example.org"
            hashed = HASHER.hash(email)
            columns = "first_name status source tracking paused_until created_at changed_at"
            person = Subscriber(
                email=email,
                email_key=email,
                address_hash=hashed,
                **{name: one[name] for name in columns.split()},
            )
            session.add(person)
            session.flush()
            assert person.id is not None
            chosen = Preferences(one["frequency"], one["zone"], one["categories"], one["tools"])
            save_preferences(session, person.id, chosen, one["changed_at"])
            for kind, wording, source, at in one["consents"]:
                record_consent(
                    session, person.id, kind, wording, at, source=source, ip="192.0.2.1",
                    user_agent="Browser/1", form="page-1",
                )  # fmt: skip
            for who, why, at in one["lifts"]:
                session.add(
                    SuppressionRemoval(
                        address_hash=hashed, reason=SuppressionReason.BOUNCED, note="n",
                        suppressed_at=at, who=who, why=why, at=at,
                    )
                )  # fmt: skip
            if one["suppression"]:
                reason, note, at = one["suppression"]
                suppression.suppress(session, hashed, email, reason, at, note=note)


def shown(store: Store) -> list[dict[str, Any]]:
    """Everything that is stored of each person, but for the numbers of rows."""
    with store.read() as session:
        return [
            {
                "person": person.model_dump(exclude={"id", "import_run"}),
                "preferences": preferences_of(session, person),
                "consents": [
                    one.model_dump(exclude={"id", "subscriber_id"})
                    for one in consents_of(session, person.id or 0)
                ],
                "suppression": (
                    found.model_dump(exclude={"id", "import_run"})
                    if (found := suppression.find_suppression(session, person.address_hash))
                    else None
                ),
                "lifts": [
                    one.model_dump(exclude={"id"})
                    for one in removals_of(session, person.address_hash)
                ],
            }
            for person in session.exec(select(Subscriber).order_by(Subscriber.id)).all()
        ]


def exported(store: Store) -> str:
    out = io.StringIO(newline="")
    with store.read() as session:
        export_csv(session, out)
    return out.getvalue()


@settings(
    max_examples=15,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(people=PEOPLE, mark=st.sampled_from(["", "\ufeff"]))
def test_whatever_is_known_of_people_comes_back_by_an_import(
    store: Store, elsewhere: Store, people: list[dict[str, Any]], mark: str
) -> None:
    for one in (store, elsewhere):
        emptied(one)
    fill(store, people)
    there, content = shown(store), exported(store)
    for other in (elsewhere, store):  # and back into the database under test
        emptied(other)
        report = import_csv(
            other,
            HASHER,
            io.BytesIO((mark + content).encode()),
            source="all.csv",
            status=None,
            now=NOW + timedelta(days=9),
            wording="Not used.",
        )
        assert report.refused == []
        assert shown(other) == there
        assert exported(other) == content
        with other.read() as session:
            assert not session.exec(select(Consent).where(Consent.wording == "Not used.")).all()


@settings(max_examples=300, deadline=None)
@given(st.text("'=+-@;,|\t\r\n ＝＋－＠ax", max_size=12))
def test_whatever_is_disarmed_can_be_armed_again(cell: str) -> None:
    from subscribers.transfer.cells.formulas import (
        escape_all_formulas,
        escape_formula,
        unescape_all_formulas,
        unescape_formula,
    )

    assert unescape_all_formulas(escape_all_formulas(cell)) == cell
    assert unescape_formula(escape_formula(cell)) == cell
    for part in (
        escape_all_formulas(cell).replace(";", ",").replace("\t", ",").replace("|", ",").split(",")
    ):
        assert not part.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
