"""SendGrid's official library, and what becomes of a request through it.

The library opens a connection a request, waits forever unless told otherwise, shares its
headers between calls, and logs whole payloads with the key at DEBUG: hence a timeout, a client
a thread, and a floor under its logger.
"""

import json
import logging
import threading
from email.message import Message
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.error import HTTPError as RawHTTPError
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.sendgrid.response import ACCEPTED, Answer

MOST_TRIES = 2
READY_MADE = {"Content-Type": " application/json"}
"""The library would write a body of type "application/json" as JSON a second time; any other is
taken as it is. White space before a value is no part of it (RFC 9110 section 5.5)."""


class Line:
    """Requests to `host`; `timeout` is in seconds. Safe to share between threads."""

    def __init__(self, api_key: str, host: str, timeout: float) -> None:
        self._api_key = api_key
        self._host = host
        self._timeout = timeout
        self._local = threading.local()
        log = logging.getLogger("python_http_client.client")
        log.setLevel(max(log.level, logging.INFO))

    def post(self, body: str) -> Answer | str:
        """The answer to a request for mail, or why there is none though the request was sent.

        Raises ProviderError where it can't have been sent whole: urllib wraps what fails until
        the last byte is handed over as URLError, and nothing that comes after. A connection
        that breaks before that costs nothing, so another one is tried.
        """
        for _ in range(MOST_TRIES):
            try:
                response = self._client().client.mail.send.post(
                    request_body=body, request_headers=READY_MADE
                )
            except HTTPError as error:
                return Answer(error.status_code, _plain(error.headers), error.body)
            except URLError as error:
                unsent = error
                if not isinstance(error.reason, ConnectionResetError | BrokenPipeError):
                    break
            except (OSError, HTTPException) as error:
                return _broken_answer(error) or f"the answer did not come: {type(error).__name__}"
            else:
                return Answer(response.status_code, _plain(response.headers), response.body)
        raise ProviderError(f"can't reach SendGrid at {self._host}: {unsent.reason}") from unsent

    def scopes(self) -> list[str]:
        """What the key may do, which takes no permission to ask. Raises ProviderError."""
        try:
            response = self._client().client.scopes.get()
            return list(json.loads(response.body)["scopes"])
        except HTTPError as error:
            answer = Answer(error.status_code, _plain(error.headers), error.body)
            raise ProviderError(f"SendGrid answered {answer.status}: {answer.detail}") from error
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)
            raise ProviderError(f"can't reach SendGrid at {self._host}: {why}") from error
        except (ValueError, LookupError, TypeError) as error:
            raise ProviderError(f"what answers at {self._host} is not SendGrid") from error

    def _client(self) -> Any:
        if not hasattr(self._local, "client"):
            # Takes a tenth of a second, and only this provider needs it.
            from sendgrid import SendGridAPIClient  # noqa: PLC0415

            client = SendGridAPIClient(self._api_key, host=self._host)
            client.client.timeout = self._timeout
            self._local.client = client
        return self._local.client


def _plain(headers: Message) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items()}


def _broken_answer(error: BaseException) -> Answer | None:
    """The status of an answer whose body broke off, if that is known.

    urllib hands over 2xx answers alone and raises the others, so a body that ends early
    outside an HTTPError is one of an accepted request (mail/send has no 2xx but 202, the
    sandbox aside, which is never asked for).
    """
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, RawHTTPError):
            return Answer(behind.code, _plain(behind.headers), b"")
        behind = behind.__context__
    return Answer(ACCEPTED, {}, b"") if isinstance(error, IncompleteRead) else None
