"""Asks for one document: conditional, redirects followed one by one, everything bounded."""

import re
import ssl
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx2

from digest.catalog.intake.cleaning import printable
from digest.catalog.urls import is_web_address
from digest.sources.errors import FetchError
from digest.sources.http.addresses import AddressPolicy
from digest.sources.http.body import read_body
from digest.sources.http.network import ERRORS, TIMEOUTS, CheckedTransport, Deadline
from digest.sources.http.rate import Rate
from digest.sources.urls import canonical_url

REQUEST_SECONDS = 30.0
STEP_SECONDS = 10.0
"""How long connecting may take, or waiting for the next bytes."""
REDIRECTS = 5
MAX_VALIDATOR = 500
_REDIRECT = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_GONE = (404, 410)
_PASSING = (408, 425, 429)
_PRINTABLE = re.compile(r"[\x21-\x7e ]+")


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier answer said of its version (RFC 9110, section 8.8)."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may come back: content types, and how many bytes."""

    types: Collection[str]
    """Like `text/html`, or `+xml` for all that end so."""
    words: str
    limit: int

    def accepts(self, media_type: str) -> bool:
        return media_type in self.types or any(
            one.startswith("+") and media_type.endswith(one) for one in self.types
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A document; `body` is None where the server says that it has not changed."""

    url: str
    """Where it stands in the end."""
    status: int
    body: bytes | None
    media_type: str = ""
    charset: str = ""
    validators: Validators = field(default_factory=Validators)
    moved_to: str = ""
    """Where the server says that it stands for good, if it moved."""


Check = Callable[[str], None]
"""Called with each address before it is asked for. Raises FetchError to refuse."""


class HttpClient:
    """Asks for documents. For one thread; `requests` counts what went out."""

    def __init__(
        self,
        policy: AddressPolicy,
        agent: str,
        rate: Rate,
        *,
        tick: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self.agent = agent
        self.requests = 0
        self.rate = rate
        self._client = httpx2.Client(
            transport=CheckedTransport(policy, Deadline(tick, seconds), tls),
            follow_redirects=False,
            trust_env=False,
            timeout=STEP_SECONDS,
            headers={"User-Agent": agent, "Accept-Encoding": "gzip"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(
        self, url: str, wanted: Wanted, validators: Validators | None = None, *, check: Check
    ) -> Answer:
        """Return the document at `url`. Raises FetchError, which names the address.

        The validators are those of `url`; they go along over redirects, as the answer's do.
        """
        at, moved_to, is_permanent = url, "", True
        for _ in range(REDIRECTS + 1):
            check(at)
            answer, target = self._ask(at, wanted, validators or Validators())
            if answer is not None:
                return answer if not moved_to else _with_move(answer, moved_to)
            status, location = target
            is_permanent = is_permanent and status in _PERMANENT
            at = _target(at, location)
            moved_to = at if is_permanent else moved_to
        raise FetchError(f"{printable(url)}: more than {REDIRECTS} redirects", is_final=True)

    def _ask(
        self, url: str, wanted: Wanted, validators: Validators
    ) -> tuple[Answer | None, tuple[int, str]]:
        """Return an answer, or None and where the server points to."""
        self.rate.wait(url)
        self.requests += 1
        headers = {"Accept": f"{', '.join(_named(wanted))}, */*;q=0.1", **validators.headers()}
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code in _REDIRECT:
                    return None, (response.status_code, response.headers.get("Location", ""))
                return _read(response, url, wanted, validators), (0, "")
        except FetchError as error:
            raise _naming(url, error) from None
        except httpx2.InvalidURL:
            raise FetchError(f"{printable(url)}: no web address", is_final=True) from None
        except TIMEOUTS:
            raise FetchError(f"{printable(url)}: no answer in time") from None
        except ERRORS as error:
            words = printable(str(error)) or type(error).__name__
            raise FetchError(f"{printable(url)}: no answer ({words[:120]})") from None


def _named(wanted: Wanted) -> list[str]:
    return [one for one in wanted.types if not one.startswith("+")]


def _target(base: str, location: str) -> str:
    """Return where a redirect leads. Raises FetchError if that is no web address."""
    try:
        target = canonical_url(urljoin(base, location)) if location else None
    except ValueError:
        target = None
    if target is None or not is_web_address(target):
        shown = printable(location)[:80] or "nothing"
        raise FetchError(
            f"{printable(base)}: a redirect to {shown}, expected a web address", is_final=True
        )
    return target


def _read(response: httpx2.Response, url: str, wanted: Wanted, validators: Validators) -> Answer:
    status = response.status_code
    if status == 304:  # noqa: PLR2004 - Not Modified
        if not validators.headers():
            raise FetchError("answered 304 to a request that was not conditional", status=status)
        return Answer(url, status, None, validators=validators)
    if status != 200:  # noqa: PLR2004 - OK: of the others none has the document
        raise _not_ok(response)
    media_type, charset = _content_type(response.headers.get("Content-Type", ""))
    if media_type and not wanted.accepts(media_type):
        raise FetchError(f"found {media_type[:60]}, expected {wanted.words}", is_final=True)
    encoding = response.headers.get("Content-Encoding", "")
    body = read_body(response.iter_raw(), encoding, wanted.limit)
    found = Validators(
        _validator(response.headers.get("ETag", "")),
        _validator(response.headers.get("Last-Modified", "")),
    )
    return Answer(url, status, body, media_type, charset, found)


def _not_ok(response: httpx2.Response) -> FetchError:
    status = response.status_code
    is_final = 400 <= status < 500 and status not in _PASSING  # noqa: PLR2004 - the client's fault
    return FetchError(
        f"answered {status}",
        is_final=is_final,
        is_gone=status in _GONE,
        status=status,
        retry_seconds=_retry_seconds(response),
    )


def _retry_seconds(response: httpx2.Response) -> int | None:
    """Return for how long a server asks to be left alone (RFC 9110, section 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 7 * 86_400)
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(response.headers["Date"])
        seconds = (_aware(until) - _aware(sent)).total_seconds()
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return min(max(int(seconds), 0), 7 * 86_400)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _content_type(text: str) -> tuple[str, str]:
    media_type, _, rest = text.partition(";")
    match = re.search(r"charset\s*=\s*\"?([^\s\";]{1,40})", rest, re.IGNORECASE)
    return media_type.strip().lower(), match[1] if match else ""


def _validator(text: str) -> str:
    """Return a validator to send back; one that is too long or odd is as good as none."""
    return text if len(text) <= MAX_VALIDATOR and _PRINTABLE.fullmatch(text) else ""


def _naming(url: str, error: FetchError) -> FetchError:
    return FetchError(
        f"{printable(url)}: {error}",
        is_final=error.is_final,
        is_gone=error.is_gone,
        status=error.status,
        retry_seconds=error.retry_seconds,
    )


def _with_move(answer: Answer, moved_to: str) -> Answer:
    return Answer(
        answer.url,
        answer.status,
        answer.body,
        answer.media_type,
        answer.charset,
        answer.validators,
        moved_to,
    )
