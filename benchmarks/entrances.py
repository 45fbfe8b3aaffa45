"""Every place where text comes in, fed with 1 MB of the worst that it could get.

python -m benchmarks.entrances [--size BYTES] [--limit SECONDS]

Prints the processor time that each entrance needs for the worst of the texts, with that text's
name, then as JSON the seconds of each kind's worst; exits with 1 where one takes longer than the
limit. `tests/unit/test_bounds.py` and its neighbours hold the bounds themselves (how much of its
input each entrance looks at).
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from benchmarks.entrances_of_mail import mail
from benchmarks.entrances_of_sources import sources
from benchmarks.machine import describe
from digest.catalog.intake import limits
from digest.catalog.intake.markdown.bounds import check
from digest.catalog.pages import PageError
from store.errors import DigestError, UserError

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from subscribers.tokens import Tokens

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = "a secret of the benchmark that is long enough"
LIMIT = 0.2
"""Seconds of processor."""
PATTERNS = {
    "one letter": "a",
    "accents": "\u0301\u0323",
    "letters with accents": "e\u0301\u0323\u0301",
    "at signs": "@",
    "half addresses": "a@",
    "addresses": "a@b.c ",
    "labels": "a.",
    "hyphens": "a-",
    "digits": "5",
    "status codes": "5.1.1 ",
    "codes": "550 ",
    "spaces": " ",
    "lines": "\n",
    "blank lines": "a\n \n",
    "tiny rows": "x\n",
    "tiny formulas": "-\n",
    "tiny half addresses": "a@\n",
    "tiny quotes": '"x"\n',
    "tiny open quotes": '"x\n',
    "tiny empty quotes": '"",\n',
    "tiny unclosed quotes": '"a"x,"\n',
    "tiny cells too many": ",,x\n",
    "carriage returns": "\r",
    "tabs": "\t",
    "quotes": '"',
    "backslashes": '\\"',
    "open angles": "<",
    "open tags": "<a ",
    "tags": "<b>",
    "blocks": "<p>",
    "end tags": "</b>",
    "hidden tags": "<svg>",
    "attributes": "<a b=c d='e' ",
    "declarations": "<!",
    "instructions": "<?",
    "scripts": "<script>",
    "numbers of characters": "&#9;",
    "comments": "<!--",
    "parts": "--b\n",
    "parts with a word": "--b\n\nx\n",
    "nested parts": "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
    "brackets": "[",
    "braces": "{",
    "parentheses": "(",
    "commas": ",",
    "semicolons": "x;",
    "parameters": ";a=b",
    "colons": "a: b\n",
    "encoded words": "=?utf-8?q?",
    "percents": "%41",
    "entities": "&amp",
    "links": "http://a ",
    "reply words": "user unknown mailbox full ",
    "said": "said: 550 ",
    "unsubscribe": "unsubscribe ",
    "tokens": "+AAAAAAAAAAAAAAAAAAAAAA",
    "versus": " vs ",
    "per cents": "75 % ",
    "columns": "|",
    "cells": "| a ",
    "rows": "|a|\n",
    "rules of tables": "|-",
    "stars": "*a ",
    "quoted lines": "> ",
    "list items": "- a\n",
    "images": "![a](",
    "backticks": "`a",
    "dashes": "— ",
    "sharp s": "ß",
    "compatibility": "\ufdfa",
    "wide": "\U0001f469\u200d",
}
Entrance = Callable[[str], object]


def texts(size: int) -> Iterator[tuple[str, str]]:
    """The worst texts, by name, of `size` bytes each."""
    for name, pattern in PATTERNS.items():
        yield name, (pattern * (size // len(pattern.encode()) + 1))[: size // _width(pattern)]


def _width(pattern: str) -> int:
    return max(1, len(pattern.encode()) // len(pattern))


def entrances(folder: Path) -> dict[str, Entrance]:
    """Each entrance, by what comes in there."""
    return _pages(folder) | sources() | mail() | _lists(folder) | _settings() | _web(folder)


def _pages(folder: Path) -> dict[str, Entrance]:
    from digest.catalog.intake.sources import read_sources  # noqa: PLC0415 - only where it runs
    from digest.catalog.slugs import slugify  # noqa: PLC0415 - as above

    def page(ending: str, shape: str) -> Entrance:
        def read(text: str) -> object:
            path = folder / f"page{ending}"
            path.write_bytes(shape.replace("TEXT", text).encode("utf-8", "replace"))
            return list(read_sources([str(path)], None))

        return read

    def as_json(text: str) -> object:
        path = folder / "page.json"
        side = {"name": text, "category": text, "tagline": text, "description": text}
        path.write_text(json.dumps([{"slug": "a-vs-b", "title": text, "contenders": [side, side]}]))
        return list(read_sources([str(path)], None))

    def markdown(shape: str) -> Entrance:
        """As much as a page may hold: the beginning of the text that its bounds let through."""
        read = page(".md", "# A vs B\n\n" + shape)
        return lambda text: read(_within(text[: limits.MARKDOWN - 100]))

    html = "<!doctype html><body><h1>A vs B</h1><p>TEXT"
    return {
        "page: text": page(".txt", "A vs B\nTEXT\n"),
        "page: Markdown, all": page(".md", "# A vs B\n\nTEXT\n"),
        "page: Markdown": markdown("TEXT\n"),
        "page: Markdown, a table": markdown("| A | B |\n| - | - |\nTEXT\n"),
        "page: text, one paragraph": page(".txt", "TEXT"),
        "page: HTML": page(".html", html),
        "page: HTML, a title": page(".html", f"<title>TEXT</title>{html}".replace("<p>TEXT", "")),
        "page: HTML, a tag": page(".html", "<body><h1>A vs B</h1><p TEXT>"),
        "page: HTML, streamed": page(".html", "<body><h1>A vs B</h1><div id='S:0'>TEXT"),
        "page: HTML, an attribute": page(".html", '<body><p class="TEXT">A vs B</p>'),
        "page: JSON, a value": as_json,
        "page: JSON, raw": page(".json", "TEXT"),
        "page: a name": slugify,
    }


def _within(text: str) -> str:
    """Cut a text so that the bounds of Markdown let its beginning through."""
    size = len(text)
    while size > 1:
        with suppress(PageError):
            check(text[:size].split("\n"), "")
            break
        size = size * 4 // 5
    return text[:size]


def _lists(folder: Path) -> dict[str, Entrance]:
    from subscribers.addresses import parse_address  # noqa: PLC0415 - as above
    from subscribers.service import clean_name  # noqa: PLC0415 - as above

    imported = _import_into(folder / "list.db")

    def row(header: str, shape: str) -> Entrance:
        return lambda text: imported(f"{header}\n{shape.replace('TEXT', ' '.join(text.split()))}\n")

    def rows(kept: Path | None) -> Entrance:
        """One row of a list, and then anything."""
        return lambda text: imported(f"email,first_name\na@b.example,A\n{text}", kept)

    return {
        "CSV: an address": parse_address,
        "CSV: a name": clean_name,
        "CSV: a header": row("email,TEXT", "a@b.example,x"),
        "CSV: rows after a good one": rows(None),
        "CSV: rows, the refused kept": rows(folder / "refused.csv"),
        "CSV: a row's address": row("email,first_name", "TEXT,x"),
        "CSV: a row's other cells": row(
            "email,first_name,status,created_at,signup source", "a@b.example,TEXT,TEXT,TEXT,TEXT"
        ),
    }


def _import_into(path: Path) -> Callable[..., object]:
    """Return what imports a text into a store of its own, the refused rows kept where named."""
    from digest.database import upgrade  # noqa: PLC0415 - as above
    from store.engine import open_store  # noqa: PLC0415 - as above
    from subscribers.addresses import AddressHasher  # noqa: PLC0415 - as above
    from subscribers.transfer.refused_rows import RefusedFile  # noqa: PLC0415 - as above
    from subscribers.transfer.run import import_csv  # noqa: PLC0415 - as above

    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    hasher = AddressHasher(SECRET)
    take = partial(import_csv, store, hasher, source="l.csv", status=None, now=NOW, wording="w")

    def imported(data: str, kept: Path | None = None) -> object:
        file = io.BytesIO(data.encode("utf-8", "replace"))
        with RefusedFile(kept) as refused:
            return take(file, refused=refused)

    return imported


def _settings() -> dict[str, Entrance]:
    from digest.settings import Settings  # noqa: PLC0415 - as above

    def setting(name: str) -> Entrance:
        def given(text: str) -> object:
            values: dict[str, Any] = {name: text}
            return Settings(_env_file=None, **values)

        return given

    free = ("caniemail", "outbox_dir", "templates", "dkim_key_file")
    return {f"setting: {name}": setting(name) for name in Settings.model_fields if name not in free}


def _web(folder: Path) -> dict[str, Entrance]:
    from digest.track.hits.bot_detection import is_bot_user_agent  # noqa: PLC0415 - as above
    from subscribers.tokens import Purpose  # noqa: PLC0415 - as above

    client, tokens = _site(folder)
    click = f"/l/1/{tokens.make(Purpose.CLICK, 1, 1)}"
    return {
        **_forms(client, tokens.make(Purpose.PREFERENCES, 1, 1)),
        **{
            f"header: {name}": _header(client, click, name)
            for name in ("User-Agent", "Referer", "Host")
        },
        "header: a user agent": is_bot_user_agent,
        "path": lambda text: client.get("/comparisons/" + quote(text[:60_000], safe="")[:60_000]),
    }


def _site(folder: Path) -> "tuple[TestClient, Tokens]":
    """Return a client of a whole site, and what makes its links."""
    from starlette.testclient import TestClient  # noqa: PLC0415 - as above

    from digest.bootstrap import bootstrap  # noqa: PLC0415 - as above
    from digest.database import upgrade  # noqa: PLC0415 - as above
    from digest.settings import Settings  # noqa: PLC0415 - as above
    from digest.web.application import create_app  # noqa: PLC0415 - as above

    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder / 'web.db'}",
        secret_key=SECRET,
        outbox_dir=folder / "outbox",
    )
    app = bootstrap(settings)
    upgrade(app.store)
    client = TestClient(create_app(app), "http://localhost:8000", raise_server_exceptions=False)
    client.get("/health")
    return client, app.tokens


def _forms(client: "TestClient", token: str) -> dict[str, Entrance]:
    def form(path: str, name: str) -> Entrance:
        return lambda text: client.post(path, data={"email": "a@b.example", name: text})

    def multipart(text: str) -> object:
        body = f"--b\r\nContent-Disposition: form-data;{text[:60_000]}\r\n\r\n".encode()
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        return client.post("/subscribe", content=body, headers=kind)

    return {
        "form: email": form("/subscribe", "email"),
        "form: multipart": multipart,
        "form: first name": form("/subscribe", "first_name"),
        "form: source": form("/subscribe", "source"),
        "form: preferences": form(f"/preferences/{token}", "zone"),
        "form: new address": form(f"/preferences/{token}/address", "email"),
        "form: vote": form(f"/vote/{token}", "verdict"),
        "form: unsubscribe": form(f"/unsubscribe/{token}", "comment"),
        "form: JSON": lambda text: client.post("/api/v1/subscribers", json={"email": text}),
    }


def _header(client: "TestClient", path: str, name: str) -> Entrance:
    def get(text: str) -> object:
        value = text.encode("utf-8", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
        return client.get(path, headers={name.encode(): value})

    return get


def cpu(entrance: Entrance, text: str) -> float:
    """The processor time of one text."""
    began = time.process_time()
    # Most of it is refused, which is as it should be.
    with suppress(UserError, DigestError, ValueError):
        entrance(text)
    return time.process_time() - began


def least(entrance: Entrance, text: str) -> float:
    """The processor time of one text; the least of three where it seems too long."""
    first = cpu(entrance, text)
    return first if first < LIMIT / 2 else min(first, cpu(entrance, text), cpu(entrance, text))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.entrances", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds")
    parser.add_argument("--only", default="", help="entrances whose names begin so")
    given = parser.parse_args()
    print(f"{describe()}; {given.size:,} bytes each", flush=True)
    found: dict[str, float] = {}
    over: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for what, entrance in entrances(Path(name)).items():
            if not what.startswith(given.only):
                continue
            cpu(entrance, "x")
            worst = max((least(entrance, text), kind) for kind, text in texts(given.size))
            line = f"{what:34}{worst[0] * 1000:>9,.0f} ms  {worst[1]}"
            print(line, flush=True)
            if worst[0] > given.limit:
                over.append(line)
            group = what.partition(":")[0]
            found[group] = max(found.get(group, 0), worst[0])
    print(json.dumps(found))
    if over:
        sys.exit("\n".join(["over the limit:", *over]))


if __name__ == "__main__":
    main()
