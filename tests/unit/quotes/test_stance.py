"""Which sentences carry something, and which point back at the one before them."""

import pytest

from digest.quotes.dependence import leans_back, needs_its_predecessor
from digest.quotes.stance import Lean, Signal, stance


@pytest.mark.parametrize(
    ("sentence", "signal"),
    [
        ("Skip if you pay by the seat.", Signal.VERDICT),
        ("Ships on merit, not on promises.", Signal.VERDICT),
        ("I’d still ship it today.", Signal.VERDICT),
        ("I'm not shipping it this year.", Signal.VERDICT),
        ("The ship is the retry policy.", Signal.VERDICT),
        ("Nobody would buy a second seat.", Signal.VERDICT),
        ("What kills this is the cloud's own scheduler.", Signal.REASON),
        ("Teams leave because the price doubles.", Signal.REASON),
        ("Gull falls over at ten users.", Signal.REASON),
        ("Worth it when you run many jobs.", Signal.CONDITION),
        ("Only if the team is small.", Signal.CONDITION),
        ("Gull loses to Tern on price.", Signal.COMPARISON),
        ("Gull is cheaper than one hour of work.", Signal.COMPARISON),
        ("A seat costs $20 here.", Signal.FIGURE),
        ("A run takes 3 minutes.", Signal.FIGURE),
    ],
)
def test_a_sentence_carries_a_signal(sentence: str, signal: Signal) -> None:
    assert signal in stance(sentence).signals


@pytest.mark.parametrize(
    "sentence",
    ["The primitive here is a job runner.", "They know their market.", "Shippers move parcels."],
)
def test_a_sentence_without_a_stance_weighs_nothing(sentence: str) -> None:
    assert stance(sentence).weight == 0


def test_the_rivals_name_is_a_comparison() -> None:
    assert stance("So does Tern (2B) here.", ("Tern (2B)", "Tern")).weight > 0
    assert stance("So does Tern here.", ("",)).weight == 0


@pytest.mark.parametrize(
    ("sentence", "lean"),
    [
        ("Ships because it just works.", Lean.FOR),
        ("What kills this is the price.", Lean.AGAINST),
        ("Skip as a business, ship as infrastructure.", Lean.BOTH),
        ("The docs are short.", Lean.NEITHER),
    ],
)
def test_words_point_one_way_or_both(sentence: str, lean: Lean) -> None:
    assert stance(sentence).lean is lean


@pytest.mark.parametrize(
    "sentence",
    [
        "It loses to Tern.",
        "It’s fine.",
        "This is a bet.",
        "That said, I'd keep it.",
        "But it needs a database.",
        "“They know it.”",
        "However, it works.",
        "E.g. the client does.",
        "For example, the client.",
        "它的文档很好。",
    ],
)
def test_a_sentence_that_points_back_is_known(sentence: str) -> None:
    assert needs_its_predecessor(sentence)


@pytest.mark.parametrize("sentence", ["Italy is far.", "Thistle works.", "Butter is not needed."])
def test_a_name_that_begins_like_a_pronoun_does_not_point_back(sentence: str) -> None:
    assert not needs_its_predecessor(sentence)


def test_words_within_a_sentence_point_back_too() -> None:
    assert leans_back("The business survives that scenario.")
    assert leans_back("We prefer the latter.")
    assert not leans_back("The scenario where this breaks is a long one.")
