"""The circuit breaker alone: which rows of outcomes open it, for all rows there are."""

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.bounce_policy.reply_text import fold_words
from digest.deliver.circuit_breaker import (
    MOST_LIMIT,
    QUARANTINE,
    SAME_WORDS_LIMIT,
    CircuitBreaker,
)
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown

DEAD = Failure(FailureClass.HARD, Cause.NO_MAILBOX)
POLICY = Failure(FailureClass.SENDER, Cause.POLICY)


def refused(number: int, failure: Failure = POLICY, words: str = "no") -> Rejected:
    return Rejected(number, True, "550", words, failure=failure, stage=Stage.RCPT)


def heard(outcomes: list[Outcome]) -> CircuitBreaker:
    breaker = CircuitBreaker()
    breaker.record(outcomes)
    return breaker


def test_ten_in_the_same_words_open_it_and_nine_do_not() -> None:
    row: list[Outcome] = [refused(number) for number in range(SAME_WORDS_LIMIT)]
    assert heard(row).is_open
    assert not heard(row[:-1]).is_open


def test_numbers_and_ids_do_not_make_other_words() -> None:
    row: list[Outcome] = [
        refused(number, words=f"[qx{number}] limit of 100 reached ({100 + number}/100)")
        for number in range(SAME_WORDS_LIMIT)
    ]
    assert heard(row).is_open
    assert fold_words("Over 5 (101%) of 4bZ2") == fold_words("over 7 (99%) of 9aa1")


def test_one_reader_refused_again_and_again_is_one_refusal() -> None:
    assert not heard([refused(1) for _ in range(100)]).is_open


def test_dead_addresses_open_it_only_where_they_are_most() -> None:
    dead: list[Outcome] = [refused(number, DEAD) for number in range(MOST_LIMIT)]
    assert heard(dead).is_open
    between: list[Outcome] = [Accepted(1000 + number, "") for number in range(MOST_LIMIT)]
    mixed = [one for pair in zip(dead, between, strict=True) for one in pair]
    assert not heard(mixed * 1).is_open


@given(st.lists(st.sampled_from(["dead", "yes", "yes", "unknown"]), max_size=400))
def test_what_is_suspected_was_refused_for_good(kinds: list[str]) -> None:
    made = {
        "dead": lambda number: refused(number, DEAD),
        "yes": lambda number: Accepted(number, ""),
        "unknown": lambda number: Unknown(number, ""),
    }
    outcomes = [made[kind](number) for number, kind in enumerate(kinds)]
    breaker = heard(outcomes)
    assert set(breaker.suspected()) <= {n for n, kind in enumerate(kinds) if kind == "dead"}
    if breaker.is_open:
        assert kinds.count("dead") >= MOST_LIMIT


@given(st.integers(0, 9), st.integers(10, 2_000))
def test_a_regular_tenth_never_opens_it(first: int, many: int) -> None:
    """However long the list is, and in the same words."""
    outcomes: list[Outcome] = [
        refused(number) if number % 10 == first else Accepted(number, "") for number in range(many)
    ]
    breaker = heard(outcomes)
    breaker.end_run()
    assert not breaker.is_open


def test_a_refusal_is_believed_once_enough_was_accepted_after_it() -> None:
    yes: list[Outcome] = [Accepted(100 + number, "") for number in range(QUARANTINE + 1)]
    assert set(heard([refused(1, DEAD), *yes[:-1]]).suspected()) == {1}
    assert not heard([refused(1, DEAD), *yes]).suspected()


def test_everything_refused_before_it_opened_is_suspected() -> None:
    row: list[Outcome] = [refused(number, words=f"{'abcdefghij'[number]}") for number in range(9)]
    breaker = heard([*row, *[refused(100 + number, DEAD) for number in range(MOST_LIMIT)]])
    assert breaker.is_open
    assert len(breaker.suspected()) == 9 + MOST_LIMIT


def test_a_setting_that_is_wrong_for_all_opens_it_at_once_before_anything_was_accepted() -> None:
    about_sender = Failure(FailureClass.SENDER, Cause.SENDER_ADDRESS)
    assert heard([refused(1, about_sender)]).is_open
    assert not heard([Accepted(1, ""), refused(2, about_sender)]).is_open


def test_what_is_decided_here_is_nothing_the_provider_said() -> None:
    row: list[Outcome] = [refused(number, DEAD)._replace(is_local=True) for number in range(100)]
    assert not heard(row).is_open
