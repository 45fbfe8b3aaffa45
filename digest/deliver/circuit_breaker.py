"""Tell refusals that speak of single addresses from refusals that speak of us.

A circuit breaker for one issue in one process. It sees every outcome, and opens when refusals
repeat in the same words, or hit most of a run: a wrong setting, a quota, a relay that denies us.
What it has seen refused in such a row is `suspected`; nobody is suppressed for it, and all of it is
queued again once the breaker opens. Values only: no database, no clock.

Each kind of refusal has a score, as in a CUSUM control chart: a refusal adds one, each message
that is accepted takes a little off. So a share of dead addresses, however long the list, keeps the
score near zero, while the same share in one row does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from digest.deliver.bounce_policy.failure import Cause, FailureClass
from digest.deliver.bounce_policy.reply_text import fold_words
from digest.deliver.providers.base import Accepted, Outcome, Rejected

SAME_WORDS_LIMIT = 10
"""Refusals in the same words, not about the address, that open the breaker."""
SAME_WORDS_RECOVERY = 0.25
"""What an accepted message takes off: a tenth may be refused in the same words for long.

At a fifth it would be even; docs/servers.md has the rates.
"""
MOST_LIMIT = 60
"""Refusals of any kind, dead addresses included, in a run where most are refused.

Refusals are heard at RCPT, before the bodies of some hundred messages in flight are answered: so it
takes many.
"""
MOST_RECOVERY = 1.0
"""What an accepted message takes off: up to half may be refused for long, as after an import."""
SHORT_RUN_LIMIT = 10
"""Refusals of any kind that are enough where a run ends early, and most of it was refused."""
QUARANTINE = 20
"""Messages that must be accepted after a score is back at zero until its refusals are believed:
replies of several connections come in any order."""
CALM_SCORE = 5.0
"""Below this score the end of a run ends its suspicion too."""
ABOUT_ALL = frozenset(
    {Cause.SENDER_ADDRESS, Cause.SIZE, Cause.RELAYING, Cause.AUTHENTICATION, Cause.RATE}
)
"""Causes that are the same for whoever is mailed, so that few refusals tell them."""
AT_ONCE = frozenset({Cause.SENDER_ADDRESS, Cause.SIZE})
"""Causes of which the first refusal is enough, where nobody's message was accepted yet."""


@dataclass(slots=True)
class _Tally:
    """Refusals of one kind in a row; `accepted` is how many were accepted when it was last seen."""

    score: float = 0.0
    accepted: int = 0
    refused: dict[int, Rejected] = field(default_factory=dict)

    def add(self, rejected: Rejected, accepted: int, recovery: float) -> None:
        self.recover(accepted, recovery)
        # Tried again and refused again is one refusal of one reader.
        if rejected.delivery_id not in self.refused:
            self.refused[rejected.delivery_id] = rejected
            self.score = max(0.0, self.score) + 1

    def recover(self, accepted: int, recovery: float) -> None:
        self.score -= recovery * (accepted - self.accepted)
        self.accepted = accepted
        if self.score <= -recovery * QUARANTINE:
            self.score = -recovery * QUARANTINE
            self.refused.clear()


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the breaker opened: the reply that was heard `count` times, or the first of many."""

    rejected: Rejected
    count: int


class CircuitBreaker:
    """Watches the outcomes of one issue. `trip` is set once it is open, and stays."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.trip: Trip | None = None
        self.postponed: dict[int, Rejected] = {}
        """Refusals that are settled, and whose bounce policy waits for the suspicion to pass."""
        self.enabled = enabled
        self._accepted = 0
        self._most = _Tally()
        self._by_words: dict[str, _Tally] = {}
        self._refused: set[int] = set()
        self._run_accepted = 0
        self._run_refused: dict[int, Rejected] = {}

    @property
    def is_open(self) -> bool:
        return self.trip is not None

    def begin_run(self) -> None:
        """Begin to count what `end_run` judges."""
        self._run_accepted, self._run_refused = 0, {}

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Count outcomes in the order they came."""
        accepted = 0
        for one in outcomes:
            if isinstance(one, Accepted):
                accepted += 1
            elif isinstance(one, Rejected) and one.permanent and not one.is_local:
                self._count_accepted(accepted)
                accepted = 0
                self._refuse(one)
        self._count_accepted(accepted)

    def end_run(self) -> None:
        """Judge a run that was too short for the limits."""
        refused = list(self._run_refused.values())
        if self.is_open or not self.enabled or not refused:
            return
        about_all = [one for one in refused if one.failure.cause in ABOUT_ALL]
        if len(self._refused) >= SHORT_RUN_LIMIT and len(self._refused) > self._accepted:
            self._open(self._most_heard(refused))
        elif about_all and len(about_all) == len(refused) and not self._run_accepted:
            self._open(self._most_heard(about_all))

    def suspected(self) -> dict[int, Rejected]:
        """Return the refusals, by delivery, that may speak of us; all of them once it is open."""
        if not self.enabled:
            return {}
        self._most.recover(self._accepted, MOST_RECOVERY)
        found = dict(self._most.refused)
        for words, tally in list(self._by_words.items()):
            tally.recover(self._accepted, SAME_WORDS_RECOVERY)
            if tally.refused:
                found |= tally.refused
            else:
                del self._by_words[words]
        return found | self._run_refused if self.is_open else found

    def is_calm(self) -> bool:
        """True if nothing but single refusals is suspected."""
        scores = [self._most.score, *(one.score for one in self._by_words.values())]
        return not self.is_open and max(scores) < CALM_SCORE

    def clear(self) -> None:
        """Suspect nothing of what was seen so far."""
        self._most, self._by_words = _Tally(accepted=self._accepted), {}

    def _count_accepted(self, count: int) -> None:
        self._accepted += count
        self._run_accepted += count

    def _refuse(self, rejected: Rejected) -> None:
        if not self.enabled:
            return
        self._refused.add(rejected.delivery_id)
        self._run_refused[rejected.delivery_id] = rejected
        self._most.add(rejected, self._accepted, MOST_RECOVERY)
        if self._most.score >= MOST_LIMIT:
            self._open(self._most_heard(list(self._most.refused.values())))
        if rejected.failure.failure_class is FailureClass.HARD:
            return
        tally = self._by_words.setdefault(same_words(rejected), _Tally(accepted=self._accepted))
        tally.add(rejected, self._accepted, SAME_WORDS_RECOVERY)
        if tally.score >= SAME_WORDS_LIMIT or self._is_enough_at_once(rejected):
            self._open(Trip(rejected, len(tally.refused)))

    def _is_enough_at_once(self, rejected: Rejected) -> bool:
        whole_request = (
            rejected.stage is None and rejected.failure.failure_class is FailureClass.SENDER
        )
        return not self._accepted and (rejected.failure.cause in AT_ONCE or whole_request)

    def _open(self, trip: Trip) -> None:
        self.trip = self.trip or trip

    @staticmethod
    def _most_heard(refused: Sequence[Rejected]) -> Trip:
        by_words: dict[str, list[Rejected]] = {}
        for one in refused:
            by_words.setdefault(same_words(one), []).append(one)
        most = max(by_words.values(), key=len)
        return Trip(most[0], len(most))


def same_words(rejected: Rejected) -> str:
    """Return a refusal without what differs from one to the next: numbers, ids, addresses."""
    return f"{rejected.code} {fold_words(rejected.detail)}"
