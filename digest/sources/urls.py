"""Writes an address in one way, so that two sources that name a page name the same one."""

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from digest.catalog.intake.urls import is_importable

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|ref_src|_hsenc|_hsmi)"
    r"(?:=|$)",
    re.IGNORECASE,
)
_SAFE = "%/:=&?~+!$,;'@()*[]-._|"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN_PATH = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*+(?:/|$))*+")
"""A path that is written in one way alone: no dots by themselves, nothing to encode."""
_PLAIN_LENGTH = 500
_LONGEST_LINK = 8_000
"""Characters, with parameters that only count visits; a canonical address may have 2,000."""
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def canonical_url(url: str) -> str | None:
    """Return `url` as this project compares addresses; None if it is no web address.

    Lower-case scheme and host, no default port, no fragment, no parameters that only count
    visits; percent-encoding as RFC 3986, section 6.2.2, normalizes it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    kept = "&".join(one for one in parts.query.split("&") if one and not _TRACKING.match(one))
    address = urlunsplit((scheme, netloc, encoded_path(parts.path) or "/", encoded_path(kept), ""))
    return address if is_importable(address) else None


def joined(base: str, link: str) -> str | None:
    """Return `link` as a page at `base` means it, in canonical form; None if it is none."""
    if len(link) > _LONGEST_LINK:
        return None
    if len(link) < _PLAIN_LENGTH and (site := _site(base)):
        path = link.removeprefix(site)
        if _PLAIN_PATH.fullmatch(path):
            return site + path  # as most of some ten thousand in a sitemap are
    try:
        return canonical_url(urljoin(base, link.strip()))
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _site(base: str) -> str:
    """Return scheme, host and port of an address in canonical form; empty if it is none."""
    address = canonical_url(base)
    return origin_of(address) if address else ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a canonical address: what a robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def key_of(location: str) -> str:
    """Return the hash that pages are known by: addresses are too long for an index."""
    return hash_of(location)


def hash_of(*parts: str | bytes) -> str:
    """Return one hash of several texts."""
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        whole.update(str(len(data)).encode() + b":" + data)
    return whole.hexdigest()


def encoded_path(text: str) -> str:
    """Return a path or query as RFC 3986, section 6.2.2, normalizes its percent-encoding."""
    quoted = quote(text, safe=_SAFE, errors="replace")
    return _ESCAPE.sub(lambda match: _normal(match[0]), quoted)


def _normal(escape: str) -> str:
    char = unquote(escape, errors="replace")
    return char if _UNRESERVED.fullmatch(char) else escape.upper()
