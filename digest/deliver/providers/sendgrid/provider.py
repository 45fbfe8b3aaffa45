"""The SendGrid provider: a batch is one request, and several are in flight at a time.

How a request is written, made, kept to the rate and understood is told in the files beside this
one: `sendgrid_request`, `sendgrid_line`, `sendgrid_window` and `sendgrid_answer`;
`sendgrid_run` joins them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from digest.deliver.providers.base import Outcome, ProviderError
from digest.deliver.providers.sendgrid.client import Line
from digest.deliver.providers.sendgrid.rate_headers import Window
from digest.deliver.providers.sendgrid.request import MOST_RECIPIENTS, Content
from digest.deliver.providers.sendgrid.submission import MOST_IN_FLIGHT, Run
from digest.message.edition import Edition
from digest.message.personalization import Personalization

TIMEOUT = 30.0


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
        if not _is_host(host):
            raise ValueError("SENDGRID_HOST should look like https://api.sendgrid.com")
        self._line = Line(api_key, host.rstrip("/"), timeout)
        self._clock = clock
        self._window = Window()
        self._content = lru_cache(maxsize=4)(Content)

    def submit(
        self, edition: Edition, batches: Iterable[Sequence[Personalization]]
    ) -> Iterator[Sequence[Outcome]]:
        """Raises ProviderError where the key is refused or SendGrid can't be reached.

        And ProviderBusyError where it takes no more requests before a time that it names.
        """
        try:
            content = self._content(edition)
        except ValueError as error:
            raise ProviderError(f"SENDER or REPLY_TO can't be mailed from: {error}") from error
        with ThreadPoolExecutor(MOST_IN_FLIGHT, "sendgrid") as pool:
            run = Run(content, self._line.post, pool, window=self._window, clock=self._clock)
            yield from run.outcomes(batches)

    def check(self) -> None:
        """Asks what the key may do, which needs no permission of its own."""
        if "mail.send" not in self._line.scopes():
            raise ProviderError("the SENDGRID_API_KEY may not send mail: give it Mail Send")

    def close(self) -> None:
        """The library keeps no connection open."""


def _is_host(url: str) -> bool:
    """Over https, for the key goes there; on this machine anything will do."""
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
        name.encode("idna")
        local = name in {"localhost", "127.0.0.1", "::1"}
        port = parts.port != 0
    except ValueError:
        return False
    bare = not (parts.username or parts.query or parts.fragment)
    return (
        bool(name)
        and port
        and bare
        and (parts.scheme == "https" or (local and parts.scheme == "http"))
    )
