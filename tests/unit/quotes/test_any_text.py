"""What holds for every text: pieces join back, nothing is cut within marks, quotes are whole."""

import re

from hypothesis import given
from hypothesis import strategies as st

from digest.catalog.pages import Lens, ReviewPage
from digest.quotes.choice import MAX_LINE, MAX_PULL, MIN_WORDS, QuoteContext, choose
from digest.quotes.habits import detect_habits
from digest.quotes.nesting import nesting
from digest.quotes.scripts import width, word_count
from digest.quotes.sentences import folded, is_whole, sentences, spans

ALPHABET = st.sampled_from(
    [
        *"aeIT.!?…,;: \n'\"’‘“”„«»()[]「」。！？؟3$—-`文好",
        "e.g. ",
        "U.S. ",
    ]  # a word, a mark, a space
)
NOISE = st.lists(ALPHABET, max_size=120).map("".join)
PHRASES = (
    "the limit|holds|Gull|e.g.|approx.|vs.|v1.2|3.5|$20|Node.js|U.S.|it's|users'|(see p. 4. Yes.)|"
    "“Fast. Cheap.”|'It works. Always.'|„Gut. Ja.“"
)
SMILEY = re.compile(r"[:;-]\((?=\s|$)")
WORDS = st.sampled_from(PHRASES.split("|"))
SENTENCE = st.builds(
    lambda first, words, last, mark: f"{first} {' '.join([*words, last])}{mark}",
    st.sampled_from(["The", "Skip", "Teams", "It", "But", "Nobody", "What"]),
    st.lists(WORDS, max_size=30),
    st.sampled_from(["seat", "price", "matters", "settings.py", "GPT-5", "done"]),
    st.sampled_from([".", "!", "?", "?!"]),
)
PROSE = st.lists(SENTENCE, min_size=1, max_size=6)


@given(NOISE | st.text(max_size=200))
def test_the_pieces_join_back_to_the_text(text: str) -> None:
    assert "".join(text[span.start : span.end] for span in spans(text)) == text


@given(NOISE)
def test_no_piece_of_a_paragraph_ends_inside_marks(text: str) -> None:
    paragraph = folded(text)
    depth = nesting(paragraph).depth
    for span in spans(paragraph)[:-1]:
        end = len(paragraph[: span.end].rstrip())
        assert depth[end - 1] == 0


@given(PROSE)
def test_every_piece_is_some_whole_sentences_that_follow_each_other(prose: list[str]) -> None:
    for piece in sentences(" ".join(prose)):
        assert piece in _runs(prose)


@given(NOISE)
def test_a_whole_piece_leaves_no_mark_open(text: str) -> None:
    for piece in sentences(text):
        if is_whole(piece):
            plain = SMILEY.sub("", piece)
            for opener, *closers in ("()", "[]", "「」", "„“”"):
                assert plain.count(opener) <= sum(map(plain.count, closers))


@given(st.lists(PROSE, min_size=1, max_size=4), st.sampled_from([MAX_PULL, MAX_LINE]))
def test_a_chosen_quote_is_whole_sentences_word_for_word(
    said: list[list[str]], longest: int
) -> None:
    texts = [" ".join(prose) for prose in said]
    reviews = [ReviewPage(lens, text) for lens, text in zip(Lens, texts, strict=False)]
    found = choose(reviews, QuoteContext(detect_habits(texts)), longest)
    if found is not None:
        quote = found.quote.text
        source = said[list(Lens).index(found.quote.lens)]
        assert quote in _runs(source)
        assert word_count(quote) >= MIN_WORDS
        assert width(quote) <= longest


@given(st.lists(NOISE, min_size=1, max_size=4))
def test_a_quote_of_any_noise_is_of_the_source_and_within_bounds(texts: list[str]) -> None:
    reviews = [ReviewPage(lens, text) for lens, text in zip(Lens, texts, strict=False)]
    found = choose(reviews, QuoteContext(detect_habits(texts)), MAX_PULL)
    if found is not None:
        quote = found.quote.text
        assert quote in folded(texts[list(Lens).index(found.quote.lens)])
        assert word_count(quote) >= MIN_WORDS
        assert width(quote) <= MAX_PULL
        assert is_whole(quote)


@given(st.lists(ALPHABET, max_size=40).map(lambda parts: "".join(parts) * 60))
def test_a_long_text_takes_no_more_than_its_length(text: str) -> None:
    """Nothing in here is quadratic enough to be felt: 20,000 characters end within the deadline."""
    assert "".join(text[span.start : span.end] for span in spans(text)) == text


def _runs(prose: list[str]) -> set[str]:
    count = len(prose)
    return {" ".join(prose[a:b]) for a in range(count) for b in range(a + 1, count + 1)}
