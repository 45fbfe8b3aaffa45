"""The provider contract: what anything that accepts mail must do, and what it may answer.

A provider is handed one edition and a stream of batches of envelopes, and yields one outcome an
envelope, as soon as it knows it, in any order. It takes the next batch when it has room for it,
since taking one commits a claim in the ledger:

- `Receipt`: the provider took responsibility for the message.
- `Refusal`: it said no. `permanent` decides between failing and trying again; `about_address`
  says that the address itself is at fault and should be suppressed.
- `Unknown`: nobody can say whether it was taken (the line broke after the body was sent).

A `ProviderError`, at any time, says that what has no outcome yet was not submitted: it goes back
untouched. Any other exception, or a stream that ends early, means `Unknown` for all of that. A
provider never retries later and never sleeps: both are the ledger's decisions.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from digest.message.template import Edition, Envelope
from store.errors import UserError


# Tuples, since one is made for every message: a frozen dataclass takes twice the time.
class Receipt(NamedTuple):
    delivery_id: int
    provider_id: str


class Refusal(NamedTuple):
    """`code` is the provider's own ("550 5.1.1", "429"); `retry_after` is in seconds."""

    delivery_id: int
    permanent: bool
    code: str
    detail: str
    about_address: bool = False
    retry_after: float | None = None


class Unknown(NamedTuple):
    delivery_id: int
    detail: str


Outcome = Receipt | Refusal | Unknown


class ProviderError(UserError):
    """The provider can't be used (wrong key, unreachable); the message is one line why."""


class ProviderBusyError(ProviderError):
    """It takes nothing before `retry_after` seconds have passed."""

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Provider(Protocol):
    """`batch_size` is how many envelopes a batch has at most."""

    name: str
    batch_size: int

    def submit(
        self, edition: Edition, batches: Iterable[Sequence[Envelope]]
    ) -> Iterator[Sequence[Outcome]]:
        """Outcomes as they come, none where nothing came for about a second.

        Raises ProviderError where what has no outcome was not submitted.
        """
        ...

    def check(self) -> None:
        """Reaches the provider without mailing anybody. Raises ProviderError with one line why."""
        ...

    def close(self) -> None: ...
