"""Opens a link with a token: verifies the token and finds its reader."""

from digest.readers.links import ReaderLink, resolve_link
from digest.readers.preferences import find_reader
from digest.web.error_pages import InvalidLinkError, UnknownReaderError, VoidLinkError
from digest.web.site import Site
from subscribers.links import link_token
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, TokenError


def read_link(site: Site, purpose: Purpose, token: str, *, and_more: bool = False) -> ReaderLink:
    """What the token names here; subscriber 0 for a preview's.

    Raises InvalidLinkError if we did not make it for this purpose, UnknownReaderError if it names
    nobody here, and VoidLinkError for a void one, unless it unsubscribes `and_more` is not asked.
    """
    try:
        claims = site.tokens.read(purpose, token)
    except TokenError:
        raise InvalidLinkError from None
    with site.store.read() as session:
        link = resolve_link(session, claims)
    if link is None:
        raise UnknownReaderError
    if link.is_void and (and_more or purpose is not Purpose.UNSUBSCRIBE):
        raise VoidLinkError
    return link


def open_link(site: Site, purpose: Purpose, token: str) -> tuple[ReaderLink, Subscriber]:
    """Returns what the token names and its reader, for a page that asks before it changes anything.

    Such a page only shows a button, since scanners open every link (invariant 5,
    docs/invariants.md). Raises as `read_link`.
    """
    link = read_link(site, purpose, token)
    with site.store.read() as session:
        reader = find_reader(session, link.subscriber_id)
    if reader is None:
        raise unknown_reader(link)
    return link, reader


def unknown_reader(link: ReaderLink) -> UnknownReaderError:
    """Returns the error for a link without a reader: a preview's, or erased just now."""
    return UnknownReaderError(preview=not link.subscriber_id)


def path_for(site: Site, purpose: Purpose, link: ReaderLink) -> str:
    """Returns the path of another page of the link's reader; empty if they are erased."""
    with site.store.read() as session:
        reader = find_reader(session, link.subscriber_id)
    if reader is None:
        return ""
    return f"/{purpose}/{link_token(site.tokens, purpose, reader, link.issue_id)}"
