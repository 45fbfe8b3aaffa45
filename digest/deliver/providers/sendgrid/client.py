"""Makes requests through SendGrid's official library.

The library opens a connection for each request, waits forever unless told otherwise, shares its
headers between calls, and logs whole payloads with the key at DEBUG. So each request has an end
(`bounded_client`), each thread its own client, and the library's logger says nothing below INFO.
"""

import json
import logging
import threading
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.sendgrid.bounded_client import BoundedClient
from digest.deliver.providers.sendgrid.response import Response

MAX_TRIES = 2
JSON_HEADERS = {"Content-Type": " application/json"}
"""The library would write a body of type "application/json" as JSON a second time; any other is
taken as it is. White space before a value is no part of it (RFC 9110 section 5.5)."""


class SendGridClient:
    """Make requests to `host`; `timeout` is in seconds. Safe to share between threads."""

    def __init__(self, api_key: str, host: str, timeout: float) -> None:
        self._api_key = api_key
        self._host = host
        self._timeout = timeout
        self._local = threading.local()
        log = logging.getLogger("python_http_client.client")
        log.setLevel(max(log.level, logging.INFO))

    def post(self, body: str) -> Response | str:
        """Post a mail/send request; return the response, or why there is none though it was sent.

        Raises ProviderError when the request can't have been sent whole: urllib raises URLError
        for what fails until the last byte is handed over, and for nothing after that. A
        connection that breaks before that costs nothing, so the request is tried once more.
        """
        for _ in range(MAX_TRIES):
            try:
                response = self._client().client.mail.send.post(
                    request_body=body, request_headers=JSON_HEADERS
                )
            except HTTPError as error:
                return Response(error.status_code, _as_dict(error.headers), error.body)
            except URLError as error:
                unsent = error
                if not isinstance(error.reason, ConnectionResetError | BrokenPipeError):
                    break
            except (OSError, HTTPException) as error:
                return f"the answer did not come: {type(error).__name__}"
            else:
                return Response(response.status_code, _as_dict(response.headers), response.body)
        raise ProviderError(f"can't reach SendGrid at {self._host}: {unsent.reason}") from unsent

    def scopes(self) -> list[str]:
        """Return what the key may do, which takes no permission to ask. Raises ProviderError."""
        try:
            response = self._client().client.scopes.get()
            return list(json.loads(response.body)["scopes"])
        except HTTPError as error:
            response = Response(error.status_code, _as_dict(error.headers), error.body)
            raise ProviderError(
                f"SendGrid answered {response.status}: {response.detail}"
            ) from error
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
            client.client = BoundedClient(
                host=self._host,
                request_headers=client.client.request_headers,
                version=3,
                timeout=self._timeout,
            )
            self._local.client = client
        return self._local.client


def _as_dict(headers: Message) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items()}
