"""Files with the columns that tools' documents and public exports have: who left is not mailed.

What an address begins with says what becomes of it: stays, asks (is to confirm first), left, odd
(is refused).
"""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.transfer.formats.detect import NO_CHOICES, UnclearColumnError, column_choices
from subscribers.transfer.refused_rows import ImportReport
from subscribers.transfer.run import import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
People = Callable[[], list[tuple[str, str, str]]]
Load = Callable[..., ImportReport]
BECOMES = {"stays": {"active"}, "asks": {"pending"},
           "left": {"unsubscribed", "bounced", "complained"}}  # fmt: skip


@pytest.fixture
def load(sqlite_store: Store, hasher: AddressHasher) -> Load:
    def load(
        content: str, name: str = "list.csv", *maps: str, ignored: tuple[str, ...] = ()
    ) -> ImportReport:
        return import_csv(
            sqlite_store,
            hasher,
            io.BytesIO(content.encode()),
            source=name,
            status=None,
            now=NOW,
            wording="They asked.",
            choices=column_choices(maps, ignored) if maps else NO_CHOICES,
        )

    return load


FILES = {
    "Brevo without the status of subscription": (
        "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;WHATSAPP;SMS;DOUBLE_OPT-IN;OPT_IN;LANDLINE_NUMBER;"
        "EXT_ID;CONTACT_TIMEZONE;JOB_TITLE;LINKEDIN;ADDED_TIME;MODIFIED_TIME\n"
        "1;asks.1@x.org;Lu;Ana;;;1;Yes;;;;;;13-02-2023 10:11:12;14-02-2023 10:11:12\n"
        "2;left.2@x.org;Lu;Bo;;;1;No;;;;;;13-02-2023 10:11:12;14-02-2023 10:11:12\n"
    ),
    "Constant Contact": (
        "Email address,First name,Last name,Company,Email status,Email permission status,Email "
        "update source,Confirmed Opt-Out Date,Confirmed Opt-Out Source,Confirmed Opt-Out Reason,"
        "Tags,Email Lists,Source Name,Created At,Updated At\n"
        "stays.1@x.org,Ana,Lu,,Active,Express,Contact,,,,,News,Web,2021-11-15 19:42:23 +0000,\n"
        "left.2@x.org,Bo,,,Unsubscribed,Unsubscribed,,2022-01-02 03:04:05 +0000,Contact,too many,,"
        "News,Web,2021-11-15 19:42:23 +0000,\n"
        "left.3@x.org,Bo,,,Active,Implied,,2022-01-02 03:04:05 +0000,Contact,,,,,,\n"
    ),
    "Klaviyo, whose cells are lists": (
        "Email,Klaviyo ID,First Name,Last Name,Source,IP Address,Email Marketing Consent,Email "
        "Marketing Consent Timestamp,Email Suppressions,Email Suppressions Timestamp\n"
        "stays.1@x.org,A,Ana,,Web,192.0.2.1,SUBSCRIBED,2023-01-01 00:00:00,[],[]\n"
        "left.2@x.org,B,Bo,,,,SUBSCRIBED,2023-01-01 00:00:00,['HARD_BOUNCE'],"
        "['2023-05-01 00:00:00']\n"
        "left.3@x.org,C,Bo,,,,SUBSCRIBED,2023-01-01 00:00:00,,\"['2023-05-01 00:00:00', "
        "'2023-06-01 00:00:00']\"\n"
        "odd.4@x.org,D,Bo,,,,NEVER_SUBSCRIBED,,,\n"
    ),
    "MailerLite of before": (
        "Subscriber,Sent,Opens,Clicks,Type,Signup timestamp,Signup IP,Confirmation timestamp,"
        "Confirmation IP,Date subscribe,Date unsubscribe,Name\n"
        "stays.1@x.org,2,1,0,active,2023-01-01 00:00:00,192.0.2.1,2023-01-01 00:05:00,192.0.2.1,"
        "2023-01-01,,Ana\n"
        "left.2@x.org,2,1,0,unsubscribed,2023-01-01 00:00:00,,,,2023-01-01,2023-03-01,Bo\n"
        "left.3@x.org,2,1,0,junk,2023-01-01 00:00:00,,,,2023-01-01,,Cy\n"
    ),
    "MailerLite by its API": (
        "id,email,status,source,sent,opens_count,subscribed_at,unsubscribed_at,created_at,"
        "opted_in_at,optin_ip,ip_address,name\n"
        "1,stays.1@x.org,active,api,0,0,2021-09-01 14:03:50,,2021-09-01 14:03:50,,,,Ana\n"
        "2,left.2@x.org,unsubscribed,api,0,0,2021-09-01 14:03:50,2022-09-01 14:03:50,,,,,Bo\n"
    ),
    "AWeber by its API": (
        "id,email,name,status,subscription_method,subscribed_at,unsubscribe_method,"
        "unsubscribed_at,verified_at,ad_tracking,ip_address,tags\n"
        "1,stays.1@x.org,Ana,subscribed,signup form,2023-01-01,,,2023-01-01,x,192.0.2.1,a\n"
        "2,left.2@x.org,Bo,unsubscribed,signup form,2023-01-01,link,2023-03-01,,x,,a\n"
        "3,asks.3@x.org,Cy,unconfirmed,signup form,2023-01-01,,,,x,192.0.2.1,a\n"
    ),
    "Campaign Monitor by its API": (
        "EmailAddress,Name,MobileNumber,ListJoinedDate,Date,State,ReadsEmailWith,ConsentToTrack,"
        "ConsentToSendSms\n"
        "stays.1@x.org,Ana,,2010-10-25 10:28:00,2010-10-25 10:28:00,Active,Gmail,Yes,No\n"
        "left.2@x.org,Bo,,2010-10-25 10:28:00,2011-10-25 10:28:00,Unsubscribed,,Yes,No\n"
        "left.3@x.org,Cy,,2010-10-25 10:28:00,2011-10-25 10:28:00,Bounced,,Yes,No\n"
        "asks.4@x.org,Di,,2010-10-25 10:28:00,2011-10-25 10:28:00,Unconfirmed,,Yes,No\n"
        "left.5@x.org,Ed,,2010-10-25 10:28:00,2011-10-25 10:28:00,Deleted,,Yes,No\n"
    ),
    "HubSpot's unsubscribes and bounces": (
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing "
        "Information\n"
        "left.1@x.org,,TRUE,FALSE,FALSE,FALSE\nleft.2@x.org,UNKNOWN_USER,FALSE,FALSE,FALSE,FALSE\n"
        "left.3@x.org,,FALSE,TRUE,FALSE,FALSE\nleft.4@x.org,,FALSE,FALSE,TRUE,FALSE\n"
        "asks.5@x.org,FALSE,FALSE,FALSE,FALSE,FALSE\n"
    ),
    "SendGrid's bounces": (
        "status,reason,email,created\n5.1.1,550 5.1.1 unknown,left.1@x.org,1688000000\n"
    ),
    "Shopify": (
        "First Name,Last Name,Email,Accepts Email Marketing,Phone,Tags,Total Spent\n"
        "Lina,Lund,stays.1@x.org,yes,,vip,1240.00\nMans,Malm,left.2@x.org,no,,,0\n"
    ),
    "rasa.io": (
        "ID,First Name,Last Name,Email,Subscribed,Unsubscribe Reason,Created,Updated,Source\n"
        "1,Ana,,stays.1@x.org,1,,2023-01-01,2023-01-01,UI\n"
        "2,Bo,,left.2@x.org,0,Dropped,2023-01-01,2023-01-01,UI\n"
    ),
    "Single and double opt-in": (
        "First Name,Subscriber Email,Opt-In Date,Source,Opt-In Status\n"
        "Ana,stays.1@x.org,2024-05-06,Surge,Double\nBo,stays.2@x.org,2024-05-06,Surge,Single\n"
    ),
    "other cases, accents and languages": (
        "E-MAIL;Statut\nstays.1@x.org;ABONNÉ\nleft.2@x.org;Désinscrit\nleft.3@x.org;désabonnée\n"
        "asks.4@x.org;EN ATTENTE\nleft.5@x.org;Abgemeldet\nleft.6@x.org;Dada de baja\n"
        "left.7@x.org;de-baja\nstays.8@x.org;bestätigt\n"
    ),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_who_left_there_is_not_mailed_here_and_nobody_is_lost(
    load: Load, people: People, content: str
) -> None:
    report = load(content)
    rows = content.count("@x.org")
    assert report.refused_count == content.count("odd.")
    found = people()
    assert len(found) == rows - report.refused_count
    for address, _, status in found:
        assert status in BECOMES[address.partition(".")[0]], address


@pytest.mark.parametrize(
    "name",
    ["suppression_unsubscribes.csv", "Bounces 2024.csv", "spam-reports.csv", "Opt-Outs.csv",
     "Abmeldungen.csv", "désinscrits.csv", "bajas.csv", "block_list.csv", "do-not-mail.csv"],
)  # fmt: skip
def test_a_file_of_those_who_left_by_its_name_alone_is_asked_about(
    load: Load, people: People, name: str
) -> None:
    """Tools write them into files of their own, without a column that says so."""
    with pytest.raises(UnclearColumnError, match=r"add a column status .*, or say which column"):
        load("email,created\nleft.1@x.org,2024-05-06\n", name)
    assert people() == []
    load("email,created\nleft.1@x.org,2024-05-06\n", name, "created=unsubscribed")
    assert [status for _, _, status in people()] == ["unsubscribed"]


def test_a_name_that_says_so_is_of_no_weight_beside_a_column_that_does(
    load: Load, people: People
) -> None:
    load("email,status\nstays.1@x.org,active\n", "all-without-unsubscribed.csv")
    assert [status for _, _, status in people()] == ["active"]


def test_a_status_that_is_not_of_the_list_does_not_outweigh_the_name(
    load: Load, people: People
) -> None:
    """Whoever left one list of listmonk stays `enabled` in the export of those who left it."""
    content = (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        "1a,left.1@x.org,Ana,{},enabled,2024-01-05 10:22:33.1 +0000 UTC,2024-06-05 10:22:33 +0000\n"
    )
    with pytest.raises(UnclearColumnError, match="--ignore status --map"):
        load(content, "listmonk-unsubscribed.csv")
    assert people() == []
    with pytest.raises(UnclearColumnError, match="--ignore status --map"):
        load(content, "listmonk-unsubscribed.csv", "updated_at=unsubscribed")
    load(content, "listmonk-unsubscribed.csv", "updated_at=unsubscribed", ignored=("status",))
    assert [status for _, _, status in people()] == ["unsubscribed"]


def test_a_reason_is_what_the_operator_says_it_is(load: Load, people: People) -> None:
    load(
        "email,grund\nleft.1@x.org,zu viel\nasks.2@x.org,\n", "list.csv", "grund=unsubscribe-reason"
    )
    load("email,code\nleft.3@x.org,Unknown user\n", "list.csv", "code=bounce-reason")
    assert [status for _, _, status in people()] == ["unsubscribed", "pending", "bounced"]
