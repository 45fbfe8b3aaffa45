"""What each kind of document names; garbage is one line, and never another exception."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalog.pages import ComparisonPage
from digest.sources.errors import FetchError
from digest.sources.http.client import Answer
from digest.sources.kinds.detect import kind_of
from digest.sources.kinds.entry import Listing, matches
from digest.sources.kinds.feed import MAX_READ_HERE, read_feed
from digest.sources.kinds.feed_process import read_apart
from digest.sources.kinds.feed_xml import read_xml_feed
from digest.sources.kinds.folder import read_folder
from digest.sources.kinds.json_form import read_json_form
from digest.sources.kinds.page_list import read_page_list
from digest.sources.kinds.sitemap import read_sitemap
from digest.sources.listing import parse
from digest.sources.tables import Kind
from digest.sources.urls import joined
from tests.parts.site import page

URL = "https://site.example/blog/feed.xml"
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="/base/">
<title>t</title><entry><title>a</title><id>1</id><link rel="self" href="/no"/>
<link rel="alternate" href="a?utm_source=x&amp;b=1#top"/>
<updated>2026-03-09T08:00:00+01:00</updated>
</entry><entry><title>b</title><id>tag:2</id></entry>
<entry><title>c</title><link href="mailto:x@example.org"/></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<item rdf:about="https://site.example/r"><title>r</title><link>https://site.example/r</link>
<dc:date>2026-03-09</dc:date></item></rdf:RDF>"""
COMPARISON = {
    "contenders": [{"name": "Ada", "category": "X"}, {"name": "Bob", "category": "X"}],
    "url": "https://site.example/ada-vs-bob",
}


def _locations(listing: Listing) -> list[str]:
    return [entry.location for entry in listing.entries]


def test_atom_with_a_base_of_its_own() -> None:
    listing = read_feed(ATOM.encode(), URL)
    assert _locations(listing) == ["https://site.example/base/a?b=1"]
    assert listing.entries[0].dated == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert listing.refused == [
        "entry 2: found the link tag:2, expected the address of a page",
        "entry 3: found the link mailto:x@example.org, expected the address of a page",
    ]


def test_rss_1_and_a_permalink_for_a_link() -> None:
    (entry,) = read_feed(RDF.encode(), URL).entries
    assert (entry.location, entry.dated) == (
        "https://site.example/r",
        datetime(2026, 3, 9, tzinfo=UTC),
    )
    item = "<item><guid>https://site.example/g</guid></item>"
    rss = f"<rss version='2.0'><channel>{item}</channel></rss>"
    assert _locations(read_feed(rss.encode(), URL)) == ["https://site.example/g"]


def test_json_feed() -> None:
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"url": "/a", "date_published": "2026-03-09T08:00:00Z"},
            {"url": "b", "date_modified": "soon"},
            {"id": "3"},
            7,
        ],
    }
    listing = read_feed(json.dumps(value).encode(), URL)
    assert _locations(listing) == ["https://site.example/a", "https://site.example/blog/b"]
    assert [entry.dated is None for entry in listing.entries] == [False, True]
    assert len(listing.refused) == 2


@pytest.mark.parametrize(
    ("said", "date"),
    [("Mon, 09 Mar 2026 08:00:00 +0100", datetime(2026, 3, 9, 7, tzinfo=UTC)),
     ("2026-03-09", datetime(2026, 3, 9, tzinfo=UTC)), ("yesterday", None), ("", None),
     ("Mon, 09 Mar 0026 08:00:00 GMT", None), ("Mon, 09 Mar 9026 08:00:00 GMT", None)],
)  # fmt: skip
def test_dates_of_feeds(said: str, date: datetime | None) -> None:
    rss = (
        "<rss version='2.0'><channel><item><link>https://site.example/a</link>"
        f"<pubDate>{said}</pubDate></item></channel></rss>"
    )
    (entry,) = read_feed(rss.encode(), URL).entries
    assert entry.dated == date


def test_a_version_changes_with_what_is_said_and_not_with_the_id() -> None:
    def version(title: str, guid: str) -> str:
        rss = (
            "<rss version='2.0'><channel><item><link>https://site.example/a</link>"
            f"<guid isPermaLink='false'>{guid}</guid><title>{title}</title></item></channel></rss>"
        )
        return read_feed(rss.encode(), URL).entries[0].version

    assert version("a", "1") == version("a", "2") != version("b", "1")


def test_a_feed_in_another_charset_and_one_that_is_not_well_formed() -> None:
    rss = (
        "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><item>"
        "<title>caf\xe9 & bar</title><link>https://site.example/caf\xe9</link></item></channel></rss>"
    )
    assert _locations(read_feed(rss.encode("latin-1"), URL)) == ["https://site.example/caf%C3%A9"]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>no</body></html>", b"\x00\xff" * 50, b"{}", b'{"version": 1}', b"<a/>"],
)
def test_what_is_no_feed_is_one_line(body: bytes) -> None:
    with pytest.raises(FetchError, match=r"^found .*expected a feed in RSS, Atom or JSON Feed$"):
        read_feed(body, URL)


def test_a_feed_with_a_billion_laughs_does_not_laugh() -> None:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    bomb = (
        f"<!DOCTYPE rss [<!ENTITY l0 'lol'>{entities}]><rss version='2.0'><channel><item>"
        "<title>&l9;</title><link>https://site.example/a</link></item></channel></rss>"
    )
    for read in (read_feed, read_sitemap):
        try:
            listing = read(bomb.encode(), URL)
        except FetchError:
            continue
        assert len(repr(listing)) < 10_000


def test_a_tag_with_thousands_of_attributes_is_one_line() -> None:
    tag = "<item " + " ".join(f"a{number}='x'" for number in range(100_000)) + "/>"
    with pytest.raises(FetchError, match="found a tag with more than 1,000 attributes"):
        read_feed(f"<rss version='2.0'><channel>{tag}</channel></rss>".encode(), URL)
    image = f"<img src='data:image/png;base64,{'A' * 50_000}'/>"
    whole = f"<rss version='2.0'><channel>{image}</channel></rss>"
    assert read_feed(whole.encode(), URL).entries == []


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("an entity of HTML", "<title>a&nbsp;b &copy;</title><link>/a</link>"),
        ("an ampersand", "<title>a & b</title><link>/a?x=1&y=2</link>"),
        ("a control character", "<title>a\x0b\x00b</title><link>/a</link>"),
        ("tags that never close", "<description><p>x<br>y<img src=z></description><link>/a</link>"),
        ("an angle", "<title>a < b</title><link>/a</link>"),
        ("an undeclared prefix", "<media:title>no</media:title><link>/a</link>"),
        ("its end lost", "<title>a & b</title><link>/a</link></item><item><title>c"),
        ("another feed's own fields", "<source><link>/no</link></source><link>/a</link> &x"),
        ("CDATA", "<title><![CDATA[a & <b> ]] c]]></title><link><![CDATA[/a]]></link> &x"),
    ],
)
def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_goes(kind: str, item: str) -> None:
    del kind
    rss = f"\n <?xml version='1.0'?><rss version='2.0'><channel><item>{item}</item>"
    (first, *_) = _locations(read_feed(rss.encode(), URL))
    assert first.partition("?")[0] == "https://site.example/a"


@pytest.mark.parametrize("root", ["a:feed", "ns0:feed"])
def test_atom_by_prefix_takes_its_own_fields_alone(root: str) -> None:
    p = root.partition(":")[0]
    atom = (
        f"<{root} xmlns:{p}='http://www.w3.org/2005/Atom' xmlns:m='http://search.yahoo.com/mrss/'>"
        f"<{p}:entry><m:title>picture</m:title><m:link>/no</m:link>"
        f"<{p}:source><{p}:link href='/other'/></{p}:source>"
        f"<{p}:link rel='enclosure' href='/a.mp3'/>"
        f"<{p}:link href='/a.json' type='application/json'/>"
        f"<{p}:link href='/a' type='text/html'/></{p}:entry></{root}>"
    )
    for text in (atom, atom.replace("</m:title>", "&nbsp;</m:title>")):
        assert _locations(read_feed(text.encode(), URL)) == ["https://site.example/a"]


def test_a_large_feed_is_read_apart_as_a_small_one_is_here() -> None:
    items = "".join(
        f"<item><link>/{n}</link><title>Größe {n}</title>"
        "<pubDate>Tue, 10 Mar 2026 09:00:00 GMT</pubDate></item><item><link>:</link></item>"
        for n in range(400)
    )
    rss = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    assert len(rss) > MAX_READ_HERE
    assert read_feed(rss, URL, "text/xml") == read_xml_feed(rss, URL, "text/xml")
    with pytest.raises(FetchError, match=r"^found no feed, expected a feed in RSS") as caught:
        read_feed(b"<html>" + b"no " * MAX_READ_HERE, URL)
    assert caught.value.is_final


def test_a_feed_without_end_is_one_line() -> None:
    rss = b"<rss version='2.0'><channel>" + b"<a>" * 1_000_000
    with pytest.raises(FetchError, match=r"^found a feed that takes more than 1 seconds or 1,024"):
        read_apart(rss, URL, "text/xml", cpu_seconds=1)


SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://site.example/a </loc><lastmod>2026-03-09</lastmod>
<image:image><image:loc>https://site.example/i.png</image:loc></image:image></url>
<url><loc>/b</loc><lastmod>soon</lastmod></url><url><loc>ftp://x/</loc></url><url/></urlset>"""


def test_a_sitemap() -> None:
    listing = read_sitemap(SITEMAP.encode(), "https://site.example/sitemap.xml")
    assert _locations(listing) == ["https://site.example/a", "https://site.example/b"]
    assert listing.entries[0].dated == datetime(2026, 3, 9, tzinfo=UTC)
    assert listing.refused == [
        "url: found ftp://x/, expected the address of a page",
        "url: found nothing, expected the address of a page",
    ]
    packed = gzip.compress(SITEMAP.encode())
    assert read_sitemap(packed, "https://site.example/sitemap.xml") == listing


def test_a_line_without_end_is_no_address() -> None:
    listing = read_sitemap(b"https://site.example/" + b"a" * 1_000_000 + b"\n/b\n", URL)
    assert _locations(listing) == ["https://site.example/b"]
    assert len(listing.refused[0]) < 200


def test_an_index_and_a_text() -> None:
    maps = "<sitemapindex><sitemap><loc>https://site.example/1.xml</loc></sitemap></sitemapindex>"
    listing = read_sitemap(maps.encode(), URL)
    assert (listing.children, listing.entries) == (["https://site.example/1.xml"], [])
    lines = read_sitemap(b"https://site.example/a\n\n# no\n/b\nnonsense\n", URL)
    assert _locations(lines) == ["https://site.example/a", "https://site.example/b"]
    assert lines.refused == ["line 5: found nonsense, expected an address"]


@pytest.mark.parametrize(
    "body",
    ["<a>", "<a/>", "<urlset>" + "<url>" * 50, "<!DOCTYPE a [<!ENTITY x 'y'>]><urlset>&x;</urlset>",
     "<?xml version='1.0' encoding='nonsense'?><urlset/>", "<" + "x" * 1000],
)  # fmt: skip
def test_what_is_no_sitemap_is_one_line(body: str) -> None:
    with pytest.raises(FetchError, match=r"^found (?:other XML|XML that can't be read)"):
        read_sitemap(body.encode(), URL)


def test_a_list_of_pages() -> None:
    html = (
        "<html><body><a href='/compare/a'>a</a> <a href='b#x'>b</a> <a href='/'>home</a>"
        "<a href='https://other.example/c'>c</a> <a href='mailto:x@y'>m</a> <a href='#t'>t</a>"
        "<a href='/compare/a?utm_source=list'>a again</a><a>none</a></body></html>"
    )
    url = "https://site.example/compare/"
    listing = read_page_list(html.encode(), url, "text/html")
    own = ["https://site.example/compare/a", "https://site.example/compare/b"]
    assert _locations(listing) == own
    every = read_page_list(html.encode(), url, "text/html", has_pattern=True)
    assert set(_locations(every)) >= {*own, "https://other.example/c"}
    text = read_page_list(b"https://site.example/a\n/b\n", url, "text/plain")
    assert _locations(text) == ["https://site.example/a", "https://site.example/b"]
    with pytest.raises(FetchError, match="neither a comparison nor addresses"):
        read_page_list(b"just words\n", url, "text/plain")


def test_a_page_that_is_a_comparison_itself() -> None:
    (entry,) = read_page_list(page("Ada", "Bob").encode(), URL, "text/html").entries
    assert entry.read is not None
    (found,) = entry.read()
    assert isinstance(found, ComparisonPage)
    assert found.title.startswith("Ada vs Bob")


def test_our_json_form() -> None:
    listing = read_json_form(json.dumps([COMPARISON, {"contenders": []}]).encode(), URL)
    assert _locations(listing) == ["https://site.example/ada-vs-bob"]
    assert len(listing.refused) == 1
    with pytest.raises(FetchError):
        read_json_form(b"{", URL)
    with pytest.raises(FetchError):
        read_json_form(b'{"a": 1}', URL)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="found no such folder"):
        read_folder(str(tmp_path / "none"))
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    assert len(read_folder(str(tmp_path)).refused) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [(ATOM, "application/xml", "feed"), (RDF, "text/xml", "feed"), (SITEMAP, "text/xml", "sitemap"),
     ("<rss version='2.0'/>", "text/html", "feed"), ("https://a.example/", "text/plain", "page"),
     ('{"version": "https://jsonfeed.org/version/1", "items": []}', "application/json", "feed"),
     ("[]", "application/json", "json"), ("{", "application/json", "page"),
     ("<html><link type='application/rss+xml'><feed></html>", "text/html", "page"),
     ("<sitemapindex></sitemapindex>", "text/plain", "sitemap")],
)  # fmt: skip
def test_the_kind_is_what_a_document_holds(body: str, media_type: str, kind: str) -> None:
    assert kind_of(body.encode(), media_type) == kind


@pytest.mark.parametrize(
    ("location", "pattern", "fits"),
    [("https://a.example/compare/x", "", True), ("https://a.example/compare/x", "/compare/", True),
     ("https://a.example/blog/x", "/compare/", False),
     ("https://a.example/compare/x", "/comp*", True),
     ("https://a.example/x/compare/x", "/comp*", False),
     ("https://a.example/x?p=1", "/x[?]p=*", True),
     ("https://a.example/x", "https://a.*", True), ("https://b.example/x", "https://a.*", False),
     ("sub/a.txt", "sub/*", True), ("a.txt", "*.html", False)],
)  # fmt: skip
def test_patterns(location: str, pattern: str, fits: bool) -> None:  # noqa: FBT001 - as parametrized
    assert matches(location, pattern) is fits


_BYTES = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.sampled_from(
            ["<rss version='2.0'>", "<channel>", "<item>", "</item>", "<link>", "</link>", "<feed>",
             "<entry>", "<urlset>", "<url>", "<loc>", "</loc>", "</url>", "</urlset>", "http://a/",
             "<a href='", "'>", "<!DOCTYPE", "<![CDATA[", "]]>", "{", '"version":', "[", "]", "}",
             "https://jsonfeed.org/version/1", "\x00", "é", "&amp;", "&x;", "<!--", "-->"]
        ),
        max_size=30,
    ).map(lambda parts: "".join(parts).encode()),
)  # fmt: skip


@given(
    st.lists(
        st.sampled_from(["/", "a", ".", "..", "~", "%41", "?", "#x", "https://site.example", "é"]),
        max_size=6,
    ).map("".join),
    st.sampled_from(["https://site.example/b/c", "HTTPS://Site.example:443/b", "https://x:99999/"]),
)
def test_a_plain_link_is_joined_as_any_other_is(link: str, base: str) -> None:
    assert joined(base, link) == joined(base, f" {link}")


@given(_BYTES, st.sampled_from([Kind.FEED, Kind.SITEMAP, Kind.PAGE, Kind.JSON]))
def test_whatever_comes_is_a_listing_or_one_line(body: bytes, kind: Kind) -> None:
    assert isinstance(kind_of(body, "text/plain"), Kind)
    for media_type in ("text/html", "text/plain", "application/json", ""):
        try:
            listing = parse(kind, Answer(URL, 200, body, media_type), has_pattern=False)
        except FetchError as error:
            lines = [str(error)]
        else:
            lines = listing.refused
        assert [line for line in lines if "\n" in line] == []
