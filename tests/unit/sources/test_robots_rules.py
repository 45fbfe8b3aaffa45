"""What a robots.txt allows (RFC 9309), and that no pattern of it takes more than linear time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.http.robots_rules import parse_robots

PRODUCT = "verdict-digest"


def allows(rules: str, path: str) -> bool:
    return parse_robots(f"User-agent: *\n{rules}\n", PRODUCT).allows(path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow:", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow: /a", "/ab", False),
        ("Disallow: /a$", "/ab", True),
        ("Disallow: /a$", "/a", False),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?z", True),
        ("Disallow: /*/b*/c", "/a/bx/c/d", False),
        ("Disallow: /*?", "/a?b=1", False),
        ("Disallow: /*$", "/a", False),
        ("Disallow: *", "/a", False),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a\nDisallow: /a", "/a", True),
        ("Disallow: /caf%C3%A9", "/café", False),
        ("Disallow: /%7ea", "/~a", False),
        ("Disallow: /a # why", "/a", False),
        ("disallow : /a", "/a", False),
        ("nonsense\nDisallow /a", "/a", True),
    ],
)
def test_the_longest_rule_that_fits_decides(rules: str, path: str, allowed: bool) -> None:  # noqa: FBT001 - as parametrized
    assert allows(rules, path) is allowed


def test_a_group_of_our_own_replaces_that_of_all() -> None:
    text = (
        "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Verdict-Digest/1.0\n"
        "Disallow: /private\nCrawl-delay: 2.5\n\nUser-agent: verdict-digest\nDisallow: /more\n"
    )
    rules = parse_robots(text, PRODUCT)
    assert [rules.allows(path) for path in ("/", "/private", "/more")] == [True, False, False]
    assert rules.crawl_delay == 2.5
    assert not parse_robots(text, "third").allows("/a")
    assert parse_robots("", PRODUCT).allows("/a")


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "1e9", "٣", "9" * 400, ""])
def test_a_pause_that_is_no_number_is_none(delay: str) -> None:
    assert parse_robots(f"User-agent: *\nCrawl-delay: {delay}", PRODUCT).crawl_delay is None


def test_a_pattern_of_many_stars_takes_steps_linear_in_the_path() -> None:
    """As a regular expression it would take longer than the universe has been there."""
    pattern = "/" + "*a" * 900
    assert allows(f"Disallow: {pattern}b", "/" + "a" * 2_000)
    assert not allows(f"Disallow: {pattern}", "/" + "a" * 2_000)


@given(st.text(alphabet="/a*$", max_size=12), st.text(alphabet="/a", max_size=8))
def test_a_pattern_means_what_it_would_as_a_regular_expression(pattern: str, path: str) -> None:
    path = "/" + path
    if not pattern.startswith(("/", "*")):
        return
    body = pattern.removesuffix("$")
    judge = ".*".join(re.escape(one) for one in body.split("*")) + ("$" if body != pattern else "")
    assert allows(f"Disallow: {pattern}", path) is (re.match(judge, path) is None)
