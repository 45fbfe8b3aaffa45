"""Only what SendGrid signed, and lately, is believed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP384R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from sendgrid import EventWebhook

from digest.track.provider_events.sendgrid_signature import SignatureError, SignatureVerifier
from tests.parts.sendgrid_events import SIGNATURE, TIMESTAMP, Hook

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BODY = b'[{"event":"delivered"}]\r\n'
HOOK = Hook()
HEADERS = HOOK.sign(BODY, NOW)


def spell(key: EllipticCurvePublicKey | RSAPublicKey) -> str:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def check(headers: dict[str, str], body: bytes = BODY, now: datetime = NOW) -> None:
    SignatureVerifier([HOOK.key]).verify(headers[SIGNATURE], headers[TIMESTAMP], body, now)


def test_what_the_key_signed_is_believed_and_sendgrids_own_library_agrees() -> None:
    check(HEADERS)
    theirs = EventWebhook(HOOK.key)
    assert theirs.verify_signature(BODY.decode(), HEADERS[SIGNATURE], HEADERS[TIMESTAMP])


def test_any_of_several_keys_will_do() -> None:
    SignatureVerifier([Hook().key, HOOK.key]).verify(
        HEADERS[SIGNATURE], HEADERS[TIMESTAMP], BODY, NOW
    )


def test_another_key_another_body_or_another_time_is_refused() -> None:
    for headers, body in (
        (Hook().sign(BODY, NOW), BODY),
        (HEADERS, BODY + b" "),
        (HEADERS | {TIMESTAMP: str(int(HEADERS[TIMESTAMP]) + 1)}, BODY),
    ):
        with pytest.raises(SignatureError, match="does not fit"):
            check(headers, body)


def test_the_line_between_time_and_body_can_not_be_moved_to_any_use() -> None:
    """Nothing parts them in what is signed; but the earlier time is stale."""
    stamp = HEADERS[TIMESTAMP]
    with pytest.raises(SignatureError, match="stale"):
        check(HEADERS | {TIMESTAMP: stamp[:-1]}, stamp[-1].encode() + BODY)


@pytest.mark.parametrize("missing", [SIGNATURE, TIMESTAMP])
def test_no_signature_is_not_one(missing: str) -> None:
    with pytest.raises(SignatureError, match="no signature"):
        check(HEADERS | {missing: ""})


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(SignatureError, match="DIGEST_SENDGRID_WEBHOOK_KEY is not set"):
        SignatureVerifier([]).verify(HEADERS[SIGNATURE], HEADERS[TIMESTAMP], BODY, NOW)


def test_a_post_is_fresh_for_as_long_as_it_is_tried_again() -> None:
    check(HEADERS, now=NOW + timedelta(hours=24, minutes=30))
    check(HEADERS, now=NOW - timedelta(minutes=4))
    with pytest.raises(SignatureError, match="stale"):
        check(HEADERS, now=NOW + timedelta(hours=25, minutes=1))
    with pytest.raises(SignatureError, match="future"):
        check(HEADERS, now=NOW - timedelta(minutes=6))


@given(st.text(max_size=120), st.text(max_size=20))
def test_whatever_stands_in_the_headers_is_refused_in_one_line(sign: str, stamp: str) -> None:
    with pytest.raises(SignatureError) as refused:
        SignatureVerifier([HOOK.key]).verify(sign, stamp, BODY, NOW)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not base64!",
        "AAAA",
        HOOK.key[:-8],
        spell(generate_private_key(SECP384R1()).public_key()),
        spell(rsa.generate_private_key(65537, 2048).public_key()),
    ],
)
def test_what_is_no_such_key_is_named_at_start(key: str) -> None:
    with pytest.raises(ValueError, match="should look like MFk"):
        SignatureVerifier([key])
