"""The provider contract: what anything that accepts mail must do, and what it may answer.

A provider is handed one edition and the envelopes of a batch, and yields one outcome an
envelope, as soon as it knows it, in any order:

- `Receipt`: the provider took responsibility for the message.
- `Refusal`: it said no. `permanent` decides between failing and trying again; `about_address`
  says that the address itself is at fault and should be suppressed.
- `Unknown`: nobody can say whether it was taken (the line broke after the body was sent).

An exception, or a generator that ends early, means `Unknown` for every envelope without an
outcome. A provider never retries by itself and never sleeps: both are the ledger's decisions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from digest.address import Edition, Envelope


@dataclass(frozen=True, slots=True)
class Receipt:
    delivery_id: int
    provider_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is the provider's own ("550 5.1.1", "429"); `retry_after` is in seconds."""

    delivery_id: int
    permanent: bool
    code: str
    detail: str
    about_address: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    delivery_id: int
    detail: str


Outcome = Receipt | Refusal | Unknown


class ProviderError(Exception):
    """The provider can't be used at all (wrong key, unreachable); nothing was submitted."""


class Provider(Protocol):
    """`batch_size` is how many envelopes `submit` takes at most."""

    name: str
    batch_size: int

    def submit(self, edition: Edition, envelopes: Sequence[Envelope]) -> Iterator[Outcome]:
        """Raises ProviderError before the first outcome when nothing at all was submitted."""
        ...

    def check(self) -> None:
        """Reaches the provider without mailing anybody. Raises ProviderError with one line why."""
        ...

    def close(self) -> None: ...
