"""A quote has the marks of its own language, and runs in its own direction with them."""

import pytest

from digest.language.choose import language_of
from digest.render.environment import email_environment, templates_folder

ENGLISH, ARABIC, FRENCH = "It works.", "إنه يعمل.", "Ça marche."


def quoted(text: str, mail: str, pages: str = "", *, markup: bool = True) -> str:
    environment = email_environment(
        templates_folder(), language=language_of(mail), content_language=pages
    )
    if markup:
        return environment.from_string("{{ quote|quoted }}").render(quote=text)
    template = environment.overlay(autoescape=False).from_string("{{ quote|quoted }}")
    return template.render(quote=text)


@pytest.mark.parametrize(
    ("text", "mail", "pages", "expected"),
    [
        (ENGLISH, "en", "", "“It works.”"),
        (ENGLISH, "en", "en", "“It works.”"),
        (ENGLISH, "de", "en", '<span lang="en" dir="auto">“It works.”</span>'),
        (ENGLISH, "ar", "en", '<span lang="en" dir="auto">“It works.”</span>'),
        (ENGLISH, "ar", "", "<bdi>“It works.”</bdi>"),
        (ENGLISH, "de", "", "„It works.“"),
        (FRENCH, "en", "fr", '<span lang="fr" dir="auto">«\u00a0Ça marche.\u00a0»</span>'),
        (ARABIC, "en", "", "<bdi>«إنه يعمل.»</bdi>"),
        (ARABIC, "en", "en", "<bdi>«إنه يعمل.»</bdi>"),
        (ARABIC, "ar", "", "<bdi>«إنه يعمل.»</bdi>"),
        (ARABIC, "ar", "ar", "<bdi>«إنه يعمل.»</bdi>"),
        ("“5 < 6.”", "en", "", "““5 &lt; 6.””"),
    ],
)
def test_marks_stand_with_the_words(text: str, mail: str, pages: str, expected: str) -> None:
    assert quoted(text, mail, pages) == expected


@pytest.mark.parametrize(
    ("mail", "pages", "expected"),
    [
        ("en", "", "“It works.”"),
        ("de", "en", "“It works.”"),
        ("ar", "en", "\u2068“It works.”\u2069"),
        ("ar", "", "\u2068“It works.”\u2069"),
    ],
)
def test_the_text_part_isolates_them_together(mail: str, pages: str, expected: str) -> None:
    assert quoted(ENGLISH, mail, pages, markup=False) == expected


def test_a_slot_in_a_quote_is_disarmed() -> None:
    assert "~~click~~" not in quoted("A ~~click~~ here.", "en")
    assert "~~click~~" not in quoted("A ~~click~~ here.", "ar", markup=False)
