"""How many of the corpora's letters are understood, and that nobody but the dead is suppressed."""

from collections import Counter
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

import pytest

from digest.track.bounces.delivery_report import judge_report
from digest.track.bounces.inbound_message import read_message
from digest.track.bounces.senders import Author, author_of
from tests.corpora import reading
from tests.unit.track.bounces.corpus import is_right, outcomes

SPLITS = ("train", "held", "second", "third")


def test_letters_that_the_rules_were_written_for_are_understood() -> None:
    wrong = {entry["file"]: said for entry, said in outcomes("train") if not is_right(entry, said)}
    assert set(wrong) <= {"cpanel/04-hourly-limit-discarded.eml"}, wrong


@pytest.mark.parametrize("split", SPLITS)
def test_at_least_nine_of_ten_dead_mailboxes_are_found(split: str) -> None:
    found = [said == "hard" for entry, said in outcomes(split) if entry["class"] == "hard"]
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize("split", SPLITS)
def test_nobody_else_is_taken_for_dead(split: str) -> None:
    wrong = {
        entry["file"]
        for entry, said in outcomes(split)
        if said == "hard" and "hard" not in reading.right(entry)
    }
    assert wrong == set()


@pytest.mark.parametrize("split", SPLITS)
def test_nobodys_letter_and_no_automatic_answer_counts_against_them(split: str) -> None:
    acted = ("hard", "soft", "sender", "complaint", "unsubscribe")
    wrong = [
        entry["file"]
        for entry, said in outcomes(split)
        if entry["class"] in ("human", "auto_reply", "not_ours", "other_address")
        and said in acted
        and said not in reading.right(entry)
    ]
    assert wrong == []


@pytest.mark.parametrize("split", ["train", "held"])
def test_every_wish_is_heard(split: str) -> None:
    told = Counter(said for entry, said in outcomes(split) if entry["class"] == "unsubscribe")
    assert set(told) == {"unsubscribe"}


def test_a_public_set_of_old_bounces_is_recognised() -> None:
    """153 samples of 2000 to 2015, of which nothing names a delivery of ours.

    Nine are by people, lists and gateways that bear no mail server's name, seven are automatic
    answers; docs/bounces.md has the figures.
    """
    told = Counter[str]()
    for sample in _samples(resources.files("bounced") / "tests"):
        inbound = read_message(sample.read_bytes())
        judged = judge_report(inbound, "", "") if author_of(inbound) is Author.SERVER else None
        failure = judged[1] if judged else None
        told[str(failure.failure_class) if failure else "not a report"] += 1
    assert told.total() == 153
    assert told["not a report"] <= 16
    assert told["hard"] >= 50
    assert told["unknown"] <= 30


def _samples(folder: Traversable) -> Iterator[Traversable]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _samples(one)
        elif one.name.endswith(".eml"):
            yield one
