"""Whether a post is SendGrid's, and fresh.

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
OLDEST = timedelta(hours=25)
"""A post is tried for 24 hours, and no page says that it is signed anew each time. What is
repeated within that time does nothing: every event is stored once."""
NEWEST = timedelta(minutes=5)
"""How far clocks may differ."""
_EXPECTED = "should look like MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE..., as SendGrid shows it"
_LONGEST_TIMESTAMP = 12
_LONGEST_SIGNATURE = 200


class SignatureError(DigestError):
    """The post is not to be believed; the message is one line why."""


class SignatureVerifier:
    """Checks posts against keys; any of them will do, so that one can be replaced."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError for what is not such a key."""
        self._keys = [_read(key) for key in keys]

    def verify(self, signature: str, timestamp: str, body: bytes, now: datetime) -> None:
        """Raises SignatureError unless `body` was signed, and lately. Arguments are headers."""
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
    if age > OLDEST.total_seconds():
        raise SignatureError(f"the post is stale: signed {timedelta(seconds=int(age))} ago")
    if age < -NEWEST.total_seconds():
        raise SignatureError("the post was signed in the future; is this machine's clock right?")


def _read(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(_EXPECTED) from None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError(_EXPECTED)
