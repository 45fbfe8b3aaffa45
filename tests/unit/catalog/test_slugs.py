"""Names become slugs that tell tools apart and can stand in an address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalog.slugs import (
    COMPARISON_SLUG_LENGTH,
    TOOL_SLUG_LENGTH,
    comparison_slug,
    fold,
    is_slug,
    slugify,
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("SmolLM3", "smollm3"),
        ("Llama 4 Compact (12B)", "llama-4-compact-12b"),
        ("GPT-5 Mini API", "gpt-5-mini-api"),
        ("Ink & Paper", "ink-and-paper"),
        ("R&D", "r-and-d"),
        ("Notepad++", "notepad-plus-plus"),
        ("Editor's Friend", "editors-friend"),
        ("Café Écriture", "cafe-ecriture"),
        ("Straße", "strasse"),
        ("Øl Æble Łódź", "ol-aeble-lodz"),
        ("İstanbul Işık", "istanbul-isik"),
        ("  <b>Bold</b>  ", "b-bold-b"),
        ("A vs B", "a-vs-b"),
        ("Rocket 🚀 Writer", "rocket-writer"),
        ("Ｆｕｌｌ Ｗｉｄｔｈ", "full-width"),
        ("文心一言 4.0", "文心一言-4-0"),
        ("Яндекс", "яндекс"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_a_name_becomes_words_with_hyphens(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_names_in_another_script_keep_slugs_of_their_own() -> None:
    names = ["通义千问", "文心一言", "Ёлка", "Щука", "ไทย", "हिन्दी", "हिन्द"]
    assert len({slugify(name) for name in names}) == len(names)


def test_a_name_without_letters_gets_a_stable_slug_of_its_own() -> None:
    assert slugify("🚀🚀") == slugify("🚀🚀")
    assert slugify("🚀🚀").startswith("tool-")
    assert len({slugify("🚀"), slugify("✨"), slugify("???"), slugify("")}) == 4


def test_a_comparison_is_named_left_to_right() -> None:
    assert comparison_slug("SmolLM3", "Mistral Medium 3") == "smollm3-vs-mistral-medium-3"
    assert comparison_slug("smollm3", "mistral-medium-3") == "smollm3-vs-mistral-medium-3"


def test_long_names_that_begin_alike_keep_different_slugs_within_the_limit() -> None:
    one, other = slugify("a" * 199 + "b"), slugify("a" * 199 + "c")
    assert one != other
    assert max(len(one), len(other)) <= TOOL_SLUG_LENGTH
    assert len(comparison_slug("&" * 200, "&" * 199)) <= COMPARISON_SLUG_LENGTH


@pytest.mark.parametrize("text", ["", "Ink", "a b", "a/b", "-a", "a--b", "é", "a" * 201])
def test_what_could_not_have_been_made_here_is_no_slug(text: str) -> None:
    assert not is_slug(text, 200)


@settings(derandomize=True)
@given(st.text(max_size=300))
def test_every_name_has_a_slug_that_stays_as_it_is(name: str) -> None:
    slug = slugify(name)
    assert 0 < len(slug) <= TOOL_SLUG_LENGTH
    assert slugify(slug) == slug
    assert is_slug(slug, TOOL_SLUG_LENGTH)


@settings(derandomize=True)
@given(st.text(max_size=300))
def test_a_slug_holds_nothing_that_an_address_or_a_log_could_trip_over(name: str) -> None:
    folded = fold(name)
    assert not set(folded) & set(" /\\?#%&\"'<>\n\t")
    assert folded == folded.strip("-")
    assert "--" not in folded
