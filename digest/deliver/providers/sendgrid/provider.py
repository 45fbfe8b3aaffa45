"""The SendGrid provider: a batch is one request, and several are in flight at a time.

`request` writes a request's JSON, `client` makes it, `response` reads the answer, `rate_headers`
keeps to SendGrid's rate limit, and `submission` joins them for one stream of batches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache

from digest.deliver.providers.base import (
    NO_JOURNAL,
    Journal,
    Outcome,
    ProviderError,
    never,
)
from digest.deliver.providers.sendgrid.client import SendGridClient
from digest.deliver.providers.sendgrid.credentials import check_credentials
from digest.deliver.providers.sendgrid.rate_headers import RateWindow
from digest.deliver.providers.sendgrid.request import MAX_RECIPIENTS, RequestTemplate
from digest.deliver.providers.sendgrid.submission import MAX_IN_FLIGHT, Submission
from digest.message.edition import Edition
from digest.message.personalization import Personalization

TIMEOUT = 30.0


class SendGridProvider:
    """Submit mail through SendGrid's v3 API at `host`; `timeout` is in seconds."""

    name = "sendgrid"
    batch_size = MAX_RECIPIENTS
    tells_begun = True

    def __init__(
        self,
        api_key: str,
        *,
        host: str = "https://api.sendgrid.com",
        timeout: float = TIMEOUT,
        clock: Callable[[], datetime],
    ) -> None:
        """Raises ValueError for a key or host that can't be one, without repeating the key."""
        check_credentials(api_key, host)
        self._client = SendGridClient(api_key, host.rstrip("/"), timeout)
        self._clock = clock
        self._window = RateWindow()
        self._template = lru_cache(maxsize=4)(RequestTemplate)

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        """Submit the batches, several requests at a time, and yield outcomes as answers come.

        Raises ProviderError when the key is refused or SendGrid can't be reached, and
        ProviderBusyError when it takes no more requests before a time that it names.
        """
        try:
            template = self._template(edition)
        except ValueError as error:
            raise ProviderError(f"SENDER or REPLY_TO can't be mailed from: {error}") from error
        with ThreadPoolExecutor(MAX_IN_FLIGHT, "sendgrid") as pool:
            submission = Submission(
                template,
                self._client.post,
                pool,
                window=self._window,
                clock=self._clock,
                journal=journal,
            )
            yield from submission.outcomes(batches, should_stop)

    def check(self) -> None:
        """Ask SendGrid what the key may do; the question needs no permission."""
        if "mail.send" not in self._client.scopes():
            raise ProviderError("the SENDGRID_API_KEY may not send mail: give it Mail Send")

    def close(self) -> None:
        """Do nothing: the library keeps no connection open."""
