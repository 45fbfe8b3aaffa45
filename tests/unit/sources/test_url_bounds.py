"""An address of any length, and names of hosts in any script, cost no more than their bounds."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import urls
from digest.sources.kinds.page_list import read_page_list
from digest.sources.kinds.sitemap import read_lines, read_sitemap
from digest.sources.urls import MAX_FOREIGN_HOSTS, HostNames, canonical_url, encoded_path

URL = "https://site.example/"
HOSTS = [f"{number}.b\u00fccher.example" for number in range(3 * MAX_FOREIGN_HOSTS)]


@pytest.fixture
def spelled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that IDNA was asked for."""
    seen: list[str] = []
    spell = HostNames.spell

    def recording(hosts: HostNames, host: str) -> str:
        if not host.isascii():
            seen.append(host)
        return spell(hosts, host)

    monkeypatch.setattr(HostNames, "spell", recording)
    return seen


def test_of_a_listing_no_more_hosts_of_other_scripts_are_spelled_than_the_bound(
    spelled: list[str],
) -> None:
    html = "".join(f"<a href='https://{host}/'>x</a>" for host in HOSTS)
    page = read_page_list(f"<body>{html}".encode(), URL, "text/html", has_pattern=True)
    assert len(page.entries) == len(spelled) == MAX_FOREIGN_HOSTS
    xml = "".join(f"<url><loc>https://{host}/</loc></url>" for host in HOSTS)
    sitemap = read_sitemap(f"<urlset>{xml}</urlset>".encode(), URL)
    assert len(sitemap.entries) == MAX_FOREIGN_HOSTS
    assert len(sitemap.refused) == 2 * MAX_FOREIGN_HOSTS
    text = read_lines("".join(f"https://{host}/\n" for host in HOSTS).encode(), URL)
    assert len(text.entries) == MAX_FOREIGN_HOSTS
    assert len(spelled) == 3 * MAX_FOREIGN_HOSTS


def test_one_host_of_another_script_may_stand_in_all_links() -> None:
    html = "".join(f"<a href='https://b\u00fccher.example/{n}'>x</a>" for n in range(500))
    page = read_page_list(f"<body>{html}".encode(), URL, "text/html", has_pattern=True)
    assert len(page.entries) == 500
    assert page.entries[0].location == "https://xn--bcher-kva.example/0"


@pytest.mark.parametrize("host", ["\ufdfa" * 60, "\u00e9" * 64, "\u00e9." * 130, "\u0301" * 300])
def test_a_name_too_long_for_a_host_is_none(host: str) -> None:
    assert canonical_url(f"https://{host}/") is None
    with pytest.raises(UnicodeError):
        HostNames().spell(host)


def test_an_address_without_end_is_none_before_it_is_taken_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(urls, "urlsplit", None)
    assert canonical_url(URL + "\u00e9" * 8_000) is None


@given(st.text(st.sampled_from(list("a%4cC3\u00e9/?=~ \ud800")), max_size=12))
def test_escapes_are_normalized_each_once(text: str) -> None:
    once = encoded_path(text)
    assert encoded_path(once) == once
    assert encoded_path(quote("A-z~", safe="") + "%41%2d%7E%c3%2f") == "A-z~A-~%C3%2F"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("a&utm_source=x", "?a"),
        ("utm_source&a", "?a"),
        ("&&a=1&&fbclid=2&b&", "?a=1&b"),
        ("utm_=1&xutm_a=1&GCLID", "?utm_=1&xutm_a=1"),
        ("ref_src=a=b&", ""),
        ("gclidx=1", "?gclidx=1"),
    ],
)
def test_parameters_that_only_count_visits_and_empty_ones_go(query: str, kept: str) -> None:
    assert canonical_url(f"{URL}?{query}") == URL + kept
