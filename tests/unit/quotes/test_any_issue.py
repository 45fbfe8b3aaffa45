"""What holds for the quotes of any issue, checked apart from the rules that choose them."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from digest.catalog.pages import Lens, ReviewPage, Verdict
from digest.catalog.queries import ComparisonView, ContenderView
from digest.quotes.choice import Quote
from digest.quotes.issue import IssueQuotes, Line, Row, issue_quotes
from tests.parts.pages import comparison, contender

SAID = """
The primitive here is a queue.
Skip it if you pay by the seat.
It loses to Tern on price.
What kills this is the cloud's own scheduler, e.g. the free one.
Ships because it just works.
Docs are short.
But nobody would pay approx. $20 for it.
Worth it only when you run many jobs.
They call it “fast. Cheap. Good.” and mean it.
这个模型能运行，不需要任何密钥。
And so on…
The buyer is whoever was paged last night at 9 a.m. Pacific
""".strip().splitlines()
REVIEW = st.builds(
    ReviewPage,
    st.just(Lens.BUILDER),
    st.lists(st.sampled_from(SAID), min_size=1, max_size=4).map("\n".join),
    st.sampled_from([None, None, Verdict.SHIP, Verdict.SKIP]),
)
PANEL = st.lists(REVIEW, max_size=4).map(
    lambda panel: tuple(
        replace(review, lens=lens) for lens, review in zip(Lens, panel, strict=False)
    )
)
TOOL = st.builds(
    lambda name, score, panel: replace(contender(name, score), description="", reviews=panel),
    st.sampled_from(["Tern", "Gull", "Alder (2B)"]),
    st.sampled_from([None, 0.0, 25.0, 50.0, 75.0, 100.0]),
    PANEL,
)
WEEK = st.lists(st.tuples(TOOL, TOOL), min_size=1, max_size=5)


@given(WEEK)
def test_an_issue_quotes_whole_sentences_once_and_claims_no_verdict_of_its_own(
    week: list[tuple[ContenderView, ContenderView]],
) -> None:
    views = [comparison(number, *pair) for number, pair in enumerate(week)]
    found = issue_quotes(views[0], [Row(view) for view in views[1:]])
    printed = list(_printed(views, found))
    assert len({one.text for one, _ in printed}) == len(printed)
    for one, sides in printed:
        assert one.verdict in set(_verdicts(one, sides)), "and the words are that review's"


def _printed(
    views: list[ComparisonView], found: IssueQuotes
) -> Iterator[tuple[Quote | Line, list[ContenderView]]]:
    """Each quote with the contenders that it may be about."""
    for side, quote in zip(views[0].contenders, (found.left, found.right), strict=True):
        if quote:
            yield quote, [side]
    for view, line in zip(views[1:], found.lines, strict=True):
        if line:
            yield line, [side for side in view.contenders if side.name == line.tool]


def _verdicts(one: Quote | Line, sides: list[ContenderView]) -> Iterator[Verdict | None]:
    """What the source says of each review by this lens that has these words."""
    for side in sides:
        for review in side.reviews:
            if review.lens is one.lens and one.text in _runs(review.quote):
                unanimous = {100.0: Verdict.SHIP, 0.0: Verdict.SKIP, None: None}
                yield review.verdict or unanimous.get(side.panel_score)


def _runs(review: str) -> set[str]:
    said = review.split("\n")
    count = len(said)
    return {" ".join(said[a:b]) for a in range(count) for b in range(a + 1, count + 1)}
