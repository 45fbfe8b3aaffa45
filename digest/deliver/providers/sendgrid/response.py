"""What SendGrid answered, and what it means for the deliveries of a request.

There is no answer per recipient and no idempotency key. A request is accepted whole (202) or
refused whole; where neither is certain its deliveries are unknown, and only events can tell.
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.wire_address import redact
from digest.message.personalization import Personalization

ACCEPTED = 202
BAD_REQUEST = 400
TOO_LARGE = 413
TOO_MANY = 429
UNAVAILABLE = 503
REFUSED_FOR_NOW = frozenset({408, 500, UNAVAILABLE})
"""SendGrid's own words that it did not take the request; 502 and 504 are a gateway's."""
LONGEST_WAIT = 3_600.0
"""Seconds: its windows last a minute, so a later reset is a garbled one."""
LONGEST_DETAIL = 400

_FIELD = re.compile(r"personalizations\.(\d+)(?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One of `errors`. `position` is the personalization it is about, where it is about one."""

    message: str
    field: str | None

    @property
    def position(self) -> int | None:
        found = _FIELD.match(self.field or "")
        return int(found[1]) if found else None

    @property
    def about_address(self) -> bool:
        found = _FIELD.match(self.field or "")
        return found is not None and found[2] == "to"

    def __str__(self) -> str:
        return f"{self.message} ({self.field})" if self.field else self.message


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are looked up whatever their case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        wanted = name.lower()
        found = (value for key, value in self.headers.items() if key.lower() == wanted)
        return next(found, "").strip()

    @property
    def faults(self) -> list[Fault]:
        """Those of a garbled body are none."""
        try:
            errors = json.loads(self.body)["errors"]
            return [Fault(str(error["message"]), error.get("field") or None) for error in errors]
        except (ValueError, LookupError, TypeError, AttributeError):
            return []

    @property
    def detail(self) -> str:
        words = "; ".join(map(str, self.faults)) or f"HTTP {self.status} without a reason"
        return redact(words)[:LONGEST_DETAIL]

    def wait(self, now: datetime) -> float | None:
        """Seconds until X-RateLimit-Reset (which is in epoch seconds), or by Retry-After."""
        reset = self.header("X-RateLimit-Reset")
        if reset.isdecimal():
            return _bounded(int(reset) - now.timestamp())
        after = self.header("Retry-After")
        if after.isdecimal():
            return _bounded(float(after))
        try:
            return _bounded((parsedate_to_datetime(after) - now).total_seconds())
        except (ValueError, TypeError):
            return None

    def faulty(self, personalizations: Sequence[Personalization]) -> dict[int, Rejected]:
        """By position: recipients that a 400 blames, if it blames recipients alone."""
        positions = [fault.position for fault in self.faults]
        if self.status != BAD_REQUEST or not positions:
            return {}
        if any(position is None or position >= len(personalizations) for position in positions):
            return {}
        return {
            position: Rejected(
                personalizations[position].delivery_id,
                permanent=True,
                code=str(BAD_REQUEST),
                detail=redact(str(fault))[:LONGEST_DETAIL],
                about_address=fault.about_address,
            )
            for position, fault in zip(positions, self.faults, strict=True)
            if position is not None
        }


def read_answer(
    answer: Answer, personalizations: Sequence[Personalization], now: datetime
) -> list[Outcome]:
    """Raises ProviderError where nothing was submitted and every request would end so."""
    status = answer.status
    if status == ACCEPTED:
        # Accepted even if the id got lost on the way: then our own token stands in.
        known = answer.header("X-Message-Id")
        return [Accepted(one.delivery_id, known or one.token) for one in personalizations]
    if status in {BAD_REQUEST, TOO_LARGE}:
        return [
            Rejected(one.delivery_id, True, str(status), answer.detail) for one in personalizations
        ]
    if status == TOO_MANY or status in REFUSED_FOR_NOW:
        wait = answer.wait(now)
        return [
            Rejected(one.delivery_id, False, str(status), answer.detail, retry_after=wait)
            for one in personalizations
        ]
    if 300 <= status < 500:  # noqa: PLR2004 - RFC 9110 section 15: redirected or refused
        raise ProviderError(f"SendGrid refuses the request: {status} {answer.detail}")
    return [Unknown(one.delivery_id, f"HTTP {status}: {answer.detail}") for one in personalizations]


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT)
