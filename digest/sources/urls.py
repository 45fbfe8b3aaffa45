"""Writes an address in one way, so that two sources that name a page name the same one."""

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from digest.catalog.intake.urls import is_importable
from store.text import normalize

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = (
    r"(?:utm_[a-z_]+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|ref_src|_hsenc|_hsmi)"
)
_SAYS_NOTHING = re.compile(rf"(?:^|(?<=&))(?:{_TRACKING}(?:=[^&]*+)?)?(?:&|\Z)", re.IGNORECASE)
_AUTHORITY = re.compile(r"\s*(?:[A-Za-z]{1,5}:)?//([^/?#]*)")
_SAFE = "%/:=&?~+!$,;'@()*[]-._|"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN_PATH = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*+(?:/|$))*+")
"""A path that is written in one way alone: no dots by themselves, nothing to encode."""
_PLAIN_LENGTH = 500
_LONGEST_LINK = 8_000
"""Characters, with parameters that only count visits; a canonical address may have 2,000."""
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-")
_ESCAPED = {f"{one:02X}": chr(one) if one in _UNRESERVED else f"%{one:02X}" for one in range(256)}
MAX_HOST, MAX_LABEL = 253, 63
"""Characters (RFC 1035, section 2.3.4)."""
MAX_FOREIGN_HOSTS = 100


class HostNames:
    """Spells host names in ASCII: of a listing the first MAX_FOREIGN_HOSTS that are not already.

    Python takes half a millisecond for a long one; a page of 400 KB held the worker for 7 s.
    """

    def __init__(self) -> None:
        self._spelled: dict[str, str] = {}

    def is_one_too_many(self, link: str) -> bool:
        """Return whether a link names a host that is not spelled any more."""
        if len(self._spelled) < MAX_FOREIGN_HOSTS or link.isascii():
            return False
        named = _AUTHORITY.match(link)
        return named is not None and not named[1].isascii()

    def spell(self, host: str) -> str:
        """Raises UnicodeError for what is no host name, or one too many."""
        if host.isascii():
            return host
        if host not in self._spelled:
            if len(host) > MAX_HOST or len(self._spelled) >= MAX_FOREIGN_HOSTS:
                raise UnicodeError
            self._spelled[host] = ""
            composed = normalize("NFKC", host)  # each character is one at least in ASCII
            if max(map(len, composed.split("."))) <= MAX_LABEL:
                self._spelled[host] = host.encode("idna").decode()
        if not self._spelled[host]:
            raise UnicodeError
        return self._spelled[host]


def canonical_url(url: str, hosts: HostNames | None = None) -> str | None:
    """Return `url` as this project compares addresses; None if it is no web address.

    Lower-case scheme and host, no default port, no fragment, no parameters that only count
    visits; percent-encoding as RFC 3986, section 6.2.2, normalizes it.
    """
    if len(url) > _LONGEST_LINK:
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = (hosts or HostNames()).spell(host)
    except (ValueError, UnicodeError):
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    kept = _SAYS_NOTHING.sub("", parts.query).rstrip("&")
    address = urlunsplit((scheme, netloc, encoded_path(parts.path) or "/", encoded_path(kept), ""))
    return address if is_importable(address) else None


def joined(base: str, link: str, hosts: HostNames | None = None) -> str | None:
    """Return `link` as a page at `base` means it, in canonical form; None if it is none.

    A listing gives the same `hosts` with each of its links.
    """
    if len(link) > _LONGEST_LINK:
        return None
    if len(link) < _PLAIN_LENGTH and (site := _site(base)):
        path = link.removeprefix(site)
        if _PLAIN_PATH.fullmatch(path):
            return site + path  # as most of some ten thousand in a sitemap are
    if hosts and hosts.is_one_too_many(link):
        return None
    try:
        return canonical_url(urljoin(base, link.strip()), hosts)
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
    if "%" in text:
        text = _ESCAPE.sub(lambda escape: _ESCAPED[escape[1].upper()], text)
    return quote(text, safe=_SAFE, errors="replace")
