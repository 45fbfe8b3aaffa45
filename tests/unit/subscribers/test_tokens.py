"""Tokens: each for one purpose, one person and one issue, and not to be made up."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.public_ids import EPOCHS, MAX_PUBLIC_ID
from subscribers.tokens import (
    MAX_ISSUE_ID,
    TOKEN_LENGTH,
    Purpose,
    TokenClaims,
    TokenError,
    Tokens,
)

TOKENS = Tokens(["one secret of the tests, long enough"])
ALPHABET = string.ascii_letters + string.digits + "-_"


@given(
    st.sampled_from(Purpose),
    st.integers(0, MAX_PUBLIC_ID - 1),
    st.integers(0, MAX_ISSUE_ID - 1),
    st.integers(0, EPOCHS - 1),
)
def test_a_token_says_what_it_was_made_for(
    purpose: Purpose, subscriber: int, issue: int, epoch: int
) -> None:
    token = TOKENS.make(purpose, subscriber, issue, epoch=epoch)
    assert TOKENS.read(purpose, token) == TokenClaims(subscriber, issue, epoch)
    assert len(token) == TOKEN_LENGTH
    assert set(token) <= set(ALPHABET)


@given(
    st.sampled_from(Purpose),
    st.lists(st.integers(0, 2**40 - 1), max_size=5),
    st.integers(0, 2**24 - 1),
)
def test_a_token_of_row_numbers_is_read_as_such(
    purpose: Purpose, numbers: list[int], issue: int
) -> None:
    made = TOKENS.make_legacy(purpose, numbers, issue)
    assert TOKENS.read_many(purpose, made) == [
        TokenClaims(number, issue, legacy=True) for number in numbers
    ]


@pytest.mark.parametrize("made", Purpose)
@pytest.mark.parametrize("read", Purpose)
def test_a_token_serves_no_other_purpose(made: Purpose, read: Purpose) -> None:
    token = TOKENS.make(made, 7, 3)
    if made is read:
        return
    with pytest.raises(TokenError):
        TOKENS.read(read, token)


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    people = list(range(50))
    purposes = [Purpose.CLICK, Purpose.VOTE]
    assert TOKENS.make_many(purposes, people, 9) == [
        [TOKENS.make(purpose, person, 9) for person in people] for purpose in purposes
    ]


def test_every_changed_character_is_noticed() -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, 7, 3)
    for place in range(TOKEN_LENGTH):
        for character in ALPHABET:
            forged = token[:place] + character + token[place + 1 :]
            if forged != token:
                with pytest.raises(TokenError):
                    TOKENS.read(Purpose.UNSUBSCRIBE, forged)


def test_made_up_tokens_are_refused() -> None:
    dice = random.Random(8)
    for _ in range(20_000):
        made_up = "".join(dice.choices(ALPHABET, k=TOKEN_LENGTH))
        with pytest.raises(TokenError):
            TOKENS.read(Purpose.UNSUBSCRIBE, made_up)


@given(st.text(max_size=60))
def test_garbage_is_refused_and_nothing_else_is_raised(garbage: str) -> None:
    with pytest.raises(TokenError):
        TOKENS.read(Purpose.CLICK, garbage)


def test_a_new_secret_writes_and_the_old_one_still_reads() -> None:
    old = Tokens(["the old secret of the tests, long enough"])
    both = Tokens(
        ["the new secret of the tests, long enough", "the old secret of the tests, long enough"]
    )
    assert both.read(Purpose.UNSUBSCRIBE, old.make(Purpose.UNSUBSCRIBE, 5)) == TokenClaims(5, 0)
    with pytest.raises(TokenError):
        old.read(Purpose.UNSUBSCRIBE, both.make(Purpose.UNSUBSCRIBE, 5))


@pytest.mark.parametrize(
    ("subscriber", "issue"), [(-1, 0), (MAX_PUBLIC_ID, 0), (0, MAX_ISSUE_ID), (0, -1)]
)
def test_numbers_that_do_not_fit_are_refused(subscriber: int, issue: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        TOKENS.make(Purpose.CLICK, subscriber, issue)


@given(
    st.lists(
        st.one_of(
            st.builds(TOKENS.make, st.sampled_from(Purpose), st.integers(0, 2**40 - 1)),
            st.text(max_size=30),
            st.text(ALPHABET, min_size=TOKEN_LENGTH, max_size=TOKEN_LENGTH),
            st.just("é" * TOKEN_LENGTH),
        ),
        max_size=12,
    ),
    st.sampled_from(Purpose),
)
def test_many_are_read_as_each_would_be(tokens: list[str], purpose: Purpose) -> None:
    def alone(token: str) -> TokenClaims | None:
        try:
            return TOKENS.read(purpose, token)
        except TokenError:
            return None

    assert TOKENS.read_many(purpose, tokens) == [alone(token) for token in tokens]


def test_many_made_with_an_older_secret_are_read_too() -> None:
    old, both = Tokens(["old" * 12]), Tokens(["new" * 12, "old" * 12])
    mixed = [old.make(Purpose.DELIVERY, 5), both.make(Purpose.DELIVERY, 6), "x" * TOKEN_LENGTH]
    assert both.read_many(Purpose.DELIVERY, mixed) == [TokenClaims(5, 0), TokenClaims(6, 0), None]
