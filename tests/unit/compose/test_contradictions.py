"""What an editor wrote and the pages contradict, and what they don't."""

import pytest

from digest.compose.contradictions import contradictions
from digest.compose.statements.issue_facts import IssueFacts, issue_facts
from tests.parts.pages import comparison, contender
from tests.unit.compose.test_season import season


def facts(aye: float | None = 0, bee: float | None = 100) -> IssueFacts:
    return issue_facts(
        3,
        [
            comparison(1, contender("Aye", aye), contender("Bee", bee)),
            comparison(2, contender("Aye Mini API", 50), contender("Cee (12B)", 75)),
        ],
    )


FALSE = (
    "Aye beats Bee",
    "Aye beats Bee, 100% to 0%",
    "This week Aye edges out Bee",
    "Aye splits the panel",
    "Bee splits the panel, and two more verdicts",
    "The whole panel would ship Aye",
    "Nobody would ship Bee",
    "Nobody on the panel would ship Bee",
    "The panel would ship Aye",
    "The panel would skip Bee",
    "Bee, at 75%",
    "Nine comparisons and a surprise",
    "Bee and three more comparisons",
    "Seven tools on the bench",
    "Cee splits the panel, Aye divides the panel",
    "Bee wins by 25 points",
    "Bee is 50 points ahead",
    "Aye leads by 100 points",
    "Aye Mini API splits the panel 3 to 1",
    "Bee splits 2-2",
    "Everybody would ship Aye",
    "Everyone on our panel would ship Aye",
    "Every reviewer would ship Aye",
    "All four reviewers would ship Aye Mini API",
    "No reviewer would ship Bee",
    "Not one reviewer ships Bee",
    "Nobody would skip Aye",
    "Everybody would skip Bee",
    "None of the panel would skip Cee",
    "Bee loses to Aye",
    "Bee trails Aye",
    "Aye wins against Bee",
    "Aye earns 100%",
)
TRUE = (
    "Bee beats Aye",
    "Aye Mini API splits the panel",
    "Cee splits the panel",
    "Bee wins by 100 points",
    "Cee is 25 points ahead",
    "Bee won by 25 points last spring",
    "Aye Mini API splits the panel 2 to 2",
    "Aye Mini API splits 2–2, and Bee",
    "Cee (12B) divides the panel",
    "The whole panel would ship Bee",
    "Nobody would ship Aye",
    "Bee at 100%",
    "Two comparisons, four tools, and one more comparison",
    "Is Aye worth it? What nobody tells you about Bee",
    "Aye beats the drum for open weights",
    "20% cheaper, and no comparison",
    "Bee is free",
    "Everybody would ship Bee",
    "Nobody would skip Bee",
    "All four reviewers would skip Aye",
    "No reviewer on the whole planet knows Aye",
    "Aye trails Bee",
    "Bee earned 100%",
    "aye beats bee",
)


@pytest.mark.parametrize("text", FALSE)
def test_a_false_claim_is_found(text: str) -> None:
    assert contradictions(text, facts())


@pytest.mark.parametrize("text", TRUE)
def test_what_holds_or_is_no_claim_passes(text: str) -> None:
    assert contradictions(text, facts()) == []


def test_a_claim_turns_false_with_its_page() -> None:
    assert contradictions("Aye beats Bee", facts(100, 0)) == []
    (what,) = contradictions("Aye beats Bee", facts(0, 100))
    assert what == "it puts Aye ahead of Bee, and no page does"


def test_no_proposal_of_the_season_is_called_false() -> None:
    for one in season():
        issue = issue_facts(one.week.number, one.week.views)
        said = [text for text in one.subjects if " goes from " not in text]
        assert [why for text in said for why in contradictions(text, issue)] == []
