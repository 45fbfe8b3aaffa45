import pytest

from digest.render.errors import TemplateError
from digest.render.links import LinkRegistry, ascii_url
from digest.render.slots import MARKS

SITE = "https://verdicts.example.com"


def test_a_tracked_link_names_a_number_and_the_readers_own_slot() -> None:
    book = LinkRegistry(SITE, tracked=True)
    assert book.to("tool", "Loom", "https://loom.example/") == f"{SITE}/l/1/~~click~~"
    assert book.to("tool", "Quill", "https://quill.example/") == f"{SITE}/l/2/~~click~~"
    assert [(one.number, one.kind, one.label, one.url) for one in book.links] == [
        (1, "tool", "Loom", "https://loom.example/"),
        (2, "tool", "Quill", "https://quill.example/"),
    ]


def test_the_same_kind_and_target_share_a_number_and_another_kind_does_not() -> None:
    book = LinkRegistry(SITE, tracked=True)
    first = book.to("comparison", "A vs B", "https://a.example/x")
    assert book.to("comparison", "A against B", "https://a.example/x") == first
    assert book.to("source", "A vs B", "https://a.example/x") != first
    assert len(book.links) == 2


def test_an_untracked_link_is_its_target_and_is_still_listed() -> None:
    book = LinkRegistry(SITE, tracked=False)
    assert book.to("tool", "Loom", "https://loom.example/a?b=1&c=2") == (
        "https://loom.example/a?b=1&c=2"
    )
    assert book.links[0].url == "https://loom.example/a?b=1&c=2"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/ü b", "https://a.example/%C3%BC%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("HTTPS://A.example/Path", "https://a.example/Path"),
        ("https://a.example/%41%zz", "https://a.example/%41%25zz"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("https://a.example:8443/?q=é#ñ", "https://a.example:8443/?q=%C3%A9#%C3%B1"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://a.example", "https://a.example"),
        ("https://a.example/#~~open~~", "https://a.example/#%7E%7Eopen%7E%7E"),
    ],
)
def test_a_target_is_written_in_ascii(url: str, expected: str) -> None:
    assert ascii_url(url, "x") == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/compare#:~:text=the%20verdict",
        "https://a.example/compare#top:~:text=prefix-,the%20verdict,-suffix&text=x",
        "https://a.example/app#/tools#prices",
        "https://a.example/compare/alder's-rival?q='x'",
        "https://a.example/~sam/?a=~b",
        "https://a.example/a;b=(c)*!$,+@:&=?/",
        "https://A.Example/Compare",
        "https://a.example:443/compare?",
        "https://a.example/compare#",
        "https://a.example/%7euser/%e2%80%99?a=%2f",
    ],
)
def test_a_target_that_is_legal_stays_as_it_is_byte_for_byte(url: str) -> None:
    assert ascii_url(url, "x") == url


def test_a_target_can_not_spell_a_slot() -> None:
    url = ascii_url("https://a.example/~~click~~?x=~~unsubscribe~~#~~open~~", "x")
    assert MARKS.search(url) is None
    assert "%7E%7Eclick%7E%7E" in url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "//a.example/",
        "/relative",
        "",
        "https://",
        "https:///path",
        "https://user:secret@a.example/",
        "https://a.example/\nSet-Cookie: x",
        "https://a.example/a\\b",
        'https://a"b.example/',
        "https://a~b.example/",
        "https://[::1/",
        "https://a.example:port/",
        f"https://a.example/{'x' * 3000}",
    ],
)
def test_anything_but_a_plain_web_address_is_refused_by_its_label(url: str) -> None:
    with pytest.raises(TemplateError, match="link 'Loom'") as caught:
        LinkRegistry(SITE, tracked=False).to("tool", "Loom", url)
    assert "\n" not in str(caught.value)
