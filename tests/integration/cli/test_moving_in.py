"""Moving in with eight tools' files at once: nobody is mailed who left, and nobody is lost.

The files are written by hand with the columns that the tools' documents name. What an address
begins with says what becomes of it: stays, asks (is to confirm first), left, odd (is refused).
"""

import csv
import email
import json
import re
from pathlib import Path

import pytest

from digest.samples import comparisons
from tests.integration.cli.conftest import Run

FILES = {
    "subscribed_segment_export_8f2.csv": (
        '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
        "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,"
        "TAGS\n"
        'stays.m1@example.org,"Zoë, the first",Ito,2,"2023-01-02 10:11:12",192.0.2.1,'
        '"2023-01-02 10:12:00",192.0.2.1,,,,,,,,"2024-01-01 00:00:00",1,a1,"said ""hi""",'
        '"""ai"",""news"""\n'
        'stays.m2@example.org,,,4,"0000-00-00 00:00:00",,"2023-05-06 00:00:00",,,,,,,,,'
        '"2024-01-01 00:00:00",2,a2,,\n'
        'odd.m3 at example.org,"Bo",,2,,,,,,,,,,,,,3,a3,,\n'
    ),
    "unsubscribed_segment_export_8f2.csv": (
        '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,'
        "UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID\n"
        'left.m4@example.org,Cy,2,"2023-01-02 10:11:12",,"2023-06-01 08:00:00",May,77,'
        "NO_LONGER_INTERESTED,,4,a4\n"
        'left.m5@example.org,Di,2,"2023-01-02 10:11:12",,"2023-06-01 08:00:00",May,77,SPAM,,5,a5\n'
    ),
    "cleaned_segment_export_8f2.csv": (
        '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,'
        "CLEAN_CAMPAIGN_ID,LEID,EUID\n"
        'left.m6@example.org,Ed,2,"2023-01-02 10:11:12","2023-06-01 08:00:00",May,77,6,a6\n'
    ),
    "nonsubscribed_segment_export_8f2.csv": (
        '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\n'
        "odd.m7@example.org,Flo,2,,,7,a7\n"
    ),
    "members.csv": (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
        "deleted_at,labels,products\n"
        '64a,stays.g1@example.org,"Ana ""A"" Lu","line one\nline two",true,false,,'
        '2023-01-15T10:00:00.000Z,,"ai,news",\n'
        "64b,left.g2@example.org,Bo,,false,false,cus_1,2023-01-15T10:00:00.000Z,,,Gold\n"
        "64c,left.g3@example.org,Cy,,true,false,,2023-01-15T10:00:00.000Z,"
        "2023-03-01T10:00:00.000Z,,\n"
        '64d,stays.g4@example.org,"=cmd|calc",,true,true,,2023-01-15T10:00:00.000Z,,,\n'
    ),
    "email_list.example.csv": (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "stays.s1@example.org,false,,other,false,2023-02-03T04:05:06.000Z,\n"
        "stays.s2@example.org,true,2027-01-01T00:00:00Z,yearly,false,2023-02-03T04:05:06.000Z,"
        "2023-02-04T00:00:00Z\n"
        "left.s3@example.org,true,2027-01-01T00:00:00Z,yearly,true,2023-02-03T04:05:06.000Z,\n"
    ),
    "kit-export.csv": (
        "id,first_name,email_address,state,created_at,canceled_at,tags\n"
        "1,Ana,stays.k1@example.org,active,2023-02-03T04:05:06Z,,ai\n"
        "2,,asks.k2@example.org,inactive,2023-02-03T04:05:06Z,,\n"
        "3,Cy,left.k3@example.org,cancelled,2023-02-03T04:05:06Z,2023-03-01T00:00:00Z,\n"
        "4,Di,left.k4@example.org,bounced,2023-02-03T04:05:06Z,,\n"
        "5,Ed,left.k5@example.org,complained,2023-02-03T04:05:06Z,,\n"
        "6,Flo,odd.k6@example.org,resting,2023-02-03T04:05:06Z,,\n"
    ),
    "subscribers.csv": (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '6f,stays.l1@example.org,Ana,"{""city"": ""Köln, Deutz""}",enabled,'
        "2023-02-03 04:05:06.123456 +0000 UTC,2023-02-03 04:05:06.123456 +0000 UTC\n"
        "70,left.l2@example.org,Bo,{},blocklisted,2023-02-03 04:05:06.1 +0530 IST,"
        "2023-02-03 04:05:06.1 +0530 IST\n"
        "71,left.l3@example.org,Cy,{},disabled,2023-02-03 04:05:06.1 +0000 UTC,"
        "2023-02-03 04:05:06.1 +0000 UTC\n"
    ),
    "brevo.csv": (
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;OPT_IN;"
        "ADDED_TIME;MODIFIED_TIME\n"
        "1;stays.b1@example.org;Ana;Lu;;No;No;Yes;13-02-2023;14-02-2023\n"
        "2;left.b2@example.org;Bo;;;Yes;No;Yes;13-02-2023;14-02-2023\n"
        "3;left.b3@example.org;Cy;;;No;No;No;13-02-2023;14-02-2023\n"
    ),
    "beehiiv.csv": (
        "Email,Status,Created At,Subscription Tier,Acquisition Source,UTM Source,Referral Code,"
        "Unsubscribed At\n"
        "stays.h1@example.org,active,2023-02-03 04:05:06,free,website,,x1,\n"
        "left.h2@example.org,inactive,2023-02-03 04:05:06,free,website,,x2,2023-05-01 00:00:00\n"
        "asks.h3@example.org,pending,2023-02-03 04:05:06,free,website,,x3,\n"
        "asks.h4@example.org,validating,2023-02-03 04:05:06,free,website,,x4,\n"
        "left.h5@example.org,invalid,2023-02-03 04:05:06,free,website,,x5,\n"
    ),
    "buttondown.csv": (
        "email,subscriber_type,creation_date,ip_address,source,unsubscription_date,"
        "unsubscription_reason,undeliverability_date,tags,notes,metadata\n"
        "stays.d1@example.org,regular,2023-02-03T04:05:06Z,192.0.2.9,embedded_form,,,,,,\n"
        "stays.d2@example.org,premium,2023-02-03T04:05:06Z,,,2022-01-01T00:00:00Z,,,,back again,\n"
        "asks.d3@example.org,unactivated,2023-02-03T04:05:06Z,,,,,,,,\n"
        "left.d4@example.org,unsubscribed,2023-02-03T04:05:06Z,,,2023-05-01T00:00:00Z,busy,,,,\n"
        "left.d5@example.org,undeliverable,2023-02-03T04:05:06Z,,,,,2023-05-01T00:00:00Z,,,\n"
        "odd.d6@example.org,spammy,2023-02-03T04:05:06Z,,,,,,,,\n"
    ),
}
ADDRESS = re.compile(r"(?:stays|asks|left|odd)\.\w+(?:@| at )example\.org")
TOLD = {
    "members.csv": "Ghost",
    "email_list.example.csv": "Substack",
    "kit-export.csv": "Kit",
    "subscribers.csv": "listmonk",
    "brevo.csv": "Brevo",
    "beehiiv.csv": "beehiiv",
    "buttondown.csv": "Buttondown",
}


@pytest.fixture
def moved(run: Run, home: Path) -> None:
    """The files of all tools, imported one after the other."""
    for name, content in FILES.items():
        (home / name).write_text(content, encoding="utf-8", newline="")
        got = run("subscribers", "import", name)
        assert got.status == ("odd." in content), (name, got)
        assert f"read as an export of {TOLD.get(name, 'Mailchimp')}, " in got.err


def statuses(run: Run, every: set[str]) -> dict[str, str]:
    found = {}
    for address in every:
        got = run("subscribers", "show", address, "--json")
        found[address] = json.loads(got.out)["status"] if got.status == 0 else ""
    return found


def mailed(home: Path) -> list[str]:
    return sorted(
        str(email.message_from_bytes(path.read_bytes())["To"])
        for path in (home / "var/outbox/new").glob("*.eml")
    )


def draft_and_send(run: Run, number: int) -> None:
    assert run("issue", "draft").status == 0
    for step in ("approve", "send"):
        got = run("issue", step, str(number))
        assert got.status == 0, got


@pytest.mark.usefixtures("moved")
def test_nobody_is_mailed_who_left_and_nobody_is_lost(run: Run, home: Path) -> None:
    every = {found for content in FILES.values() for found in ADDRESS.findall(content)}
    refused: set[str] = set()
    for path in home.glob("*.refused.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            refused |= {
                found for row in csv.reader(file) for found in ADDRESS.findall(" ".join(row))
            }
    assert refused == {one for one in every if one.startswith("odd.")}
    for address, status in statuses(run, every - refused).items():
        kind = address.partition(".")[0]
        expected = {"stays": {"active"}, "asks": {"pending"}}
        assert status in expected.get(kind, {"unsubscribed", "bounced", "complained"}), address
    assert run("comparisons", "import", str(comparisons())).status == 0
    draft_and_send(run, 1)
    staying = sorted(one for one in every if one.startswith("stays."))
    assert [re.sub(r".*<|>", "", one) for one in mailed(home)] == staying
    greeted = "".join(mailed(home))
    assert "=cmd" not in greeted


@pytest.mark.usefixtures("moved")
def test_a_second_import_changes_nothing_and_undo_takes_back_its_own_alone(
    run: Run, home: Path
) -> None:
    every = {found for content in FILES.values() for found in ADDRESS.findall(content)}
    before = statuses(run, every)
    for name in FILES:
        assert re.match(r"0 added, ", run("subscribers", "import", name).out), name
    assert statuses(run, every) == before
    (home / "wrong.csv").write_text("email\nstays.m1@example.org\nnew@example.org\n")
    said = run("subscribers", "import", "wrong.csv", "--status", "active")
    number = re.search(r"--undo (\d+)", said.err)
    assert number, said
    assert run("subscribers", "import", "--undo", number[1]).status == 0
    assert run("subscribers", "show", "new@example.org").status == 1
    assert statuses(run, every) == before


@pytest.mark.usefixtures("moved")
def test_who_is_to_confirm_is_asked_and_nobody_else(run: Run) -> None:
    got = run("subscribers", "confirm", "--rate", "1000")
    assert got.status == 0, got
    many = sum(
        found.startswith("asks.")
        for content in FILES.values()
        for found in ADDRESS.findall(content)
    )
    assert f"{many} " in got.out + got.err, got


def test_who_left_one_list_of_listmonk_is_taken_off_with_two_options(run: Run, home: Path) -> None:
    """Its status is the person's: who left a list alone is still `enabled` in an export."""
    (home / "subscribers.csv").write_text(FILES["subscribers.csv"], encoding="utf-8")
    assert run("subscribers", "import", "subscribers.csv").status == 0
    head, first = FILES["subscribers.csv"].splitlines()[:2]
    (home / "left.csv").write_text(f"{head}\n{first}\n", encoding="utf-8")
    got = run(
        "subscribers",
        "import",
        "left.csv",
        "--ignore",
        "status",
        "--map",
        "updated_at=unsubscribed",
    )
    assert got.status == 0, got
    assert statuses(run, {"stays.l1@example.org"}) == {"stays.l1@example.org": "unsubscribed"}
