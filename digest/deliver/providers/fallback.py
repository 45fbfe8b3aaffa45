"""A second provider to fall back to while the first can't be used.

By a provider's contract what has no outcome when a `ProviderError` is raised was not submitted, so
it may be offered to the second one. What is in doubt has an outcome (`Unknown`), and so has what
was refused: neither is ever offered again.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import chain
from typing import Generic, TypeVar

from digest.deliver.providers.base import (
    NO_JOURNAL,
    CredentialsRefusedError,
    Journal,
    Outcome,
    Provider,
    ProviderBusyError,
    ProviderError,
    RefusedForAllError,
    SubmissionStoppedError,
    never,
)
from digest.message.edition import Edition
from digest.message.personalization import Personalization

REST_SECONDS = 300.0
"""For how long the first provider is not asked again, where it does not say so itself."""
log = logging.getLogger(__name__)
Item = TypeVar("Item")


class _Resumable(Generic[Item]):
    """An iterator that whoever iterates over it can't close."""

    def __init__(self, source: Iterable[Item]) -> None:
        self._source = iter(source)

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        return next(self._source)


class FallbackProvider:
    """Submit through `first`; through `second` what `first` could not be offered."""

    def __init__(self, first: Provider, second: Provider, clock: Callable[[], datetime]) -> None:
        self.name = first.name
        self.batch_size = first.batch_size
        self.tells_begun = first.tells_begun and second.tells_begun
        self._first = first
        self._second = second
        self._clock = clock
        self._rests_until: datetime | None = None

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        """Submit the batches. Raises ProviderError if neither provider can be used."""
        source = _Resumable(batches)
        waiting: dict[int, Personalization] = {}
        why: ProviderError | None = None
        if self._rests_until is None or self._clock() >= self._rests_until:
            try:
                with closing(
                    _generator(
                        self._first.submit(edition, _noted(source, waiting), should_stop, journal)
                    )
                ) as outcomes:
                    for some in outcomes:
                        for one in some:
                            waiting.pop(one.delivery_id, None)
                        yield some
            except ProviderError as error:
                if not _is_tried_elsewhere(error):
                    raise
                why = error
                self._rest(error)
            else:
                return
        left = [list(waiting.values())] if waiting else []
        try:
            yield from self._second.submit(edition, chain(left, source), should_stop, journal)
        except ProviderError as error:
            if not _is_tried_elsewhere(error):
                raise
            self._rests_until = None
            raise _neither(why, error) from error

    def check(self) -> None:
        """Reach both. Raises ProviderError if one can't be reached, since either is relied on."""
        failed = []
        for role, provider in (("the first relay", self._first), ("the fallback", self._second)):
            try:
                provider.check()
            except ProviderError as error:
                failed.append(f"{role}: {error}")
        if failed:
            raise ProviderError("; ".join(failed))

    def close(self) -> None:
        """Close the idle connections of both."""
        self._first.close()
        self._second.close()

    def _rest(self, error: ProviderError) -> None:
        seconds = error.retry_after if isinstance(error, ProviderBusyError) else REST_SECONDS
        self._rests_until = self._clock() + timedelta(seconds=seconds)
        log.warning("falling back to the second relay until %s: %s", self._rests_until, error)


def _noted(
    source: Iterable[Sequence[Personalization]], waiting: dict[int, Personalization]
) -> Iterator[Sequence[Personalization]]:
    """Yield the batches, and note in `waiting` whose outcome is still to come."""
    for batch in source:
        waiting.update({one.delivery_id: one for one in batch})
        yield batch


def _generator(outcomes: Iterator[Sequence[Outcome]]) -> Generator[Sequence[Outcome], None, None]:
    """Return the same as something that can be closed, whatever the provider made it of."""
    yield from outcomes


def _is_tried_elsewhere(error: ProviderError) -> bool:
    """Return whether another relay may take what this one did not; a password is a relay's own."""
    about_all = isinstance(error, RefusedForAllError | SubmissionStoppedError)
    return not about_all or isinstance(error, CredentialsRefusedError)


def _neither(first: ProviderError | None, second: ProviderError) -> ProviderError:
    """Return the error of both; it asks to wait where one of them does."""
    said = f"{first}; the fallback: {second}" if first else f"the fallback: {second}"
    if all(isinstance(one, CredentialsRefusedError) for one in (first, second)):
        return CredentialsRefusedError(said)
    waits = [one.retry_after for one in (first, second) if isinstance(one, ProviderBusyError)]
    return ProviderBusyError(said, min(waits)) if waits else ProviderError(said)
