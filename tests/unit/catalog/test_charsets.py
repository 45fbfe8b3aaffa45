"""HTML is decoded as it declares; a byte order mark counts more, and UTF-8 is the default."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage, PageError
from tests.unit.catalog.pages import INK, PAGE, QUILL, comparison, page_html, page_text
from tests.unit.catalog.test_html import HOSTILE

WORDS = {
    "windows-1252": "“naïve” €5 — Žižek",
    "iso-8859-1": "“it says latin1 but is windows-1252” €",
    "iso-8859-15": "œuvre à 5 €",
    "windows-1251": "Голубь",
    "koi8-r": "Голубь",
    "shift_jis": "文書を整える",
    "euc-jp": "文書を整える",
    "iso-2022-jp": "文書を整える",
    "gb2312": "整理文档",
    "gbk": "联通",
    "big5": "整理文件",
    "euc-kr": "문서 정리",
    "utf-8": "“naïve” 整理 👩🏽‍🚀",
}
CODECS = {"iso-8859-1": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932"}


def page_in(label: str) -> ComparisonPage:
    return comparison(replace(QUILL, tagline=WORDS[label]), INK)


def read(data: bytes, name: str = "page.html") -> ComparisonPage | PageError:
    (found,) = read_sources(["-"], io.BytesIO(data)) if name == "-" else _file(data, name)
    return found


def _file(data: bytes, name: str) -> list[ComparisonPage | PageError]:
    path = Path(name)
    path.write_bytes(data)
    return list(read_sources([name], None))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def encoded(label: str, declaration: str, *, before: str = "") -> bytes:
    """The page in the encoding `label`; what it can't hold becomes a character reference."""
    text = before + page_html(page_in(label), head=declaration)
    return text.encode(CODECS.get(label, label), "xmlcharrefreplace")


@pytest.mark.parametrize("label", sorted(WORDS))
@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="{}">',
        "<META CHARSET={}>",
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        "<meta content='text/html;charset=\"{}\"' http-equiv=content-type />",
    ],
)
@pytest.mark.parametrize("name", ["page.html", "page.htm", "-", "page"])
def test_a_declared_charset_is_believed(label: str, declaration: str, name: str) -> None:
    data = encoded(label, declaration.format(label))
    assert read(data, name) == replace(page_in(label), source=name)


@pytest.mark.parametrize("label", ["windows-1252", "shift_jis", "utf-8"])
def test_an_xml_declaration_is_believed_where_no_meta_element_says_otherwise(label: str) -> None:
    xml = f'<?xml version="1.0" encoding="{label}"?>\n'
    want = replace(page_in(label), source="page.html")
    assert read(encoded(label, "", before=xml)) == want
    other = '<?xml version="1.0" encoding="euc-kr"?>\n'
    assert read(encoded(label, f'<meta charset="{label}">', before=other)) == want


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("declared", ["windows-1252", "shift_jis", "utf-16", "no-such"])
def test_a_byte_order_mark_counts_more_than_a_declaration(codec: str, declared: str) -> None:
    text = page_html(page_in("utf-8"), head=f'<meta charset="{declared}">')
    assert read(text.encode(codec)) == replace(page_in("utf-8"), source="page.html")


@pytest.mark.parametrize("name", ["page.txt", "page.html", "page", "-"])
@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_its_mark_is_read(name: str, mark: bytes) -> None:
    text = page_html() if name == "page.html" else page_text()
    data = mark + text.encode("utf-16-le" if mark == b"\xff\xfe" else "utf-16-be")
    assert read(data, name) == replace(PAGE, source=name)


def test_a_stale_declaration_of_one_byte_a_character_gives_way_to_valid_utf_8() -> None:
    for label in ("windows-1252", "iso-8859-15", "windows-1251"):
        data = page_html(page_in("utf-8"), head=f'<meta charset="{label}">').encode()
        assert read(data) == replace(page_in("utf-8"), source="page.html")


@pytest.mark.parametrize(
    "head",
    [
        '<!-- <meta charset="windows-1252"> -->',
        "<script>'<meta charset=\"windows-1252\">'</script>",
        '<meta name="description" content="text/html; charset=windows-1252">',
        '<meta data-charset="windows-1252">',
        '<meta charset=""><meta charset="utf-8"><meta charset="windows-1252">',
        '<meta charset="utf-16">',
    ],
)
def test_what_declares_nothing_leaves_utf_8(head: str) -> None:
    data = page_html(page_in("utf-8"), head=head).encode()
    assert read(data) == replace(page_in("utf-8"), source="page.html")
    broken = page_html(head=head).encode().replace("—".encode(), b"\x97")
    found = read(broken)
    assert isinstance(found, PageError)
    assert found.expected == "UTF-8 text"


def test_only_html_declares_a_charset() -> None:
    data = page_text().replace("—", "–").encode("cp1252")
    found = read(b'<meta charset="windows-1252">\n' + data, "page.txt")
    assert isinstance(found, PageError)
    assert found.expected == "UTF-8 text"


@pytest.mark.parametrize("label", ["klingon", "utf-7", "unicode_escape", "idna", "rot13", "x\x1b"])
def test_a_charset_that_browsers_do_not_know_is_named(label: str) -> None:
    found = read(page_html(head=f'<meta charset="{label}">').encode())
    assert isinstance(found, PageError)
    assert "declared charset" in found.found
    assert str(found).isprintable()


def test_a_byte_that_the_declared_charset_does_not_have_is_named() -> None:
    data = encoded("windows-1252", '<meta charset="shift_jis">').replace(b"\x80", b"\xff\xff")
    found = read(data)
    assert isinstance(found, PageError)
    assert found.expected == "cp932 text"


def test_utf_32_is_no_text() -> None:
    found = read(page_text().encode("utf-32"), "page.txt")
    assert isinstance(found, PageError)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_head_is_read_to_its_bound(name: str) -> None:
    found = read(b"<p>" + HOSTILE[name](2**17).encode())
    assert isinstance(found, PageError)
