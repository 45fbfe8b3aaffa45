r"""Names that break mail, from the store's words to the bytes of one recipient.

Quotes, an ampersand, markup, a combining accent, an emoji with a variation selector and a
backslash: in the subject, in the words of both parts, in an image's alt and beside links.
"""

import unicodedata
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from bs4 import BeautifulSoup

from digest.gate import Gate, SampleMessage, blocking
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import render_issue
from tests.golden.sample import BRAND, content
from tests.unit.gate.conftest import made

NAMES = [
    'The "Best" Tool',
    "O'Reilly & Sons",
    "</td><mj-text><script>alert(1)</script>",
    "Cafe\u0301 Zoe\u0308",
    "I ❤\ufe0f AI",
    "back\\slash \\u{a0} \\n",
    "a\u00a0no-break\u00a0space",
    'All "of" <it> & Cafe\u0301 ❤\ufe0f \\',
]


def sent(name: str) -> SampleMessage:
    """An issue about a tool of that name, from a newsletter of that name with a logo."""
    plain = content()
    assert plain.lead
    left = replace(plain.lead.left, name=name)
    lead = replace(plain.lead, left=left, title=f"{name} vs {plain.lead.right.name}")
    brand = replace(BRAND, name=name, logo_url="https://verdicts.example.com/logo.png")
    about = replace(plain, subject=f"{name} leads", lead=lead)
    return made(render_issue(about, brand, email_environment(templates_folder())))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_is_written(name: str) -> None:
    mail = sent(name)
    page = BeautifulSoup(mail.html, "html.parser")
    assert message_from_bytes(mail.message, policy=default)["Subject"] == f"{name} leads"
    assert name in {one.get_text() for one in page.find_all("h3")}
    words = " ".join(mail.text.replace("\u00a0", " ").split())
    assert name.replace("\u00a0", " ") in words
    # Attributes are in NFC, which is the same text to every reader.
    composed = unicodedata.normalize("NFC", name)
    assert composed in {str(one.get("alt")) for one in page.find_all("img")}
    labels = [str(one["aria-label"]) for one in page.find_all(attrs={"aria-label": True})]
    assert f"{composed} leads" in labels


@pytest.mark.parametrize("name", NAMES)
def test_a_name_bends_no_link_and_nothing_in_it_blocks(name: str) -> None:
    plain, mail = sent("Plain"), sent(name)
    links = [
        [one.attributes.get("href") for one in message.page.all("a")] for message in (plain, mail)
    ]
    assert links[0] == links[1]
    assert blocking(Gate().check_quickly(mail)) == []
