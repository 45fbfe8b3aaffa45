"""Makes requests as SendGrid's library does, but each with an end: in time, in size, at one host.

The library's own timeout is for each octet that is waited for, it keeps an answer however long it
is, and it takes the key along to wherever a redirect leads.
"""

from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from python_http_client.client import Client
from python_http_client.exceptions import handle_error

from store.http import opener

MAX_ANSWER_BYTES = 1_000_000


class BoundedClient(Client):  # type: ignore[misc]
    """The library's client, whose `timeout` is for a whole request and its answer."""

    def _build_client(self, name: str | None = None) -> "BoundedClient":
        return BoundedClient(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def _make_request(self, _opener: Any, request: Any, timeout: float | None = None) -> "_Answer":
        seconds = timeout or self.timeout
        try:
            with opener(seconds).open(request, timeout=seconds) as answer:
                return _Answer(answer)
        except HTTPError as error:
            with error:
                raise handle_error(_Answer(error)) from None


class _Answer:
    """An answer whose status came, in the words that the library reads of one.

    The status says what became of the request: a body that breaks off, or never ends, is cut.
    """

    def __init__(self, answer: Any) -> None:
        self.code: int = answer.status
        self.reason: str = answer.reason
        self.hdrs = answer.headers
        try:
            self._body: bytes = answer.read(MAX_ANSWER_BYTES)
        except (OSError, HTTPException):
            self._body = b""

    def getcode(self) -> int:
        return self.code

    def info(self) -> Any:
        return self.hdrs

    def read(self) -> bytes:
        return self._body
