"""The SendGrid provider, through the official library.

The library opens a connection a request, waits forever unless told otherwise, shares its
headers between calls, and logs whole payloads with the key at DEBUG: hence a timeout, a client
a thread, and a floor under its logger.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from email.message import Message
from functools import lru_cache
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.error import HTTPError as RawHTTPError
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from digest.address import Edition, Envelope
from digest.deliver.mailbox import readdress, refuse_non_ascii
from digest.deliver.provider import Outcome, ProviderError, Refusal, Unknown
from digest.deliver.sendgrid_answer import ACCEPTED, TOO_LARGE, Answer, read_answer
from digest.deliver.sendgrid_request import MOST_BYTES, MOST_RECIPIENTS, Content, Piece

ROUNDS = 5
"""Requests for one batch at most, each without the recipients that the last one was refused for."""
TIMEOUT = 30.0
NO_ANSWER = "4.4.1"
"""RFC 3463 section 3.5: no answer from the host; nothing of the message was submitted."""


class SendGrid:
    """Mails through SendGrid's v3 API at `host`; `timeout` is in seconds."""

    name = "sendgrid"
    batch_size = MOST_RECIPIENTS

    def __init__(
        self,
        api_key: str,
        *,
        host: str = "https://api.sendgrid.com",
        timeout: float = TIMEOUT,
        clock: Callable[[], datetime],
    ) -> None:
        """Raises ValueError for a key or host that can't be one, without repeating the key."""
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key or not api_key:
            raise ValueError("SENDGRID_API_KEY should look like SG.xxxx.yyyy, in one piece")
        if not host.startswith(("https://", "http://")):
            raise ValueError("SENDGRID_HOST should look like https://api.sendgrid.com")
        self._api_key = api_key
        self._host = host.rstrip("/")
        self._timeout = timeout
        self._clock = clock
        self._local = threading.local()
        self._content = lru_cache(maxsize=4)(Content)
        log = logging.getLogger("python_http_client.client")
        log.setLevel(max(log.level, logging.INFO))

    def submit(
        self, edition: Edition, batches: Iterable[Sequence[Envelope]]
    ) -> Iterator[Sequence[Outcome]]:
        """Raises ProviderError where the key is refused or SendGrid can't be reached."""
        for batch in batches:
            content = self._written(edition)
            pieces, hopeless = self._sort(content, batch)
            yield hopeless
            for group in content.pack(pieces):
                yield self._submit(content, group)

    def check(self) -> None:
        """Asks what the key may do, which needs no permission of its own."""
        try:
            response = self._client().client.scopes.get()
            scopes = json.loads(response.body)["scopes"]
        except HTTPError as error:
            answer = Answer(error.status_code, _plain(error.headers), error.body)
            raise ProviderError(f"SendGrid answered {answer.status}: {answer.detail}") from error
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)
            raise ProviderError(f"can't reach SendGrid at {self._host}: {why}") from error
        except (ValueError, LookupError, TypeError) as error:
            raise ProviderError(f"what answers at {self._host} is not SendGrid") from error
        if "mail.send" not in scopes:
            raise ProviderError("the SENDGRID_API_KEY may not send mail: give it Mail Send")

    def close(self) -> None:
        """The library keeps no connection open."""

    def _written(self, edition: Edition) -> Content:
        try:
            return self._content(edition)
        except ValueError as error:
            raise ProviderError(f"SENDER or REPLY_TO can't be mailed from: {error}") from error

    def _sort(
        self, content: Content, envelopes: Sequence[Envelope]
    ) -> tuple[list[Piece], list[Refusal]]:
        """What can be sent, and refusals for what SendGrid would never take."""
        pieces: list[Piece] = []
        hopeless: list[Refusal] = []
        for envelope in envelopes:
            ready = readdress(envelope)
            if isinstance(ready, Refusal):
                hopeless.append(ready)
            elif not ready.email.isascii():
                hopeless.append(refuse_non_ascii(ready, "SendGrid"))
            elif (piece := content.piece(ready)).too_long or content.size > MOST_BYTES:
                detail = "larger than SendGrid takes"
                hopeless.append(Refusal(ready.delivery_id, True, str(TOO_LARGE), detail))
            else:
                pieces.append(piece)
        return pieces, hopeless

    def _submit(self, content: Content, pieces: list[Piece]) -> list[Outcome]:
        """A 400 took nobody: who it blames is refused, and the others are submitted again."""
        refused: list[Outcome] = []
        for _ in range(ROUNDS):
            envelopes = [piece.envelope for piece in pieces]
            answer = self._post(content.body(pieces))
            if isinstance(answer, str):
                return refused + [Unknown(one.delivery_id, answer) for one in envelopes]
            faulty = answer.faulty(envelopes)
            if not faulty:
                return refused + read_answer(answer, envelopes, self._clock())
            refused += faulty.values()
            pieces = [piece for place, piece in enumerate(pieces) if place not in faulty]
            if not pieces:
                return refused
        detail = "not submitted: others in the request were refused time and again"
        return refused + [
            Refusal(piece.envelope.delivery_id, False, "400", detail) for piece in pieces
        ]

    def _post(self, body: dict[str, Any]) -> Answer | str:
        """The answer, or why there is none though the request was sent.

        Raises ProviderError where it can't have been sent whole: urllib wraps what fails until
        the last byte is handed over as URLError, and nothing that comes after.
        """
        try:
            response = self._client().client.mail.send.post(request_body=body)
        except HTTPError as error:
            return Answer(error.status_code, _plain(error.headers), error.body)
        except URLError as error:
            raise ProviderError(f"can't reach SendGrid at {self._host}: {error.reason}") from error
        except (OSError, HTTPException) as error:
            return _broken_answer(error) or f"the answer did not come: {type(error).__name__}"
        return Answer(response.status_code, _plain(response.headers), response.body)

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
