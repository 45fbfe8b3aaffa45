"""Reads the token of a link."""

from digest.web.error_pages import InvalidLinkError
from digest.web.site import Site
from subscribers.tokens import Purpose, TokenClaims, TokenError


def read_claims(site: Site, purpose: Purpose, token: str) -> TokenClaims:
    """Raises BadLinkError for what was not made here for this purpose."""
    try:
        return site.tokens.read(purpose, token)
    except TokenError:
        raise InvalidLinkError from None
