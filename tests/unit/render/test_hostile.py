"""Names from outside arrive as they were written, and do nothing else."""

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup

from digest.render.rendered import Rendered
from digest.render.slots import MARKS, WORD_JOINER, Slot

Render = Callable[[str], Rendered]

NAMES = [
    'The "Best" Tool',
    "O'Reilly & Sons",
    "<script>alert(1)</script>",
    "</td></table><mj-text>",
    "]]><!-- x --><![endif]-->",
    "&amp; &lt;b&gt; &#126;",
    "Cafe\u0301 Zoe\u0308",
    "I ❤\ufe0f AI 👩\u200d💻",
    "back\\slash \\u{a0} \\n",
    "{{ 7*7 }} {% raw %} {# x #}",
    "${7*7} %s {0}",
    "日本語のツール",
    "كلود",
    "a\u00a0b",
    "=3D .dot --boundary",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_text_in_both_parts(render_named: Render, name: str) -> None:
    rendered = render_named(name)
    soup = BeautifulSoup(rendered.html, "html.parser")
    assert name in {one.get_text() for one in soup.find_all("h2")}
    assert name in {one.get_text() for one in soup.find_all("h3")}
    assert soup.title is not None
    assert name in rendered.text.replace("\n", " ") or name.replace("\u00a0", " ") in rendered.text
    assert rendered.subject == name


@pytest.mark.parametrize("name", NAMES)
def test_a_name_adds_no_element_and_no_comment(render_named: Render, name: str) -> None:
    plain, hostile = render_named("x" * len(name)), render_named(name)
    shapes = [_shape(one.html) for one in (plain, hostile)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("slot", list(Slot))
def test_a_name_that_spells_a_slot_is_words(render_named: Render, slot: Slot) -> None:
    plain, hostile = render_named("Plain"), render_named(f"a {slot.mark} b")
    for part in ("html", "text"):
        marks = [MARKS.findall(getattr(one, part)) for one in (plain, hostile)]
        assert marks[0] == marks[1]
    assert f"a {slot.mark} b" in hostile.text.replace(WORD_JOINER, "")
    assert MARKS.search(hostile.subject + hostile.preheader) is None


def test_characters_that_are_no_text_are_left_out(render_named: Render) -> None:
    assert "<h1" in render_named("a\0b\x1b").html
    assert "ab" in BeautifulSoup(render_named("a\0b\x1b").html, "html.parser").h2.get_text()  # type: ignore[union-attr]


def test_a_very_long_name_is_kept_whole(render_named: Render) -> None:
    name = "Supercalifragilistic" * 20
    assert name in render_named(name).html


def _shape(html: str) -> list[str]:
    """The start of every tag, and every comment, in order.

    Aside are where a long word may break, what keeps a quote of another direction together, and
    where lines end.
    """
    bare = re.sub(r"\s+", " ", re.sub("<wbr>|</?bdi>", "", html))
    found = re.findall(r"<!--.*?-->|</?[a-zA-Z][a-zA-Z0-9]*", bare)
    return [re.sub(r"\s", "", one) for one in found]
