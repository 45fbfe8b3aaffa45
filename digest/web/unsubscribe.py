"""The way off the list: a page with one button, and RFC 8058's one-click POST on the same path."""

from fastapi import APIRouter, Response

from digest.track.unsubscribe import unsubscribe_bearer
from digest.web.bearers import read_bearer
from digest.web.site import ThePages, TheSite
from subscribers.tables import Subscriber, SubscriberStatus
from subscribers.tokens import Purpose

router = APIRouter()


@router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: TheSite, pages: ThePages) -> Response:
    """Only shows the button: scanners open every link (invariant 5)."""
    bearer = read_bearer(site, Purpose.UNSUBSCRIBE, token)
    with site.store.read() as session:
        subscriber = session.get(Subscriber, bearer.subscriber)
        if subscriber is None:
            return pages.private("nobody.html", preview=not bearer.subscriber)
        return pages.private(
            "unsubscribe.html",
            email=subscriber.email,
            already=subscriber.status == SubscriberStatus.UNSUBSCRIBED,
        )


@router.post("/unsubscribe/{token}")
def unsubscribe(token: str, site: TheSite, pages: ThePages) -> Response:
    """In effect when it answers; twice is as good as once; 200 and no redirect (RFC 8058, 3.1).

    The body is not read: mail programs send it urlencoded or as multipart, and whatever it says,
    a POST with this token can only mean one thing.
    """
    bearer = read_bearer(site, Purpose.UNSUBSCRIBE, token)
    with site.store.write() as session:
        email = unsubscribe_bearer(session, site.hasher, bearer, site.clock())
    if email is None:
        return pages.private("nobody.html", preview=not bearer.subscriber)
    return pages.private("unsubscribed.html", email=email)
