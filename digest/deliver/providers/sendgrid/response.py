"""Reads SendGrid's responses and turns them into outcomes.

There is no answer for each recipient and no idempotency key. A request is accepted whole (202)
or rejected whole; where neither is certain its deliveries are unknown, and only events can tell.
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.providers.base import (
    BAD_ADDRESS,
    UNKNOWN_FAILURE,
    Accepted,
    Outcome,
    RefusedForAllError,
    Rejected,
    Unknown,
)
from digest.deliver.providers.wire_address import redact
from digest.message.personalization import Personalization
from store.text import printable_line

ACCEPTED = 202
BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
TOO_LARGE = 413
TOO_MANY = 429
UNAVAILABLE = 503
REFUSED_FOR_NOW = frozenset({408, 500, UNAVAILABLE})
"""Statuses by which SendGrid itself says that it did not take the request.

502 and 504 come from a gateway, so they say nothing about it."""
MAX_WAIT = 3_600.0
"""Seconds. SendGrid's windows last a minute, so a reset beyond this is garbled."""
MAX_DETAIL = 400
MAX_WORDS = 1_000
"""Characters of one error's message that are looked at at all."""
MAX_NAME = 200
"""Of a header's value, and of the name of a field."""

_TOLD_BY_WORDS = frozenset({Cause.SENDER_ADDRESS, Cause.RATE, Cause.SIZE})
_FIELD = re.compile(r"personalizations\.(\d+)(?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class ApiError:
    """One of the `errors` in a response body.

    `position` is the index of the personalization that it is about, if it is about one.
    """

    message: str
    field: str | None

    @property
    def position(self) -> int | None:
        """The index in `personalizations` that the error is about, if it is about one."""
        found = _FIELD.match(self.field or "")
        return int(found[1]) if found else None

    @property
    def about_address(self) -> bool:
        """True if the error is about a recipient's address."""
        found = _FIELD.match(self.field or "")
        return found is not None and found[2] == "to"

    def __str__(self) -> str:
        return f"{self.message} ({self.field})" if self.field else self.message


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. `headers` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, empty if there is none."""
        wanted = name.lower()
        found = (value for key, value in self.headers.items() if key.lower() == wanted)
        return _line(next(found, ""), MAX_NAME)

    @property
    def faults(self) -> list[ApiError]:
        """The errors that the body lists; none if the body is garbled."""
        try:
            errors = json.loads(self.body)["errors"]
            return [
                ApiError(
                    _line(error["message"], MAX_WORDS),
                    _line(error.get("field") or "", MAX_NAME) or None,
                )
                for error in errors
            ]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return []

    @property
    def detail(self) -> str:
        """The errors in one line, without addresses."""
        words = "; ".join(map(str, self.faults))[: 2 * MAX_WORDS]
        return redact(words or f"HTTP {self.status} without a reason")[:MAX_DETAIL]

    @property
    def cause(self) -> Cause:
        """What is at fault where the whole request is refused: its size, its sender, or else."""
        if self.status == TOO_LARGE:
            return Cause.SIZE
        if any((fault.field or "").startswith("from") for fault in self.faults):
            return Cause.SENDER_ADDRESS
        if self.status not in {UNAUTHORIZED, FORBIDDEN}:
            return Cause.PROTOCOL
        # Both stand for an unverified sender and for spent credits too: the words tell.
        said = classify_reply(self.detail, Stage.MAIL) if self.faults else UNKNOWN_FAILURE
        return said.cause if said.cause in _TOLD_BY_WORDS else Cause.AUTHENTICATION

    def wait(self, now: datetime) -> float | None:
        """Return the seconds until X-RateLimit-Reset (an epoch time), else those of Retry-After."""
        reset = self.header("X-RateLimit-Reset")
        if reset.isdecimal():
            return _bounded(int(reset) - now.timestamp())
        after = self.header("Retry-After")
        if after.isdecimal():
            return _bounded(float(after))
        try:
            return _bounded((parsedate_to_datetime(after) - now).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None

    def rejected(self, personalizations: Sequence[Personalization]) -> dict[int, Rejected]:
        """Return the outcomes of the recipients that a 400 is about, by position.

        Empty unless every error of the response is about a recipient.
        """
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
                detail=redact(str(fault))[:MAX_DETAIL],
                failure=BAD_ADDRESS if fault.about_address else UNKNOWN_FAILURE,
            )
            for position, fault in zip(positions, self.faults, strict=True)
            if position is not None
        }


def read_response(
    response: Response, personalizations: Sequence[Personalization], now: datetime
) -> list[Outcome]:
    """Return the outcome of every recipient of a request.

    Raises RefusedForAllError when nothing was submitted and every request would be answered so.
    """
    status = response.status
    if status == ACCEPTED:
        # It counts as accepted without an id, too: our own token then stands in for the id.
        known = response.header("X-Message-Id")
        return [Accepted(one.delivery_id, known or one.token) for one in personalizations]
    if status in {BAD_REQUEST, TOO_LARGE}:
        about_all = Failure(FailureClass.SENDER, response.cause)
        return [
            Rejected(one.delivery_id, True, str(status), response.detail, failure=about_all)
            for one in personalizations
        ]
    if status == TOO_MANY or status in REFUSED_FOR_NOW:
        wait = response.wait(now)
        return [
            Rejected(one.delivery_id, False, str(status), response.detail, retry_after=wait)
            for one in personalizations
        ]
    if 300 <= status < 500:  # noqa: PLR2004 - RFC 9110 section 15: redirected or refused
        said = f"SendGrid refuses the request: {status} {response.detail}"
        raise RefusedForAllError(said, response.cause)
    return [
        Unknown(one.delivery_id, f"HTTP {status}: {response.detail}") for one in personalizations
    ]


def _line(value: object, longest: int) -> str:
    """Return what stands in an answer as one line that a database and a terminal take."""
    return printable_line(str(value)[:longest])


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_WAIT)
