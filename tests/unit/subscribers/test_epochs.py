"""Epochs of links: two bytes, a random distance apart, and the same in tokens of before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.public_ids import (
    EPOCHS,
    MAX_PUBLIC_ID,
    MAX_STEP,
    epoch_step,
    from_cell,
    to_cell,
)
from subscribers.tokens import Purpose, TokenClaims, Tokens

TOKENS = Tokens(["one secret of the tests, long enough"])


@given(st.integers(1, MAX_PUBLIC_ID - 1), st.integers(0, EPOCHS - 1))
def test_a_cell_says_the_id_and_the_epoch(public_id: int, epoch: int) -> None:
    assert from_cell(to_cell(public_id, epoch)) == (public_id, epoch)
    assert len(to_cell(public_id, epoch)) == (16 if epoch < 256 else 18)


@pytest.mark.parametrize("text", ["", "0" * 16, "0" * 18, "1" * 17, "G" * 16, "1" * 20])
def test_what_is_no_public_id_is_not_read(text: str) -> None:
    assert from_cell(text) is None


def test_the_next_epoch_is_another_one_and_never_too_far() -> None:
    steps = {epoch_step() for _ in range(2_000)}
    assert len(steps) > 1_000
    assert 1 <= min(steps) <= max(steps) <= MAX_STEP
    assert EPOCHS // MAX_STEP >= 16


@pytest.mark.parametrize(
    ("purpose", "token", "claims"),
    [
        (
            Purpose.PREFERENCES,
            "lYqKyeU8kKjCxoXaQhOIUg",
            TokenClaims(MAX_PUBLIC_ID - 1, 2**31 - 1, 255),
        ),
        (Purpose.CLICK, "ohjBppUaDUskLHNtPvQ0kA", TokenClaims(0x123456789ABCDE, 7, 3)),
    ],
)
def test_tokens_of_the_time_when_epochs_had_one_byte_are_the_same(
    purpose: Purpose, token: str, claims: TokenClaims
) -> None:
    assert TOKENS.read(purpose, token) == claims
    assert TOKENS.make(purpose, claims.subscriber, claims.issue, epoch=claims.epoch) == token
