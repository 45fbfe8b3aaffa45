"""Transactional mail: whole links, nothing of the reader's read as markup, no slots."""

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment

from digest.render.errors import TemplateError
from digest.render.slots import MARKS
from digest.render.transactional import Action, TransactionalRenderer
from tests.golden.emails import EMAILS
from tests.golden.sample import BRAND, SITE, content

LINK = f"{SITE}/confirm/AbCdEfGhIjKlMnOpQrStUv"


def hrefs(html: str) -> list[str]:
    return [str(one["href"]) for one in BeautifulSoup(html, "html.parser").find_all("a")]


def test_a_confirmation_leads_nowhere_but_to_its_link(environment: Environment) -> None:
    """It goes to people who may not have asked: there is nothing else to press."""
    rendered = TransactionalRenderer(BRAND, environment).confirmation(LINK)
    assert set(hrefs(rendered.html)) == {LINK, f"{LINK}/never"}
    assert rendered.text.count("://") == 3, "both links, and where the address was entered"
    assert LINK in rendered.text


def test_a_welcome_shows_the_comparison_the_reader_came_from_if_there_is_one(
    environment: Environment,
) -> None:
    preferences, leave, lead = f"{SITE}/preferences/x", f"{SITE}/unsubscribe/x", content().lead
    with_it = TransactionalRenderer(BRAND, environment).welcome(preferences, leave, lead)
    without = TransactionalRenderer(BRAND, environment).welcome(preferences, leave, None)
    assert lead.url in hrefs(with_it.html)
    assert lead.title in with_it.text
    assert set(hrefs(without.html)) == {preferences, leave}


@pytest.mark.parametrize("name", [name for name in EMAILS if name != "issue"])
def test_a_letter_has_no_slots_and_no_pixel(name: str, environment: Environment) -> None:
    rendered = EMAILS[name](environment)
    assert not MARKS.search(rendered.html + rendered.text)
    assert "<img" not in rendered.html


def test_words_from_outside_are_words(environment: Environment) -> None:
    hostile = '<b>"x" & ~~unsubscribe~~ {{ brand }} \\ e\u0301'
    rendered = TransactionalRenderer(BRAND, environment).notice(
        hostile, (hostile,), Action(hostile, LINK)
    )
    page = BeautifulSoup(rendered.html, "html.parser")
    assert page.find("b") is None
    assert not MARKS.search(rendered.html + rendered.text)
    heading = page.find("h1")
    assert heading is not None
    assert heading.get_text().replace("\u2060", "") == hostile.replace("\u2060", "")


def test_a_link_that_is_none_is_refused(environment: Environment) -> None:
    with pytest.raises(TemplateError, match="https://"):
        TransactionalRenderer(BRAND, environment).confirmation("javascript:alert(1)")
