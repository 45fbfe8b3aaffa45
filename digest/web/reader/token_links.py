"""Opens a link with a token: verifies the token and finds its reader."""

from digest.readers.preferences import find_reader
from digest.web.error_pages import InvalidLinkError, UnknownReaderError
from digest.web.site import Site
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, TokenClaims, TokenError


def read_claims(site: Site, purpose: Purpose, token: str) -> TokenClaims:
    """The claims of the token. Raises InvalidLinkError if we did not make it for this purpose."""
    try:
        return site.tokens.read(purpose, token)
    except TokenError:
        raise InvalidLinkError from None


def open_link(site: Site, purpose: Purpose, token: str) -> tuple[TokenClaims, Subscriber]:
    """The claims of the token and its reader, for a page that asks before it changes anything.

    Such a page only shows a button, since scanners open every link (invariant 5,
    docs/invariants.md). Raises InvalidLinkError or UnknownReaderError.
    """
    claims = read_claims(site, purpose, token)
    with site.store.read() as session:
        reader = find_reader(session, claims.subscriber)
    if reader is None:
        raise UnknownReaderError(claims)
    return claims, reader
