"""Links and the pixel of a mailed issue: the fact is stored first, then answered."""

import re

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from digest.track.redirects import follow, note_open
from digest.web.bearers import read_bearer
from digest.web.errors import BadLinkError
from digest.web.page import PRIVATE
from digest.web.site import TheHit, TheSite
from subscribers.tokens import Purpose, TokenError

router = APIRouter()

# One transparent pixel (GIF89a specification, 1990).
PIXEL = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 000000 ffffff"
    "21f904 01 0000 00 00 2c 0000 0000 0100 0100 00 02 01 44 00 3b"
)
LINK_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@router.api_route("/l/{link}/{token}", methods=["GET", "HEAD"])
def click(link: str, token: str, site: TheSite, hit: TheHit) -> Response:
    """302 to the link's stored target; nothing in the address can name another one."""
    bearer = read_bearer(site, Purpose.CLICK, token)
    if not LINK_NUMBER.fullmatch(link):
        raise BadLinkError
    with site.store.write() as session:
        target = follow(session, bearer, int(link), hit, site.clock())
    if target is None:
        raise BadLinkError
    return RedirectResponse(target, 302, PRIVATE)


@router.api_route("/o/{token}.gif", methods=["GET", "HEAD"])
def opened(token: str, site: TheSite, hit: TheHit) -> Response:
    """The pixel, whatever the token: a broken image in a mail helps nobody."""
    try:
        bearer = site.tokens.read(Purpose.OPEN, token)
    except TokenError:
        return _pixel()
    with site.store.write() as session:
        note_open(session, bearer, hit, site.clock())
    return _pixel()


def _pixel() -> Response:
    return Response(PIXEL, media_type="image/gif", headers=PRIVATE)
