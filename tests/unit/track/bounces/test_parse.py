"""What a letter says; and that what is none of our business says nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.events.tables import EventKind
from digest.track.bounces.parse import (
    MAX_MESSAGE_BYTES,
    Ignored,
    InboundReport,
    Meaning,
    UnsubscribeRequest,
    date_of,
    parse_inbound_message,
)
from digest.track.provider_events.delivery_event import OptOut
from subscribers.tokens import Purpose, Tokens
from tests.parts.inbound_messages import arf, dsn, plain, qmail

TOKENS = Tokens(["a secret of the tests that is long enough"])
TOKEN = TOKENS.make(Purpose.DELIVERY, 12, 3)


def report(raw: bytes) -> InboundReport:
    found = parse_inbound_message(raw)
    assert isinstance(found, InboundReport)
    return found


@pytest.mark.parametrize(
    ("status", "told", "bounce_type", "code"),
    [
        ("5.1.1", "smtp; 550 5.1.1 no such user", BounceType.HARD, "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 no such user", BounceType.HARD, "5.1.1"),
        ("5.7.1", "smtp; 550 5.7.1 refused by policy", BounceType.NONE, "5.7.1"),
        ("5.2.2", "smtp; 552 5.2.2 over quota", BounceType.NONE, "5.2.2"),
        ("5.3.4", "smtp; 552 5.3.4 too big", BounceType.NONE, "5.3.4"),
        ("4.4.7", "smtp; 451 4.4.7 expired", BounceType.SOFT, "4.4.7"),
        ("5.0.0", "smtp; 550 User unknown", BounceType.HARD, "5.0.0"),
        ("5.0.0", "smtp; 550 it did not work", BounceType.SOFT, "5.0.0"),
        ("", "", BounceType.SOFT, "bounce"),
    ],
)
def test_a_dsn_goes_by_the_policy(
    status: str, told: str, bounce_type: BounceType, code: str
) -> None:
    found = report(dsn(TOKEN, status, told=told))
    assert (found.kind, found.bounce_type, found.code) == (EventKind.BOUNCED, bounce_type, code)
    assert found.tokens[0] == TOKEN


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", EventKind.BOUNCED),
        ("FAILED (to deliver)", EventKind.BOUNCED),
        ("delayed", EventKind.DEFERRED),
        ("delivered", EventKind.DELIVERED),
        ("relayed", EventKind.PROCESSED),
        ("expanded", EventKind.PROCESSED),
    ],
)
def test_only_a_failure_is_a_bounce(action: str, kind: EventKind) -> None:
    found = report(dsn(TOKEN, "4.2.0", action))
    assert found.kind is kind
    if kind is not EventKind.BOUNCED:
        assert found.bounce_type is BounceType.NONE


def test_of_several_recipients_the_gravest_is_heard() -> None:
    also = "Final-Recipient: rfc822; b@example.org\nAction: delivered\nStatus: 2.0.0\n\n"
    assert report(dsn(TOKEN, more=also)).kind is EventKind.BOUNCED


def test_whose_it_is_stands_in_the_address_it_came_to_or_in_what_came_back() -> None:
    other = TOKENS.make(Purpose.DELIVERY, 13, 3)
    assert report(dsn(None, to=f"bounces+{TOKEN}@d.example")).tokens == (TOKEN,)
    assert report(dsn(TOKEN, headers_only=True)).tokens[0] == TOKEN
    assert report(dsn(other, to=f"Bounces <bounces+{TOKEN}@d.example>")).tokens == (TOKEN, other)


def test_what_is_kept_of_it_holds_no_address() -> None:
    assert "@" not in report(dsn(TOKEN)).note


def test_a_bounce_of_nobody_knows_what_means_nothing() -> None:
    assert parse_inbound_message(dsn(None)) == Ignored(Meaning.NOT_OURS)


@pytest.mark.parametrize(
    ("feedback", "kind", "opt_out"),
    [
        ("abuse", EventKind.COMPLAINED, OptOut.COMPLAIN),
        ("fraud", EventKind.COMPLAINED, OptOut.COMPLAIN),
        ("opt-out", EventKind.UNSUBSCRIBED, OptOut.UNSUBSCRIBE),
    ],
)
def test_a_feedback_report_is_the_readers_word(
    feedback: str, kind: EventKind, opt_out: OptOut
) -> None:
    found = report(arf(TOKEN, feedback))
    assert (found.kind, found.opt_out, found.tokens[0]) == (kind, opt_out, TOKEN)


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", "virus", "", "something new"])
def test_what_is_no_complaint_is_left_alone(feedback: str) -> None:
    assert parse_inbound_message(arf(TOKEN, feedback)) == Ignored(
        Meaning.NOT_UNDERSTOOD, "feedback@isp.example"
    )


@pytest.mark.parametrize(
    ("words", "bounce_type"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", BounceType.HARD),
        ("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", BounceType.SOFT),
        ("The user has no more room. (#5.2.2)", BounceType.NONE),
        ("It did not work out.", BounceType.SOFT),
    ],
)
def test_a_bounce_in_no_standard_form_is_judged_by_its_words(
    words: str, bounce_type: BounceType
) -> None:
    found = report(qmail(TOKEN, words))
    assert (found.kind, found.bounce_type) == (EventKind.BOUNCED, bounce_type)
    assert TOKEN in found.tokens


def test_a_bounce_in_no_standard_form_says_so_at_its_beginning() -> None:
    words = "Sorry, no mailbox here by that name. (#5.1.1)"
    bounce = qmail(TOKEN, words)
    assert report(bounce + b"\n" * MAX_MESSAGE_BYTES).bounce_type is BounceType.HARD
    head, _, body = bounce.partition(b"\n\n")
    late = parse_inbound_message(head + b"\n\n" + b"x \n" * MAX_MESSAGE_BYTES + body)
    assert isinstance(late, Ignored)


@pytest.mark.parametrize(
    "raw",
    [
        plain("Re: Verdicts", f"On holiday. <{TOKEN}@d.example>", Auto_Submitted="auto-replied"),
        plain("Out of office", In_Reply_To=f"<{TOKEN}@d.example>", X_Autoreply="yes"),
        plain("Re: Verdicts", "I liked it.", In_Reply_To=f"<{TOKEN}@d.example>"),
        plain("Please unsubscribe me"),
        plain("unsubscribe " + TOKEN[:-1]),
        plain("Lunch?"),
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=x\n\n--x\n--x--",
    ],
)
def test_holiday_notices_answers_and_strangers_mail_say_nothing(raw: bytes) -> None:
    assert isinstance(parse_inbound_message(raw), Ignored)


@pytest.mark.parametrize(
    "subject", [f"unsubscribe {TOKEN}", f"Re: UNSUBSCRIBE  {TOKEN}", f"Fwd: unsubscribe {TOKEN}."]
)
def test_a_reader_asks_to_leave(subject: str) -> None:
    assert parse_inbound_message(plain(subject)) == UnsubscribeRequest((TOKEN,))


def test_a_wish_that_a_mail_program_wrote_at_a_click_is_one() -> None:
    for mark in ("auto-generated", "auto-replied"):
        raw = plain(f"unsubscribe {TOKEN}", Auto_Submitted=mark)
        assert parse_inbound_message(raw) == UnsubscribeRequest((TOKEN,))


def test_the_date_is_the_letters_own_if_it_can_be_read() -> None:
    assert date_of(report(dsn(TOKEN))) == 1795417200.0
    for wrong in ("", "yesterday", "Mon, 99 Nov 2026 07:00:00 +0000", "1 Jan 99999 00:00:00 +0000"):
        assert date_of(InboundReport(EventKind.BOUNCED, (), wrong)) is None


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=400), st.integers(0, 2000), st.sampled_from([dsn, arf, qmail]))
def test_any_damage_to_a_letter_is_survived(noise: bytes, place: int, kind: object) -> None:
    raw = kind(TOKEN)  # type: ignore[operator]
    cut = min(place, len(raw))
    for damaged in (raw[:cut], raw[:cut] + noise + raw[cut:], raw[:cut] + noise):
        found = parse_inbound_message(damaged)
        assert isinstance(found, InboundReport | UnsubscribeRequest | Ignored)
