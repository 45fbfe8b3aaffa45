"""Whatever is left of a journal, nothing that was begun counts as never begun.

A history of claims, beginnings and answers is written by the real writer; then the file is cut at
any byte, or garbled, as by a torn write or a lost page.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.journal.format import Notes, read_notes
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from tests.parts.journals import AT, files, writer

IDS = list(range(100, 112))
BATCHES = [(1, IDS[:7]), (2, IDS[7:])]


def outcomes(delivery: int) -> list[Outcome]:
    """One of each kind."""
    failure = Failure(FailureClass.HARD, Cause.NO_MAILBOX, "5.1.1")
    return [
        Accepted(delivery, f"4Xq{delivery}"),
        Unknown(delivery, "the connection broke"),
        Rejected(delivery, True, "550 5.1.1", "nobody ü here", failure, Stage.RCPT),
        Rejected(delivery, False, "451", "later", retry_after=60.5),
        Rejected(delivery, True, "5.1.3", "no address", is_local=True),
        Accepted(delivery, "two\nlines ü"),
    ]


HANDED_OVER = {0, 1, 5}
"""The kinds of outcomes that say that a message was begun."""


@dataclass
class History:
    """What really happened: `begun` and not taken back, and `answered`; `content` is the file."""

    begun: set[int] = field(default_factory=set)
    answered: dict[int, Outcome] = field(default_factory=dict)
    content: bytes = b""

    def check(self, notes: Notes | None) -> None:
        """Nothing that was begun is untouched, and nothing is answered that was not."""
        if notes is None:
            return
        assert notes.untouched.isdisjoint(self.begun)
        assert notes.outcomes.items() <= self.answered.items()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begun", "withdrawn", "answered"]),
        st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=True),
        st.integers(0, 5),
    ),
    max_size=12,
)


def play(steps: list[tuple[str, list[int], int]]) -> list[History]:
    """The history after each step, each with the bytes that a kill would leave then."""
    with tempfile.TemporaryDirectory() as name:
        journal = writer(Path(name))
        journal.claimed(BATCHES, AT)
        [path] = files(Path(name))
        found = [History(content=path.read_bytes())]
        for step, ids, kind in steps:
            now = History(set(found[-1].begun), dict(found[-1].answered))
            open_ = [one for one in ids if one not in now.answered]
            if step == "begun":
                journal.begun(open_)
                now.begun.update(open_)
            elif step == "withdrawn":
                journal.withdrawn(open_)
                now.begun.difference_update(open_)
            else:
                # Refused at RCPT, or here, it was never begun; whatever else is said of it, it was.
                handed_over = open_ if kind in HANDED_OVER else []
                journal.begun(handed_over)
                now.begun.update(handed_over)
                said = [outcomes(one)[kind] for one in open_]
                journal.answered(said)
                now.answered.update({one.delivery_id: one for one in said})
            now.content = path.read_bytes()
            found.append(now)
        journal.close()
        return found


@given(STEPS)
def test_a_whole_journal_says_all_that_happened(steps: list[tuple[str, list[int], int]]) -> None:
    for history in play(steps):
        notes = read_notes(history.content)
        assert notes is not None
        assert notes.outcomes == history.answered
        assert notes.untouched == set(IDS) - history.begun - history.answered.keys()


PLACES = st.integers(0, 10_000)
"""Taken modulo the file's size, which differs by a few octets from run to run."""


@given(STEPS, st.lists(PLACES, min_size=5, max_size=20))
def test_cut_at_any_byte_it_says_nothing_wrong(
    steps: list[tuple[str, list[int], int]], ends: list[int]
) -> None:
    history = play(steps)[-1]
    for end in ends:
        history.check(read_notes(history.content[: end % (len(history.content) + 1)]))


@given(STEPS, PLACES, PLACES, st.binary(max_size=64) | st.integers(0, 300).map(bytes))
def test_garbled_anywhere_it_says_nothing_wrong(
    steps: list[tuple[str, list[int], int]], place: int, length: int, noise: bytes
) -> None:
    """Octets changed, zeroed, left out or put in, at any place."""
    history = play(steps)[-1]
    start = place % (len(history.content) + 1)
    end = start + length % (len(history.content) - start + 1)
    history.check(read_notes(history.content[:start] + noise + history.content[end:]))
    history.check(read_notes(history.content[:start] + noise))


@given(st.binary(max_size=400))
def test_what_is_no_journal_is_none(content: bytes) -> None:
    assert read_notes(content) is None


def test_every_byte_of_one_history() -> None:
    """The same without chance: every length, and every octet wrong."""
    steps = [
        ("begun", IDS[:5], 0),
        ("answered", IDS[:2], 0),
        ("answered", IDS[2:3], 2),
        ("begun", IDS[6:9], 0),
        ("withdrawn", IDS[8:9], 0),
    ]
    history = play(steps)[-1]
    for place in range(len(history.content)):
        history.check(read_notes(history.content[:place]))
        garbled = bytearray(history.content)
        garbled[place] ^= 0x5A
        history.check(read_notes(bytes(garbled)))
