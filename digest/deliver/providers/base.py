"""The provider contract: what anything that accepts mail must do, and what it may answer.

A provider gets one edition and a stream of batches of recipients (as personalizations). It
yields exactly one outcome for each recipient, in any order, as soon as the outcome is known. It
takes the next batch only when it has capacity, since taking one commits a claim in the ledger.

- `Accepted`: the provider took responsibility for the message.
- `Rejected`: it said no. `permanent` decides between failing and trying again; `failure` says what
  the bounce policy makes of the reply, `stage` which SMTP command it answered.
- `Unknown`: nobody can say whether it was taken (the connection broke after the body was sent).

A `ProviderError`, at any time, means that what has no outcome yet was not submitted and goes
back to the queue untouched. Any other exception, or a stream that ends early, means `Unknown`
for all of that. A provider never retries later and never sleeps: both are the ledger's decisions.

Once `should_stop` returns true the provider begins no further message, waits for the outcomes of
those that it has begun, and raises `SubmissionStoppedError`.

A provider that sets `tells_begun` says in the journal which messages are begun before an octet of
them leaves: after a crash whatever it did not name is sent by another process. Outcomes are noted
there by whoever gets them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from store.errors import UserError

UNKNOWN_FAILURE = Failure(FailureClass.UNKNOWN, Cause.OTHER)
BAD_ADDRESS = Failure(FailureClass.HARD, Cause.BAD_ADDRESS)


# Tuples, since one is made for every message: a frozen dataclass takes twice the time.
class Accepted(NamedTuple):
    """The provider took one message, and calls it `provider_id`."""

    delivery_id: int
    provider_id: str


class Rejected(NamedTuple):
    """The provider refused one message.

    `code` is the provider's own ("550 5.1.1", "429"); `retry_after` is in seconds. `stage` is None
    where no SMTP command was refused. `is_local`: it was decided here, and nobody was asked.
    """

    delivery_id: int
    permanent: bool
    code: str
    detail: str
    failure: Failure = UNKNOWN_FAILURE
    stage: Stage | None = None
    retry_after: float | None = None
    is_local: bool = False

    @property
    def about_address(self) -> bool:
        """True if the address itself is at fault, for good."""
        return self.permanent and self.failure.failure_class is FailureClass.HARD


class Unknown(NamedTuple):
    """Nobody can say whether the provider took the message; `detail` is one line why."""

    delivery_id: int
    detail: str


Outcome = Accepted | Rejected | Unknown


class ProviderError(UserError):
    """The provider can't be used (wrong key, unreachable); the message is one line why."""


class ProviderBusyError(ProviderError):
    """The provider takes nothing before `retry_after` seconds have passed."""

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RefusedForAllError(ProviderError):
    """The provider refuses what all messages of the issue have in common, now and later.

    `cause` is what it refuses; trying again changes nothing until somebody has changed that.
    """

    def __init__(self, detail: str, cause: Cause = Cause.OTHER) -> None:
        super().__init__(detail)
        self.cause = cause


class CredentialsRefusedError(RefusedForAllError):
    """The provider does not know us: a user, password or token is wrong, and stays so."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, Cause.AUTHENTICATION)


class SubmissionStoppedError(ProviderError):
    """Nothing more was begun, since `should_stop` said so."""

    def __init__(self) -> None:
        super().__init__("stopped before all was submitted")


def never() -> bool:
    """Return False: a submission that nobody stops."""
    return False


class Journal(Protocol):
    """Where a provider notes what it begins, so that it is known when the process is killed."""

    def begun(self, delivery_ids: Sequence[int]) -> None:
        """Note that these messages are begun; called before an octet of one leaves the process."""
        ...

    def withdrawn(self, delivery_ids: Sequence[int]) -> None:
        """Note that of these messages not one octet left after all, or that they were not taken."""
        ...


class NoJournal:
    """Notes nothing."""

    def begun(self, delivery_ids: Sequence[int]) -> None: ...
    def withdrawn(self, delivery_ids: Sequence[int]) -> None: ...


NO_JOURNAL = NoJournal()


class Provider(Protocol):
    """Anything that accepts mail. `batch_size` is how many recipients a batch has at most."""

    name: str
    batch_size: int
    tells_begun: bool
    """Whether it notes in the journal whatever it begins."""

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        """Submit the batches and yield outcomes as they come.

        Yields an empty sequence when nothing came for about a second. Raises ProviderError when
        everything that has no outcome yet was not submitted.
        """
        ...

    def check(self) -> None:
        """Reach the provider without mailing anybody. Raises ProviderError if it can't."""
        ...

    def close(self) -> None:
        """Close idle connections; the provider can still be used afterwards."""
        ...
