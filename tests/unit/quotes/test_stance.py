"""Which sentences carry something, and which way their words point."""

import pytest

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
