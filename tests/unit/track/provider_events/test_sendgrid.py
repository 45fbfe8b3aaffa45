"""What SendGrid posts, in our words; what can't be read is refused whole."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.events.tables import EventKind
from digest.track.provider_events.delivery_event import DeliveryEvent, OptOut
from digest.track.provider_events.sendgrid import KINDS, parse_webhook
from digest.track.provider_events.sendgrid_payload import WebhookPayloadError
from subscribers.tokens import Purpose, TokenClaims, Tokens
from tests.parts.sendgrid_events import body_of, event

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TOKENS = Tokens(["a secret of the tests that is long enough"])
TOKEN = TOKENS.make(Purpose.DELIVERY, 12, 3)


def read(name: str, **more: Any) -> DeliveryEvent:
    return parse_webhook(body_of([event(name, TOKEN, NOW, **more)]), TOKENS)[0]


@pytest.mark.parametrize("name", KINDS)
def test_every_documented_type_has_a_kind_and_its_delivery(name: str) -> None:
    report = read(name)
    assert report.kind is KINDS[name]
    assert report.kind is not EventKind.UNKNOWN
    assert (report.claims, report.at) == (TokenClaims(12, 3), NOW)


def test_what_is_not_known_yet_is_kept_and_means_nothing() -> None:
    report = read("telepathy", reason="felt")
    assert (report.kind, report.bounce_type, report.opt_out) == (
        EventKind.UNKNOWN,
        BounceType.NONE,
        None,
    )
    assert json.loads(report.detail) == {"event": "telepathy", "reason": "felt"}


@pytest.mark.parametrize(
    ("told", "bounce_type", "code"),
    [
        ({"type": "bounce", "status": "5.1.1"}, BounceType.HARD, "5.1.1"),
        ({"type": "bounce", "status": "5.2.2"}, BounceType.NONE, "5.2.2"),
        ({"type": "bounce", "status": "5.7.1"}, BounceType.NONE, "5.7.1"),
        ({"type": "bounce", "reason": "552 5.3.4 too big"}, BounceType.NONE, "5.3.4"),
        ({"type": "bounce", "status": "5.0.0"}, BounceType.HARD, "5.0.0"),
        ({"type": "bounce"}, BounceType.HARD, "bounce"),
        (
            {"type": "bounce", "bounce_classification": "Reputation"},
            BounceType.NONE,
            "bounce",
        ),
        ({"type": "blocked", "status": "5.1.1"}, BounceType.SOFT, "5.1.1"),
        ({"type": "blocked", "status": "4.4.1"}, BounceType.SOFT, "4.4.1"),
        ({"type": "blocked", "status": "5.7.1"}, BounceType.NONE, "5.7.1"),
        ({"type": "blocked"}, BounceType.SOFT, "blocked"),
        ({"type": 7, "status": [], "reason": None}, BounceType.HARD, "bounce"),
        (
            {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 too many this hour"},
            BounceType.NONE,
            "5.1.1",
        ),
        (
            {"type": "bounce", "status": "5.5.0", "reason": "550 5.5.0 mailbox unavailable"},
            BounceType.HARD,
            "5.5.0",
        ),
        ({"type": "bounce", "reason": "550 5.7.1 <x@d.example> no"}, BounceType.NONE, "5.7.1"),
        ({"type": "bounce", "reason": "it came back"}, BounceType.SOFT, "bounce"),
        (
            {"type": "bounce", "bounce_classification": "Frequency or Volume", "status": "5.1.1"},
            BounceType.NONE,
            "5.1.1",
        ),
    ],
)
def test_a_bounce_goes_by_the_policy_and_blocked_is_never_hard(
    told: dict[str, Any], bounce_type: BounceType, code: str
) -> None:
    report = read("bounce", **told)
    assert (report.bounce_type, report.code) == (bounce_type, code)


@pytest.mark.parametrize(
    ("reason", "bounce_type", "opt_out"),
    [
        ("Bounced Address", BounceType.HARD, None),
        ("Invalid", BounceType.HARD, None),
        ("Unsubscribed Address", BounceType.NONE, OptOut.UNSUBSCRIBE),
        ("Spam Reporting Address", BounceType.NONE, OptOut.COMPLAIN),
        ("Spam Content", BounceType.NONE, None),
        ("Recipient List over Package Quota", BounceType.NONE, None),
    ],
)
def test_what_was_dropped_tells_what_sendgrid_knows(
    reason: str, bounce_type: BounceType, opt_out: OptOut | None
) -> None:
    report = read("dropped", reason=reason)
    assert (report.kind, report.bounce_type, report.opt_out) == (
        EventKind.DROPPED,
        bounce_type,
        opt_out,
    )


def test_a_machine_is_labelled_and_nobody_is_taken_for_a_person() -> None:
    assert read("open", sg_machine_open=True).machine is True
    for unclear in (False, None, "true", 1):
        assert read("open", sg_machine_open=unclear).machine is None
    assert read("click").machine is None


def test_what_is_kept_names_nobody() -> None:
    report = read("bounce", reason="550 5.1.1 <ana@example.org> unknown", ip="192.0.2.7")
    kept = repr(report)
    assert "ana@" not in kept
    assert "192.0.2.7" not in kept
    assert "reader@" not in kept


def test_other_mail_of_the_account_is_nobodys() -> None:
    for stranger in (None, 7, "order-66", ["x"], TOKENS.make(Purpose.CLICK, 12, 3)):
        assert read("delivered", delivery=stranger).claims is None


def test_an_event_is_told_by_what_it_says_whatever_its_id() -> None:
    told = event("delivered", TOKEN, NOW)
    renamed, nameless = told | {"sg_event_id": "another"}, dict(told)
    del nameless["sg_event_id"]
    first, again, third = parse_webhook(body_of([told, renamed, nameless]), TOKENS)
    assert first.key == third.key
    other = parse_webhook(body_of([told | {"timestamp": told["timestamp"] + 1}]), TOKENS)[0]
    assert first.key == again.key != other.key


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{}",
        b"[",
        b"\xff\xfe[]",
        b"[" * 100_000,
    ],
)
def test_garbage_is_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(WebhookPayloadError, match="not a list of events") as refused:
        parse_webhook(body, TOKENS)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        ("1", EventKind.UNKNOWN),
        ('{"event":"delivered"}', EventKind.DELIVERED),
        ('{"event":1,"timestamp":1,"sg_event_id":"a"}', EventKind.UNKNOWN),
        ('{"event":"open","timestamp":"1","sg_event_id":"a"}', EventKind.OPENED),
        ('{"event":"open","timestamp":true,"sg_event_id":"a"}', EventKind.OPENED),
        ('{"event":"open","timestamp":1.5,"sg_event_id":"a"}', EventKind.OPENED),
        ('{"event":"open","timestamp":-1,"sg_event_id":"a"}', EventKind.OPENED),
        ('{"event":"open","timestamp":1e400}', EventKind.OPENED),
        ('{"event":"open","timestamp":99999999999999,"sg_event_id":"a"}', EventKind.OPENED),
        ('{"event":"open","timestamp":1,"sg_event_id":["a"]}', EventKind.OPENED),
        ('{"event":"open","timestamp":1,"sg_event_id":null}', EventKind.OPENED),
        ('{"event":"open","timestamp":1,"sg_event_id":""}', EventKind.OPENED),
    ],
)
def test_an_odd_event_is_kept_as_far_as_it_can_be_read_beside_the_others(
    odd: str, kind: EventKind
) -> None:
    good = json.dumps(event("spamreport", TOKEN, NOW))
    found, complaint = parse_webhook(f"[{odd},{good}]".encode(), TOKENS, NOW)
    assert found.kind is kind
    assert found.at in (NOW, datetime.fromtimestamp(1, UTC))
    assert (complaint.kind, complaint.opt_out) == (EventKind.COMPLAINED, OptOut.COMPLAIN)
    assert complaint.claims is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["event", "timestamp", "sg_event_id", "delivery", "type", "reason", "x"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(JSON, max_size=4) | JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        reports = parse_webhook(json.dumps(value).encode(), TOKENS)
    except WebhookPayloadError:
        return
    assert len(reports) == len(value)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {"reason": JSON, "type": JSON, "status": JSON, "delivery": JSON, "response": JSON}
    ),
    st.sampled_from([*KINDS, "something new"]),
)
def test_whatever_the_lesser_fields_hold_the_event_is_kept(told: dict[str, Any], name: str) -> None:
    report = parse_webhook(body_of([event(name, None, NOW) | told]), TOKENS)[0]
    assert report.kind is KINDS.get(name, EventKind.UNKNOWN)
    assert json.loads(report.detail)["event"] == name if report.detail != "{}" else True
    assert "\0" not in report.detail + report.note


def test_an_event_of_no_readable_kind_does_not_have_the_whole_post_refused() -> None:
    body = b'[{"event": "\\ud800", "email": "a@b.example", "timestamp": 1}]'
    assert len(parse_webhook(body, TOKENS, NOW)) == 1
