"""What Apple, Gmail and Samsung make links of looks like the words around it."""

import re

import pytest
import tinycss2

from digest.render.environment import email_environment, templates_folder
from tests.golden.emails import EMAILS

SIGNS = ("a[x-apple-data-detectors]", "u + #body a", "#MessageViewBody a")


@pytest.mark.parametrize("name", sorted(EMAILS))
def test_every_email_has_the_three_guards(name: str) -> None:
    html = EMAILS[name](email_environment(templates_folder())).html
    assert html.count('<body id="body" ') == 1
    blocks = re.findall("<style[^>]*>(.*?)</style>", html, re.DOTALL)
    guards = {
        sign.strip(): (block, tinycss2.serialize(rule.content))
        for block in blocks
        for rule in tinycss2.parse_stylesheet(block)
        if rule.type == "qualified-rule"
        for sign in tinycss2.serialize(rule.prelude).split(",")
    }
    for sign in SIGNS:
        block, declared = guards[sign]
        assert "color:inherit" in declared.replace(" ", "")
        assert "text-decoration:none" in declared.replace(" ", "")
        # Gmail drops a whole block for a selector with [].
        assert ("[" in block) == ("[" in sign)


@pytest.mark.parametrize("name", sorted(EMAILS))
def test_our_own_links_state_their_look_so_that_no_guard_changes_it(name: str) -> None:
    html = EMAILS[name](email_environment(templates_folder())).html
    for link in re.findall(r"<a\b[^>]*>", html):
        if "display:none" not in link:
            assert re.search(r'style="[^"]*(?<![a-z-])color:', link), link
            assert "text-decoration:" in link, link
