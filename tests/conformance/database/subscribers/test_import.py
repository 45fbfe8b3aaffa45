"""Lists of other tools on both databases: consent and status come along, nobody comes back."""

from datetime import UTC, datetime, timedelta

import pytest

from store.engine import Store
from subscribers import suppression
from subscribers.consent import ConsentKind, record_consent
from subscribers.service import add_subscriber, erase_subscriber, find_subscriber, unsubscribe
from subscribers.suppression_removal import remove_suppression
from subscribers.tables import SubscriberStatus, SuppressionReason
from subscribers.transfer.run import ImportReport
from tests.parts.imported import (
    HASHER,
    MAILCHIMP,
    MEMBERS,
    NOW,
    blocked,
    exported,
    history,
    load,
    people,
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


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_whoever_left_one_tool_and_signed_up_with_another_has_left_in_either_order(
    store: Store, order: tuple[int, int]
) -> None:
    """The other tool's day of signing up is no consent given here."""
    substack = (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ana@example.org,false,,other,false,2025-01-05T10:00:00.000Z,\n"
    )
    mailchimp = (
        "Email Address,First Name,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,MEMBER_RATING,"
        "OPTIN_TIME,CONFIRM_TIME,LEID,EUID\n"
        "ana@example.org,Ana,2024-05-06 07:08:09,May,N (no longer interested),2,,,1,a\n"
    )
    for one in order:
        load(store, (substack, mailchimp)[one])
    assert [status for _, status in people(store).values()] == ["unsubscribed"]
    assert blocked(store) == {"ana@example.org": "unsubscribed"}


@pytest.mark.parametrize("between", [0, 120])
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
