"""Weeks of the season in every language: subjects fit, and no English of ours is left."""

import re
from dataclasses import replace

import pytest

from digest.compose.subject import MAX_SUBJECT_LENGTH
from digest.language.choose import language_of
from digest.language.language import shown_length
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import dated, render_issue
from digest.render.transactional import TransactionalRenderer
from tests.golden.sample import BRAND, SITE, content
from tests.unit.compose.test_season import season
from tests.unit.language.english import LANGUAGES, english_in

COUNT = 60
RENDERED = range(0, COUNT, 6)


def test_english_of_ours_is_found_where_it_is() -> None:
    one = season()[0].content
    rendered = render_issue(one, BRAND, email_environment(templates_folder()))
    assert english_in(rendered.html)
    assert english_in(rendered.text)
    assert english_in("x Nobody on the panel would ship Tern or Osprey y")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_subjects_fit_and_differ(tag: str) -> None:
    subjects = [one.content.subject for one in season(tag, COUNT)]
    fit = [one for one in subjects if shown_length(one) <= MAX_SUBJECT_LENGTH]
    assert len(fit) >= 0.9 * COUNT
    for place, one in enumerate(subjects):
        assert one not in subjects[max(0, place - 8) : place]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_season_is_said_without_english(tag: str) -> None:
    for one in season(tag, COUNT):
        rows = [*one.content.briefs, *(row for g in one.content.groups for row in g.matchups)]
        said = [one.content.preheader, one.content.intro, one.content.also, *one.subjects]
        said += [group.heading for group in one.content.groups]
        said += [text for row in [one.content.lead, *rows] for text in (row.summary, row.since)]
        for text in said:
            assert english_in(text) == []
            # Two tools of the season are called like placeholders.
            assert not set(re.findall(r"\{(\w+)\}", text)) - {"left", "0"}


@pytest.mark.parametrize("place", RENDERED)
@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_week_is_rendered_without_english(tag: str, place: int) -> None:
    language = language_of(tag)
    environment = email_environment(templates_folder(), language=language, content_language="en")
    brand = replace(BRAND, language=tag, content_language="en")
    one = season(tag, COUNT)[place].content
    issue = dated(render_issue(one, brand, environment, language=language), one.date, language)
    for part in (issue.html, issue.text, issue.preheader):
        assert english_in(part) == []
    assert f'<html lang="{tag}" dir="{language.direction}"' in issue.html
    assert f'<span lang="en" dir="auto">{one.lead.left.name}' in issue.html or "&" in issue.html
    assert language.written_date(one.date) in issue.text


@pytest.mark.parametrize("tag", LANGUAGES)
def test_letters_are_written_without_english(tag: str) -> None:
    language = language_of(tag)
    environment = email_environment(templates_folder(), language=language)
    letters = TransactionalRenderer(replace(BRAND, language=tag), environment, language)
    link = f"{SITE}/confirm/AbCdEfGhIjKlMnOpQrStUv"
    # What its comparison says comes from the sample, which is in English.
    came_from = replace(content().lead, summary="")
    for letter in (
        letters.confirmation(link),
        letters.confirmation(link, invited=True),
        letters.welcome(link, link, came_from),
        letters.welcome(link, link, None),
    ):
        assert [english_in(part) for part in (letter.subject, letter.html, letter.text)] == [[]] * 3
        assert letter.text.count(link) >= 1


def test_a_name_in_arabic_words_keeps_its_order() -> None:
    language = language_of("ar")
    environment = email_environment(templates_folder(), language=language)
    brand = replace(BRAND, language="ar")
    one = season("ar", COUNT)[0].content
    issue = render_issue(one, brand, environment, language=language)
    # In markup the marks are elements; title, preheader and attributes can only have the marks.
    body = re.sub(r"<[^>]*>", "", issue.html.partition("~~greeting~~")[2])
    assert "\u2068" not in body
    assert "<bdi>" in issue.html
    assert "&lt;bdi" not in issue.html
    assert issue.html.count("<bdi>") == issue.html.count("</bdi>")
    # A mark of direction must not become part of an address.
    assert not re.search(r"https?://\S*[\u2066-\u2069]", issue.text)
    assert issue.subject.count("\u2068") == issue.subject.count("\u2069")
