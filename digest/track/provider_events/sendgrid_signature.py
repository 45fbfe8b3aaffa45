"""Verifies that a webhook post is SendGrid's, and recent.

ECDSA over P-256 with SHA-256, of the timestamp header followed by the raw body; the key is
SubjectPublicKeyInfo in base64, as SendGrid shows it
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from store.errors import DigestError

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
MAX_AGE = timedelta(hours=25)
"""SendGrid retries a post for 24 hours, and may not sign it anew each time. A replay within that
time has no effect, since every event is stored once."""
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far the two clocks may differ."""
_EXPECTED = "should look like MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE..., as SendGrid shows it"
_LONGEST_TIMESTAMP = 12
_LONGEST_SIGNATURE = 200


class SignatureError(DigestError):
    """The post is not to be trusted; the message is one line why."""

    http_status = 403


class SignatureVerifier:
    """Verifies posts with public keys; any of them will do, so that a key can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as SendGrid shows them. Raises ValueError for anything else."""
        self._keys = [_read(key) for key in keys]

    def verify(self, signature: str, timestamp: str, body: bytes, now: datetime) -> None:
        """Raises SignatureError unless `body` was signed, and recently.

        `signature` and `timestamp` are the headers' values.
        """
        if not self._keys:
            raise SignatureError("DIGEST_SENDGRID_WEBHOOK_KEY is not set: no post can be believed")
        if not signature or not timestamp:
            raise SignatureError("the post has no signature; switch Signed Event Webhook on")
        self._verify(signature, timestamp.encode("latin-1", "replace") + body)
        _check_age(timestamp, now)

    def _verify(self, signature: str, signed: bytes) -> None:
        try:
            raw = base64.b64decode(signature[:_LONGEST_SIGNATURE].encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise SignatureError("the signature is not base64") from None
        for key in self._keys:
            try:
                key.verify(raw, signed, ECDSA(SHA256()))
            except InvalidSignature:
                continue
            return
        raise SignatureError("the signature does not fit the post; is it another webhook's key?")


def _check_age(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        raise SignatureError("the signature's timestamp is not a number of seconds")
    age = now.timestamp() - int(timestamp)
    if age > MAX_AGE.total_seconds():
        raise SignatureError(f"the post is stale: signed {timedelta(seconds=int(age))} ago")
    if age < -MAX_CLOCK_SKEW.total_seconds():
        raise SignatureError("the post was signed in the future; is this machine's clock right?")


def _read(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(_EXPECTED) from None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError(_EXPECTED)
