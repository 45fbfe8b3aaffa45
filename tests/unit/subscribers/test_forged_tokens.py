"""A million tokens that are none of ours, for every purpose: none is accepted.

One in 2^25 would be well-formed, so the chance is always the same.
"""

import random
import string

from subscribers.tokens import BLOCK, TOKEN_LENGTH, Purpose, Tokens, _encode

OURS = Tokens(["one secret of the tests, long enough"])
THEIRS = Tokens(["a secret of somebody else, long enough"])
EACH = 32_000
ALPHABET = string.ascii_letters + string.digits + "-_"


def invented(chance: random.Random) -> list[str]:
    return [token.decode() for token in _encode(chance.randbytes(BLOCK * EACH))]


def altered(own: list[str], chance: random.Random) -> list[str]:
    """One character another one."""
    found = []
    for token in own:
        place = chance.randrange(TOKEN_LENGTH)
        other = chance.choice(ALPHABET.replace(token[place], ""))
        found.append(token[:place] + other + token[place + 1 :])
    return found


def cut(own: list[str], chance: random.Random) -> list[str]:
    """Too short, too long, padded, or with what decoders let pass."""
    ends = ("", "=", "==", " ", "\n", "\0")
    return [token[: chance.randrange(TOKEN_LENGTH)] + chance.choice(ends) for token in own]


def joined(own: list[str], chance: random.Random) -> list[str]:
    """The first half of one and the second of another."""
    halves = [(token[:11], chance.choice(own)[11:]) for token in own]
    mine = set(own)
    return [a + b for a, b in halves if a + b not in mine]


def test_none_of_a_million_is_accepted() -> None:
    chance = random.Random(5)
    tried = 0
    for purpose in Purpose:
        people = range(1, EACH + 1)
        own = OURS.make_many([purpose], people, 3)[0]
        others = [other for other in Purpose if other is not purpose]
        mixed = joined(own[:200], chance)
        for forged in (
            invented(chance),
            altered(own, chance),
            cut(own, chance),
            mixed,
            THEIRS.make_many([purpose], people, 3)[0],
            *OURS.make_many(others, range(1, EACH // 6 + 2), 3),
        ):
            assert OURS.read_many(purpose, forged) == [None] * len(forged)
            tried += len(forged)
        assert None not in OURS.read_many(purpose, own)
    assert tried > 1_000_000
