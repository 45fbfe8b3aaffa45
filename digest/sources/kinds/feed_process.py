"""Reads a large feed in a process of its own, with a bound on time and memory.

feedparser takes some microseconds a byte of hostile XML, in one call that nothing interrupts, and
the worker that sends mail would wait for it. Run as a program it reads a feed from its standard
input and writes a listing, or the error, as JSON.
"""

import json
import resource
import subprocess
import sys
from datetime import datetime
from typing import Any

from digest.sources.errors import FetchError
from digest.sources.kinds.entry import Entry, Listing
from digest.sources.kinds.feed_xml import read_xml_feed

MAX_CPU_SECONDS = 10
MAX_SECONDS = 60
"""By the clock, on a machine that is busy."""
MAX_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space."""


def read_apart(
    body: bytes, url: str, media_type: str, cpu_seconds: int = MAX_CPU_SECONDS
) -> Listing:
    """Return the pages that a feed in RSS or Atom links to.

    Raises FetchError, also where that takes more than `cpu_seconds` of processor.
    """
    module = "digest.sources.kinds.feed_process"
    command = [sys.executable, "-m", module, url, media_type, str(cpu_seconds)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module; a site's words are arguments and input
            command, input=body, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _endless(cpu_seconds) from None
    if done.returncode:
        raise _endless(cpu_seconds)
    return _listing(json.loads(done.stdout))


def _endless(cpu_seconds: int) -> FetchError:
    return FetchError(
        f"found a feed that takes more than {cpu_seconds} seconds or "
        f"{MAX_MEMORY // 1024**2:,} MB to read, expected a shorter one",
        is_final=True,
    )


def _listing(found: dict[str, Any]) -> Listing:
    if "error" in found:
        raise FetchError(found["error"], is_final=found["is_final"])
    entries = [
        Entry(location, version, datetime.fromisoformat(dated) if dated else None)
        for location, version, dated in found["entries"]
    ]
    return Listing(entries=entries, refused=found["refused"])


def _read(body: bytes, url: str, media_type: str) -> dict[str, Any]:
    try:
        listing = read_xml_feed(body, url, media_type)
    except FetchError as error:
        return {"error": str(error), "is_final": error.is_final}
    entries = [
        (one.location, one.version, one.dated.isoformat() if one.dated else "")
        for one in listing.entries
    ]
    return {"entries": entries, "refused": listing.refused}


def main() -> None:
    """Bound this process, and read the feed that comes in."""
    url, media_type, seconds = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    json.dump(_read(sys.stdin.buffer.read(), url, media_type), sys.stdout)


if __name__ == "__main__":
    main()
