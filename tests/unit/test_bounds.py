"""Input is cut before anything matches or normalizes it: the bounds themselves, not the time."""

import json
import re
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import store.text
import subscribers.addresses
import subscribers.service
from digest.catalog.slugs import MAX_READ, slugify
from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.settings import MAX_SETTING, Settings
from digest.settings.validators import parse_sender
from digest.track.bounces import inbound_message
from digest.track.bounces.parse import InboundReport, parse_inbound_message
from digest.track.hits import bot_detection
from digest.track.provider_events import sendgrid, sendgrid_payload
from store.text import MAX_MARKS, limit_marks, normalize
from subscribers.addresses import AddressError, parse_address
from subscribers.service import clean_name
from subscribers.tokens import Purpose, Tokens
from tests.parts.inbound_messages import dsn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECRET = "a secret of the tests that is long enough"
ROOT = Path(__file__).resolve().parents[2]
MARKS = "\u0301\u0323\u05b0\u3099"
WORST = "a" + "\u0301\u0323" * 500_000


def runs(text: str) -> list[int]:
    """Lengths of the runs of combining marks."""
    signs = "".join("m" if unicodedata.combining(char) else "." for char in text)
    return [len(run) for run in re.findall("m+", signs)]


@given(st.text(alphabet=st.one_of(st.sampled_from(MARKS), st.characters()), max_size=300))
def test_no_run_of_marks_is_longer_than_the_bound_and_nothing_else_is_lost(text: str) -> None:
    limited = limit_marks(text)
    assert max(runs(limited), default=0) <= MAX_MARKS
    bases = [char for char in text if not unicodedata.combining(char)]
    assert [char for char in limited if not unicodedata.combining(char)] == bases
    if max(runs(text), default=0) <= MAX_MARKS:
        assert limited == text
        assert normalize("NFC", text) == unicodedata.normalize("NFC", text)


def test_whatever_is_normalized_is_limited_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = unicodedata.normalize

    def recording(form: str, text: str) -> str:
        seen.append(text)
        return real(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(store.text.unicodedata, "normalize", recording)
    with pytest.raises(AddressError):
        parse_address(WORST + "@example.org")
    with pytest.raises(AddressError):
        parse_address("e\u0301" * 400_000 + "@example.org")
    clean_name(WORST)
    slugify(WORST)
    normalize("NFC", WORST)
    assert seen
    assert max(max(runs(one), default=0) for one in seen) <= MAX_MARKS


def test_nothing_normalizes_past_the_one_function_that_limits() -> None:
    found = [
        str(path.relative_to(ROOT))
        for room in ("digest", "subscribers", "schedules", "store")
        for path in (ROOT / room).rglob("*.py")
        if "unicodedata.normalize(" in path.read_text(encoding="utf-8")
    ]
    assert found == ["store/text.py"]


@pytest.mark.parametrize("text", [WORST, " " * 1_000_000, "@" * 1_000_000, "a@" * 500_000])
def test_of_an_address_no_more_is_looked_at_than_an_address_can_have(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    seen: list[int] = []

    def recording(form: store.text.Form, text: str) -> str:
        seen.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(subscribers.addresses, "normalize", recording)
    with pytest.raises(AddressError) as refused:
        parse_address(text)
    assert max(seen, default=0) <= subscribers.addresses.MAX_READ
    assert len(str(refused.value)) < 200


def test_of_a_name_no_more_is_looked_at_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def recording(form: store.text.Form, text: str) -> str:
        seen.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(subscribers.service, "normalize", recording)
    assert clean_name("\u00e9" * 1_000_000) == "\u00e9" * 100
    assert max(seen) <= subscribers.service.MAX_NAME_READ


def test_a_slug_is_made_of_the_beginning_and_still_tells_long_names_apart() -> None:
    one, other = "x" * MAX_READ + "a", "x" * MAX_READ + "b"
    assert slugify(one) != slugify(other)
    assert len(slugify("\ufdfa" * 1_000_000)) <= 200


def test_of_a_user_agent_no_more_is_matched_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def recording(text: str) -> bool:
        seen.append(len(text))
        return False

    monkeypatch.setattr(bot_detection, "_names_bot", recording)
    bot_detection.is_bot_user_agent("a" * 1_000_000)
    assert seen == [bot_detection.MAX_USER_AGENT_LENGTH]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_of_any_length_is_refused_before_it_is_matched(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{MAX_SETTING + 1} characters"):
        Settings(_env_file=None, **{name: " " * MAX_SETTING + "x"})


@pytest.mark.parametrize("text", [" " * 2_000, "<" * 2_000, "a <" * 600, "a <" + "@" * 1_900 + ">"])
def test_a_sender_of_the_worst_kind_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should look like"):
        parse_sender(text)


@pytest.mark.parametrize(
    "piece", [b"--b\nContent-Type: multipart/mixed; boundary=b\n\n", b"\r", b"\n"]
)
def test_of_an_inbound_message_no_more_lines_are_parsed_than_the_bound(
    monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    seen: list[int] = []

    def recording(raw: bytes, **more: Any) -> Message:
        seen.append(len(raw.splitlines()))
        return message_from_bytes(raw, **more)

    monkeypatch.setattr("digest.track.bounces.inbound_message.message_from_bytes", recording)
    inbound_message.read_message(b"Subject: x\n\n" + piece * (1_000_000 // len(piece)))
    assert seen
    assert max(seen) <= inbound_message.MAX_LINES + 1, "a repaired message has one header more"


HEADER = "Content-Type: text/plain"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "more",
    [
        HEADER + ";a=b" * 200_000,
        HEADER + "".join(f";charset*{one}=a" for one in range(50_000)),
        HEADER + "".join(f";\n charset*{one}=a" for one in range(5_000)),
        'Content-Type: multipart/mixed; boundary="' + "a" * 500_000 + '"',
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3_000)),
        "Content-Type: message/partial; id=x\n\n" * 5_000,
        "Content-Disposition: x" + ";a=b" * 200_000,
    ],
    ids=["parameters", "pieces", "folded", "a boundary", "nested", "messages", "a disposition"],
)
def test_of_an_inbound_messages_structure_no_more_is_parsed_than_the_bound(
    monkeypatch: pytest.MonkeyPatch, more: str, end: str
) -> None:
    seen: list[Message] = []

    def recording(raw: bytes, **options: Any) -> Message:
        seen.append(message_from_bytes(raw, **options))
        return seen[-1]

    monkeypatch.setattr("digest.track.bounces.inbound_message.message_from_bytes", recording)
    inbound_message.read_message(f"Subject: x\n{more}\n\nx".replace("\n", end).encode())
    parts = [part for message in seen for part in message.walk()]
    assert len(parts) <= 2 * (inbound_message.MAX_PARTS + 1), "it may be repaired once"
    lengths = [len(value) for part in parts for name, value in part.items() if name != "Subject"]
    assert max(lengths) <= inbound_message.MAX_CONTENT_HEADER + 80


def test_a_report_above_an_original_of_many_lines_is_read() -> None:
    token = Tokens([SECRET]).make(Purpose.DELIVERY, 12, 3)
    found = parse_inbound_message(dsn(token).replace(b"Words.\n", b"line\n" * 100_000))
    assert isinstance(found, InboundReport)
    assert found.bounce_type is BounceType.HARD


def test_of_an_events_text_no_more_is_matched_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def recording(text: str) -> str:
        seen.append(len(text))
        return text

    monkeypatch.setattr(sendgrid, "redact", recording)
    one = {"event": "bounce", "email": "a@b.example", "timestamp": 1, "sg_event_id": "x"}
    body = json.dumps([{**one, "reason": "a@" * 500_000, "status": "a@" * 500_000}]).encode()
    sendgrid.parse_webhook(body, Tokens([SECRET]), NOW)
    assert seen
    assert max(seen) <= sendgrid.MAX_REASON_LENGTH


@pytest.mark.parametrize("one", ["1", "{}", '{"event":"open","timestamp":1}'])
def test_of_a_post_with_more_events_than_the_bound_none_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, one: str
) -> None:
    monkeypatch.setattr(sendgrid_payload, "MAX_EVENTS", 100)
    tokens = Tokens([SECRET])
    assert len(sendgrid.parse_webhook(f"[{','.join([one] * 100)}]".encode(), tokens, NOW)) == 100
    monkeypatch.setattr(sendgrid_payload, "_salvaged", None)
    with pytest.raises(
        sendgrid_payload.WebhookPayloadError, match="found 101 events, expected 100 at"
    ):
        sendgrid.parse_webhook(f"[{','.join([one] * 101)}]".encode(), tokens, NOW)
