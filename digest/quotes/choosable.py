"""Finds the sentences of a review that an editor can choose, and the one that they chose."""

from digest.catalog.pages import ReviewPage
from digest.catalog.queries import ComparisonView
from digest.quotes.choice import Quote
from digest.quotes.issue import issue_habits, setting
from digest.quotes.sentences import sentences


def quotable(review: ReviewPage) -> list[str]:
    """Return the sentences of a review, in its order, as they would be printed."""
    return sentences(review.quote)


def quoted(view: ComparisonView, side: int, lens: str, text: str) -> Quote | None:
    """Return the sentence as the page has it now; None if that reviewer no longer says so."""
    unanimous = setting(view, side, issue_habits([view])).unanimous
    for review in view.contenders[side].reviews:
        if review.lens == lens and text in quotable(review):
            return Quote(review.lens, text, review.verdict or unanimous)
    return None
