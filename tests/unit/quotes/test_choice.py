"""Which sentence of a tool's reviews is quoted."""

import pytest

from digest.catalog.pages import Lens, ReviewPage, Verdict
from digest.quotes.choice import MAX_PULL, Quote, QuoteContext, choose
from digest.quotes.habits import detect_habits
from digest.quotes.scripts import width
from tests.unit.quotes.reviews import CORMORANT, HERONRY, reviews

HABITS = detect_habits([*HERONRY.values(), *CORMORANT.values()])


def quote(panel: tuple[ReviewPage, ...], longest: int = MAX_PULL, **known: object) -> Quote:
    found = choose(panel, QuoteContext(**{"habits": HABITS, **known}), longest)  # type: ignore[arg-type]
    assert found is not None
    return found.quote


def only(text: str, longest: int = MAX_PULL) -> str | None:
    found = choose([ReviewPage(Lens.BUILDER, text)], QuoteContext(detect_habits([])), longest)
    return found.quote.text if found else None


def test_a_verdict_with_its_condition_comes_before_a_description() -> None:
    chosen = quote(reviews(HERONRY))
    assert chosen.text == "Skip it if you pay by the seat; ship it if you pay by the job."
    assert chosen.lens is Lens.FOUNDER


def test_a_comparison_with_the_rival_counts() -> None:
    chosen = quote(reviews(CORMORANT), rivals=("Heronry",), unanimous=Verdict.SHIP)
    assert chosen.text.startswith("Ships because Cormorant's client")


def test_an_opening_by_habit_is_left_alone() -> None:
    for lens, text in (HERONRY | CORMORANT).items():
        assert not text.startswith(quote((ReviewPage(lens, text),)).text)


def test_a_sentence_that_points_back_gives_way_to_one_that_stands_alone() -> None:
    assert only("But I'd never ship it. The docs are short and dated.") == (
        "The docs are short and dated."
    )


def test_a_sentence_that_points_back_takes_its_predecessor_along() -> None:
    text = "The primitive here is a queue. The docs are thin. It loses to Tern because of them."
    assert only(text) == "The docs are thin. It loses to Tern because of them."


def test_what_cannot_be_avoided_is_quoted() -> None:
    assert only("It falls over at 9 a.m. Pacific every single day.") is not None
    assert only("The primitive here is a queue.") == "The primitive here is a queue."


def test_short_sentences_are_quoted_together() -> None:
    assert only("It works. Ship it now.") == "It works. Ship it now."
    assert only("Ship it. Yes.") is None


def test_nothing_is_cut_to_fit() -> None:
    long = "Ship it " + "and so on " * 40 + "forever."
    assert only(long) is None
    assert only(f"{long} The docs are short and dated.") == "The docs are short and dated."


def test_an_inner_quotation_is_never_left_open() -> None:
    text = "They call it “fast. The docs are short and dated"
    assert only(text) is None
    assert only(f"{text}. Really.” and mean it.") == f"{text}. Really.” and mean it."


@pytest.mark.parametrize(
    "text",
    [
        "No. 1 in its class is what the page claims, vs. Tern 4.1 which is what most teams pay.",
        "The plan costs approx. $20 a month, and the limits are stated on the same page.",
        "E.g. the rival's own client does it in one call, which nobody else does this year.",
        "I ran it against the U.S. Treasury's filings, which took an hour and a half.",
    ],
)
def test_a_sentence_with_abbreviations_is_quoted_whole(text: str) -> None:
    assert only(text) == text


def test_a_text_without_spaces_is_quoted_by_the_sentence() -> None:
    first, second = (
        "这个模型下载之后马上就能运行，不需要任何密钥。",
        "它的参数命名清楚，文档也写得很好。",
    )
    assert only((first + second) * 6) == first


def test_a_reviewer_known_to_have_the_wanted_verdict_speaks() -> None:
    said = reviews(HERONRY, builder=Verdict.SHIP, skeptic=Verdict.SKIP, founder=Verdict.SHIP)
    chosen = quote(said, wanted=Verdict.SKIP)
    assert (chosen.lens, chosen.verdict) == (Lens.SKEPTIC, Verdict.SKIP)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Would I run it at work?", "Yes, if the price of a seat stays below ten dollars."),
        ("Would I run it at work?", "Only where somebody else pays for every seat of it."),
        ("Würde ich das benutzen?", "Ja, wenn der Preis pro Platz unter zehn Euro bleibt."),
        ("Est-ce que je m'en sers ?", "Oui, si le prix reste sous dix euros par mois."),
        ("¿Lo usaría en el trabajo?", "Sí, si el precio se queda por debajo de diez euros."),
        ("هل أستخدمه في العمل كل يوم؟", "نعم، إذا بقي السعر أقل من عشرة دولارات في الشهر."),
        ("我会在工作中使用它吗？", "会，如果每个座位的价格一直低于十美元的话。"),
        ("仕事で毎日使うだろうか？", "はい、一席の値段が十ドルより安いままならば使います。"),
    ],
)
def test_an_answer_is_quoted_with_its_question_or_not_at_all(question: str, answer: str) -> None:
    gap = " " if question.isascii() or question[0] in "Wه¿" else ""
    both = f"{question}{gap}{answer}"
    assert only(both) == both
    before = "Dated docs are short here." if gap else "这里的文档写得很短。"
    assert only(f"{before}{gap}{both}") in (before, both)
    assert only(f"{before}{gap}{both}", width(answer) + 1) != answer


def test_what_points_back_is_not_quoted_alone_even_where_nothing_else_fits() -> None:
    long = "Ship it " + "and so on " * 40 + "forever."
    assert only(f"{long} But nobody would pay $20 for it.") is None
    assert only("But nobody would pay $20 for it.") == "But nobody would pay $20 for it."


def test_words_make_nobody_the_dissenter() -> None:
    """Without the source's verdicts a divided panel's quote has none, whatever it says."""
    chosen = quote(reviews(HERONRY), dissent=Verdict.SKIP, wanted=Verdict.SKIP)
    assert chosen.verdict is None
    assert chosen.text.startswith("Skip it if")


def test_a_unanimous_verdict_is_that_of_each_and_is_not_illustrated_with_its_contrary() -> None:
    said = {Lens.BUILDER: "What kills this is the price of it. Gull wins on speed and on price."}
    for verdict, start in ((Verdict.SHIP, "Gull wins"), (Verdict.SKIP, "What kills")):
        chosen = quote(reviews(said), unanimous=verdict)
        assert chosen.verdict is verdict
        assert chosen.text.startswith(start)


def test_nothing_is_quoted_twice() -> None:
    first = quote(reviews(HERONRY))
    second = quote(reviews(HERONRY), said=frozenset({first.text}))
    assert second.text != first.text
    assert first.text not in second.text
