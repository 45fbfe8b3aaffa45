"""Asking a server that does not mean well: redirects, names that change, sizes, times."""

import gzip
import itertools
import ssl
import zlib
from collections.abc import Callable, Iterator

import pytest

from digest.sources.errors import FetchError
from digest.sources.http.addresses import AddressPolicy
from digest.sources.http.client import Answer, HttpClient, Validators, Wanted
from digest.sources.http.rate import Rate
from tests.parts.site import Names, Site, site

WANTED = Wanted(("text/html", "text/plain"), "a page", 10_000)


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        server.put("/", "<p>here</p>")
        yield server


def _client(
    names: Names | None = None,
    allowed: tuple[str, ...] = ("site.example",),
    tick: Callable[[], float] = lambda: 0.0,
    tls: ssl.SSLContext | None = None,
) -> HttpClient:
    policy = AddressPolicy(allowed, names or Names())
    return HttpClient(policy, "test/1", Rate(lambda: 0.0, lambda _: None), tick=tick, tls=tls)


def _get(url: str, client: HttpClient | None = None, **rest: object) -> Answer:
    with client or _client() as open_client:
        return open_client.get(url, WANTED, check=lambda _: None, **rest)  # type: ignore[arg-type]


def _refused(url: str, client: HttpClient | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        _get(url, client)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(web: Site, status: int) -> None:
    web.redirect("/old", "/#part", status)
    answer = _get(web.url("/old"))
    assert (answer.url, answer.body) == (web.url("/"), b"<p>here</p>")
    assert answer.moved_to == (web.url("/") if status in (301, 308) else "")


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/",
     "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/",
     "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/",
     "http://127.1:{port}/", "http://0.0.0.0:{port}/", "http://[::]:{port}/",
     "http://inside.example:{port}/", "//inside.example:{port}/", "http://127。0。0。1:{port}/",
     "http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25lo]:{port}/",
     "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/"],
)  # fmt: skip
@pytest.mark.parametrize("hops", [0, 1, 3])
def test_no_redirect_leads_to_a_private_address(web: Site, target: str, hops: int) -> None:
    names = Names()
    names.known["inside.example"] = ["127.0.0.1"]
    names.known["localhost"] = ["127.0.0.1", "::1"]
    for literal in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1"):
        names.known[literal] = ["127.0.0.1"]
    for one in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::"):
        names.known[one] = [one]
    for one in ("169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::"):
        names.known[one] = [one]
    for hop in range(hops):
        web.redirect(f"/{hop}", f"/{hop + 1}")
    web.redirect(f"/{hops}", target.format(port=web.server_port))
    error = _refused(web.url("/0"), _client(names))
    assert error.is_final or "can't be resolved" in str(error), str(error)
    assert [one.path for one in web.asked] == [f"/{hop}" for hop in range(hops + 1)]


@pytest.mark.parametrize(
    "target",
    ["", "file:///etc/passwd", "ftp://site.example/", "gopher://site.example/", "javascript:1",
     "http://", "http://user@site.example/", "http://a b/", "http://site.example:99999/",
     "data:text/html,x", "http://[", "//"],
)  # fmt: skip
def test_no_redirect_leads_out_of_the_web(web: Site, target: str) -> None:
    web.redirect("/0", target)
    error = _refused(web.url("/0"))
    assert error.is_final
    assert len(web.asked) <= 6


def test_redirects_end(web: Site) -> None:
    web.redirect("/a", "/b")
    web.redirect("/b", "/a")
    error = _refused(web.url("/a"))
    assert (error.is_final, str(error)) == (True, f"{web.url('/a')}: more than 5 redirects")
    assert len(web.asked) == 6


def test_each_redirect_is_checked_before_it_is_followed(web: Site) -> None:
    web.redirect("/a", "/forbidden")
    checked: list[str] = []
    with _client() as client:
        web.put("/forbidden", "x")
        client.get(web.url("/a"), WANTED, check=checked.append)
    assert checked == [web.url("/a"), web.url("/forbidden")]


def test_a_name_that_changes_its_address_leads_to_no_other_than_the_one_checked(
    web: Site,
) -> None:
    """DNS rebinding: every answer of the resolver is checked, and is the one connected to."""
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        return ["1.1.1.1"] if host == "public.example" and len(asked) == 1 else next(answers)

    policy = AddressPolicy((), rebinding)
    assert policy.addresses("public.example", 80) == ["1.1.1.1"]
    client = HttpClient(policy, "test/1", Rate(lambda: 0.0, lambda _: None), tick=lambda: 0.0)
    error = _refused(f"http://public.example:{web.server_port}/", client)
    assert "127.0.0.1 is an address of this machine" in str(error)
    assert asked == ["public.example"] * 2  # once for each request, and not again to connect
    assert web.asked == []


def test_the_name_stays_in_the_host_header(web: Site) -> None:
    _get(web.url("/"))
    assert web.asked[0].host == f"site.example:{web.server_port}"


def test_the_next_address_is_tried_where_one_does_not_answer(web: Site) -> None:
    names = Names({"site.example": ["127.0.0.2", "127.0.0.1"]})
    assert _get(web.url("/"), _client(names)).status == 200


def test_a_proxy_in_the_environment_is_not_used(web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert _get(web.url("/")).status == 200


def test_304_is_an_answer_only_to_a_conditional_request(web: Site) -> None:
    validators = _get(web.url("/")).validators
    assert _get(web.url("/"), validators=validators).body is None
    web.put("/x", b"", status=304, etag=False)
    assert "not conditional" in str(_refused(web.url("/x")))
    assert Validators('"a"', "b").headers() == {"If-None-Match": '"a"', "If-Modified-Since": "b"}


def test_a_validator_that_is_no_header_is_dropped(web: Site) -> None:
    for tag in ("x" * 501, "caf\xe9"):
        web.put("/x", "x", headers={"ETag": tag}, etag=False)
        assert _get(web.url("/x")).validators.etag == ""


@pytest.mark.parametrize(
    ("status", "is_final", "is_gone"),
    [(204, False, False), (206, False, False), (400, True, False), (401, True, False),
     (403, True, False), (404, True, True), (408, False, False), (410, True, True),
     (429, False, False), (500, False, False), (503, False, False)],
)  # fmt: skip
def test_other_answers(web: Site, status: int, is_final: bool, is_gone: bool) -> None:  # noqa: FBT001 - as parametrized
    web.put("/x", b"", status=status)
    error = _refused(web.url("/x"))
    assert (error.is_final, error.is_gone, error.status) == (is_final, is_gone, status)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("0", 0), ("99999999999", 604_800), ("soon", None), ("-5", None), ("", None),
     ("Mon, 23 Nov 2026 09:00:00 GMT", 3600), ("Mon, 23 Nov 2020 09:00:00 GMT", 0)],
)  # fmt: skip
def test_retry_after(web: Site, value: str, seconds: int | None) -> None:
    def answer(handler: object) -> None:
        handler.wfile.write(  # type: ignore[attr-defined]
            f"HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        handler.close_connection = True  # type: ignore[attr-defined]

    web.put("/x", b"", act=answer)
    assert _refused(web.url("/x")).retry_seconds == seconds


@pytest.mark.parametrize(
    "media_type", ["image/png", "application/pdf", "video/mp4", "application/octet-stream"]
)
def test_what_is_no_page_is_not_read(web: Site, media_type: str) -> None:
    web.put("/x", b"x" * 100_000, media_type)
    error = _refused(web.url("/x"))
    assert str(error) == f"{web.url('/x')}: found {media_type}, expected a page"


def test_a_body_is_bounded_packed_and_unpacked(web: Site) -> None:
    web.put("/large", b"x" * 10_001)
    web.put("/bomb", b"x" * 1_000_000, headers={"Content-Encoding": "gzip"})
    web.put("/fits", b"x" * 10_000, headers={"Content-Encoding": "gzip"})
    for path in ("/large", "/bomb"):
        assert "expected 0.00953674 MiB at most" in str(_refused(web.url(path)))
    assert _get(web.url("/fits")).body == b"x" * 10_000


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [("br", b"x", "found the encoding br"), ("gzip", b"not gzip", "is damaged"),
     ("deflate", zlib.compress(b"hello"), ""), ("deflate", zlib.compress(b"hello")[2:-4], ""),
     ("x-gzip", gzip.compress(b"hello", mtime=0), ""),
     ("gzip", gzip.compress(b"hello", mtime=0)[:-6], "in the middle"),
     ("identity", b"hello", ""), ("gzip, gzip", b"x", "found the encoding gzip, gzip")],
)  # fmt: skip
def test_encodings(web: Site, encoding: str, body: bytes, words: str) -> None:
    def answer(handler: object) -> None:
        handler.wfile.write(  # type: ignore[attr-defined]
            f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        handler.close_connection = True  # type: ignore[attr-defined]

    web.put("/x", b"", act=answer)
    if words:
        assert words in str(_refused(web.url("/x")))
    else:
        assert _get(web.url("/x")).body == b"hello"


def test_an_answer_that_drips_ends_with_the_time_of_the_request(web: Site) -> None:
    """Each octet is in time, the whole is not. The clock goes a second on at each look."""
    served = itertools.count()

    def answer(handler: object) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")  # type: ignore[attr-defined]
        try:
            while next(served) < 9_000:
                handler.wfile.write(b"x")  # type: ignore[attr-defined]
        except OSError:
            pass
        handler.close_connection = True  # type: ignore[attr-defined]

    web.put("/x", b"", act=answer)
    ticks = itertools.count()
    error = _refused(web.url("/x"), _client(tick=lambda: next(ticks) * 15.0))
    assert str(error) == f"{web.url('/x')}: no whole answer within 30 seconds"


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 999999 OK\r\n\r\n",
     b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n"],
)  # fmt: skip
def test_garbage_for_an_answer_is_one_line(web: Site, raw: bytes) -> None:
    def answer(handler: object) -> None:
        handler.wfile.write(raw)  # type: ignore[attr-defined]
        handler.close_connection = True  # type: ignore[attr-defined]

    web.put("/x", b"", act=answer)
    error = _refused(web.url("/x"))
    assert not error.is_final
    assert str(error).startswith(f"{web.url('/x')}: ")


def test_nobody_there_is_one_line() -> None:
    with site() as server:
        url = server.url("/")
    assert "no answer" in str(_refused(url))
