"""Multipart forms are read as scripts send them, and a hostile one is refused in linear steps."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.forms import MAX_BODY_BYTES, MAX_FIELDS, _multipart, _parts

KIND = "multipart/form-data; boundary=----WebKitFormBoundaryA1"
FIELDS = st.lists(
    st.tuples(
        st.text("abc_[]", min_size=1, max_size=9),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    ),
    min_size=1,
    max_size=9,
)


def written(fields: list[tuple[str, str]], end: str = "\r\n", more: str = "") -> bytes:
    """A body as browsers write it."""
    parts = [
        f'------WebKitFormBoundaryA1{end}Content-Disposition: form-data; name="{name}"{more}{end}'
        f"{end}{text}{end}"
        for name, text in fields
    ]
    return ("".join(parts) + f"------WebKitFormBoundaryA1--{end}").encode()


@given(FIELDS)
def test_fields_come_back_as_they_were_written(fields: list[tuple[str, str]]) -> None:
    assert _multipart(KIND, written(fields), MAX_FIELDS) == fields


@pytest.mark.parametrize(
    "kind",
    [
        'multipart/form-data; boundary="b c"; charset=utf-8',
        'Multipart/Form-Data; charset=utf-8; BOUNDARY="b c"',
        'multipart/form-data;boundary="b c"',
    ],
)
def test_a_boundary_is_found_however_it_is_written(kind: str) -> None:
    body = (
        b"ignored\r\n--b c \r\ncontent-disposition:form-data;\r\n name=a\r\n\r\nx\r\n--b c--\r\nno"
    )
    assert _multipart(kind, body, MAX_FIELDS) == [("a", "x")]


def test_bare_line_ends_are_taken_and_files_are_left_out() -> None:
    assert _multipart(KIND, written([("a", "x")], end="\n"), MAX_FIELDS) == [("a", "x")]
    assert _multipart(KIND, written([("a", "x")], more='; filename="y"'), MAX_FIELDS) == []
    assert _multipart(KIND, written([("a", "x")], more="; filename*=utf-8''y"), MAX_FIELDS) == []


def test_too_many_fields_and_no_form_at_all_are_refused() -> None:
    many = written([("a", "")] * (MAX_FIELDS + 1))
    for kind, body in ((KIND, many), (KIND, b""), ("multipart/form-data", many), (KIND, b"x" * 99)):
        with pytest.raises(ValueError, match="no form"):
            _multipart(kind, body, MAX_FIELDS)


def part(headers: str) -> bytes:
    return f"--b\r\n{headers}\r\n\r\nx\r\n--b--".encode()


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "nested parts": lambda size: (
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * (size // 50)
    ),
    "parts": lambda size: b"--b\r\n\r\n" * (size // 7),
    "parameters": lambda size: part("Content-Type: text/plain" + ";a=b" * (size // 4)),
    "parameters of a field": lambda size: part(
        "Content-Disposition: form-data" + ";name=b" * (size // 7)
    ),
    "comments": lambda size: part("Content-Disposition: form-data; " + "(" * size),
    "quotes": lambda size: part("Content-Disposition: form-data; " + ';name="' * (size // 7)),
    "encoded words": lambda size: part(
        'Content-Disposition: form-data; name="' + "=?utf-8?q?a?= " * (size // 14)
    ),
    "folded lines": lambda size: part("Content-Disposition: form-data" + "\r\n " * (size // 3)),
    "headers": lambda size: part("content-disposition: form-data\r\n" * (size // 32)),
}


def steps(body: bytes) -> int:
    """Calls and returns, of Python and of C, that a body takes."""
    count = 0

    def step(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(step)
    try:
        _multipart("multipart/form-data; boundary=b", body, MAX_FIELDS)
    except ValueError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_hostile_form_is_at_most_twice_the_work(name: str) -> None:
    once, twice = (steps(HOSTILE[name](size)) for size in (MAX_BODY_BYTES // 2, MAX_BODY_BYTES))
    assert twice <= 2 * once + 20
    assert twice < 20 * MAX_FIELDS


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; " + one * 60_000 for one in ("(", ";a=b", "\\", ";boundary=", '"', " ")],
    ids=["comments", "parameters", "backslashes", "boundaries", "quotes", "blanks"],
)
def test_a_hostile_content_type_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="no form"):
        _multipart(kind, b"--b\r\n\r\n--b--", MAX_FIELDS)


@given(st.binary(max_size=300).filter(lambda data: b"--" not in data), st.sampled_from("\r\n a\0"))
def test_a_file_comes_back_byte_for_byte(data: bytes, edge: str) -> None:
    content = edge.encode() + data + edge.encode()
    head = 'Content-Disposition: form-data; name="file"; filename="a b.html"'
    mark = b"------WebKitFormBoundaryA1"
    body = mark + f"\r\n{head}\r\nContent-Type: text/html\r\n\r\n".encode()
    body += content + b"\r\n" + mark + b"--\r\n"
    [part] = _parts(KIND, body, MAX_FIELDS)
    assert (part.name, part.file_name, part.content) == ("file", "a b.html", content)


@pytest.mark.parametrize(
    ("more", "name"),
    [('; filename=""', ""), ("; filename=a.txt", "a.txt"), ("; filename*=x''y", "")],
)
def test_the_name_of_a_file_is_read_however_it_is_written(more: str, name: str) -> None:
    [part] = _parts(KIND, written([("file", "x")], more=more), MAX_FIELDS)
    assert part.file_name == name
