"""Numbers the links of an issue, so that a click link carries a number and no target."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

from digest.render.environment import Href
from digest.render.errors import TemplateError
from digest.render.rendered import RenderedLink
from digest.render.slots import Slot

SCHEMES = ("http", "https")
MAX_URL_LENGTH = 2048
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")

# RFC 3986 sections 2.2 and 2.3; two tildes alone are escaped: a target must not be able to spell a
# slot's mark. Browsers take a further # as part of the fragment.
_LEGAL = re.compile(r"https?://(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_KEPT = "%/:;=@!$&'()*+,?~"
_KEPT_IN_FRAGMENT = f"{_KEPT}#"


@dataclass(frozen=True, slots=True)
class Tracking:
    """Whether opens and clicks are tracked; each can be switched off for everybody."""

    opens: bool = True
    clicks: bool = True


NO_TRACKING = Tracking(opens=False, clicks=False)
HIDDEN_LINK = "hidden"
"""The kind of the link that no person sees: only bots follow it."""


class LinkRegistry:
    """Gives each target a number (from 1) and the address that replaces it in the email.

    With `tracked` that is our redirect, without it the target itself.
    """

    def __init__(self, public_url: str, *, tracked: bool) -> None:
        self._public_url = public_url
        self._tracked = tracked
        self._links: dict[tuple[str, str], RenderedLink] = {}

    def to(self, kind: str, label: str, url: str) -> Href:
        """Return the address of a link to `url`; the same kind and target get the same number.

        Raises TemplateError unless `url` is an absolute http or https address.
        """
        target = ascii_url(url, label)
        link = self._links.setdefault(
            (kind, target), RenderedLink(len(self._links) + 1, kind, label, target)
        )
        if not self._tracked:
            return Href(target)
        return Href(f"{self._public_url}/l/{link.number}/{Slot.CLICK.mark}")

    @property
    def links(self) -> tuple[RenderedLink, ...]:
        """Return the links so far, in order."""
        return tuple(self._links.values())


def ascii_url(url: str, label: str) -> str:
    """Return `url` as RFC 3986 writes it: the host in IDNA, the rest percent-encoded.

    One that is written so already stays as it is, byte for byte.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _url_error(url, label, f"which can't be read ({error})") from None
    if parts.scheme not in SCHEMES or not host:
        raise _url_error(url, label, "expected an address that starts with https:// or http://")
    if _UNPRINTABLE.search(url.strip(" ").replace(" ", "")) or len(url) > MAX_URL_LENGTH:
        raise _url_error(url, label, f"expected at most {MAX_URL_LENGTH} printable characters")
    if parts.username is not None or parts.password is not None:
        raise _url_error(url, label, "expected an address without a user name before the host")
    where = _ascii_host(host, url, label) + (f":{port}" if port is not None else "")
    if _LEGAL.fullmatch(url) and "~~" not in url:
        return url
    path, query = (_escaped(part, _KEPT) for part in (parts.path, parts.query))
    fragment = _escaped(parts.fragment, _KEPT_IN_FRAGMENT)
    return (
        f"{parts.scheme}://{where}{path}"
        + (f"?{query}" if query else "")
        + (f"#{fragment}" if fragment else "")
    )


def _escaped(part: str, kept: str) -> str:
    """Return `part` percent-encoded where needed, a per cent sign that starts no escape too."""
    percents = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    return quote(percents, safe=kept).replace("~~", "%7E%7E")


def _ascii_host(host: str, url: str, label: str) -> str:
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _url_error(url, label, f"its host is no domain name ({error})") from None
    if _IPV6.fullmatch(name):
        return f"[{name}]"
    if not _HOST.fullmatch(name):
        raise _url_error(url, label, "its host is no domain name")
    return name


def _url_error(url: str, label: str, problem: str) -> TemplateError:
    shown = url if len(url) <= 80 else url[:79] + "…"  # noqa: PLR2004 - one terminal line
    return TemplateError(f"link {label!r}", None, f"found {shown!r}, {problem}")
