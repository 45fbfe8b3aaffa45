"""A page of links is looked at once, and no further than the bounds."""

import pytest

from digest.catalog.intake import limits
from digest.catalog.intake.html.tokens import Token
from digest.sources.errors import FetchError
from digest.sources.kinds import page_list
from digest.sources.kinds.page_list import MOST_LINKS, read_page_list
from digest.sources.kinds.sitemap import MOST_REFUSED, read_lines

URL = "https://site.example/compare/"


def _page(pattern: str, many: int) -> bytes:
    links = "".join(f"<a href={pattern.format(number)}>" for number in range(many))
    return f"<html><body>{links}".encode()


@pytest.mark.parametrize(
    "pattern", ["/b{}", "?{}", "//h{}/?x", "/b/../{}", "%41{}", "/b?utm_source={}", "HTTP://A{}"]
)
def test_no_more_links_are_followed_than_the_limit(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def joined(base: str, link: str, _hosts: object) -> str:
        asked.append(link)
        return f"{base}{len(asked)}"

    monkeypatch.setattr(page_list, "joined", joined)
    listing = read_page_list(_page(pattern, MOST_LINKS + 50), URL, "text/html")
    assert len(asked) == MOST_LINKS
    assert len(listing.entries) == MOST_LINKS


def test_a_page_that_says_its_base_often_is_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        page_list, "joined", lambda _base, link, _hosts: asked.append(link) or "https://b/"
    )
    body = "".join(f"<base href=/{number}/><a href=x>" for number in range(50))
    read_page_list(f"<html><body>{body}".encode(), URL, "text/html")
    assert asked == ["/0/", "x"]


@pytest.mark.parametrize("link", ["a", "?a", "//h"])
def test_a_link_that_repeats_is_followed_once(link: str) -> None:
    html = f"<html><body>{f'<a href={link}>x</a>' * 5_000}<a href=/last>".encode()
    found = [one.location for one in read_page_list(html, URL, "text/html").entries]
    assert found[-1] == "https://site.example/last"
    assert len(found) <= 2


@pytest.mark.parametrize("piece", ["<b>", "<p>x", "<a href=/b>", "<!-- -->", "<div id='S:0'>"])
def test_a_page_is_cut_into_tokens_once_and_no_further_than_the_limit(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Token] = []
    times: list[int] = []
    cut = page_list.tokenize

    def counted(text: str, url: str, take: page_list.Take, limit: int) -> None:
        def both(token: Token) -> None:
            taken.append(token)
            take(token)

        times.append(limit)
        cut(text, url, both, limit)

    monkeypatch.setattr(page_list, "tokenize", counted)
    body = f"<html><body>{piece * (limits.FILE_BYTES // len(piece) - 10)}".encode()
    with pytest.raises(FetchError, match=f"too many tags.*about {limits.LIST_TOKENS:,} at most"):
        read_page_list(body, URL, "text/html")
    assert times == [limits.LIST_TOKENS]
    assert len(taken) <= limits.LIST_TOKENS


def test_links_of_a_page_with_late_parts_are_found_too() -> None:
    late = "<template id='B:0'></template><!--/$--><div hidden id='S:0'><a href=/late></div>"
    html = f"<html><body><a href=/early><!--$?-->{late}".encode()
    found = [one.location for one in read_page_list(html, URL, "text/html").entries]
    assert found == ["https://site.example/early", "https://site.example/late"]


def test_of_lines_without_end_that_are_no_addresses_the_first_are_told() -> None:
    listing = read_lines(b"/a\n" + b"x\n" * (MOST_REFUSED + 10) + b"/b\n", URL)
    assert len(listing.refused) == MOST_REFUSED
    assert [one.location for one in listing.entries] == [
        "https://site.example/a",
        "https://site.example/b",
    ]
