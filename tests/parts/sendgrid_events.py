"""What SendGrid would post: signed bodies and single events, by a key of the tests' own."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_numbers = count()


class Hook:
    """One webhook: its key pair, and posts made with it."""

    def __init__(self) -> None:
        self._private = generate_private_key(SECP256R1())
        public = self._private.public_key()
        self.key = base64.b64encode(
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode()

    def sign(self, body: bytes, at: datetime) -> dict[str, str]:
        """The two headers."""
        stamp = str(int(at.timestamp()))
        signature = self._private.sign(stamp.encode() + body, ECDSA(SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp}


def body_of(events: Sequence[Any]) -> bytes:
    """As SendGrid spells it: an event a line."""
    return ("[" + ",\r\n".join(json.dumps(one) for one in events) + "]\r\n").encode()


def event(name: str, token: str | None, at: datetime, **more: Any) -> dict[str, Any]:
    """One event with the fields that they all have; its id is new."""
    number = next(_numbers)
    told: dict[str, Any] = {
        "email": "reader@example.org",
        "timestamp": int(at.timestamp()),
        "smtp-id": f"<{token}@d.example>",
        "event": name,
        "category": ["digest", "issue-1"],
        "sg_event_id": f"ZXZlbnQ-{number}",
        "sg_message_id": f"message-{number}.filter0001.16648.5515E0B88-0",
    }
    return told | ({"delivery": token} if token else {}) | more
