"""What a reader can see and change about themselves."""

from fastapi import APIRouter, HTTPException, Response

from digest.web.bearers import read_bearer
from digest.web.forms import SmallForm
from digest.web.page import Pages
from digest.web.site import Site, ThePages, TheSite
from subscribers.tables import Subscriber, SubscriberStatus
from subscribers.tokens import Bearer, Purpose

router = APIRouter()

STATUS_WORDS = {
    SubscriberStatus.PENDING: "Waiting for you to confirm the address. Until then nothing is sent.",
    SubscriberStatus.ACTIVE: "Subscribed. You get every issue.",
    SubscriberStatus.UNSUBSCRIBED: "Unsubscribed. Nothing is sent to you.",
    SubscriberStatus.BOUNCED: "Stopped: mail to this address came back. Nothing is sent to you.",
    SubscriberStatus.COMPLAINED: "Stopped: a message was reported as spam. Nothing is sent to you.",
}
CHOICES = {"on": True, "off": False}


@router.api_route("/preferences/{token}", methods=["GET", "HEAD"])
def show(token: str, site: TheSite, pages: ThePages) -> Response:
    bearer = read_bearer(site, Purpose.PREFERENCES, token)
    with site.store.read() as session:
        return _page(site, pages, bearer, session.get(Subscriber, bearer.subscriber))


@router.post("/preferences/{token}")
def change(token: str, form: SmallForm, site: TheSite, pages: ThePages) -> Response:
    """`tracking=on` or `tracking=off`; saved when it answers."""
    bearer = read_bearer(site, Purpose.PREFERENCES, token)
    tracking = CHOICES.get(form.get("tracking", ""))
    if tracking is None:
        raise HTTPException(400)
    with site.store.write() as session:
        subscriber = session.get(Subscriber, bearer.subscriber)
        if subscriber is not None and subscriber.tracking != tracking:
            subscriber.tracking = tracking
            subscriber.changed_at = site.clock()
    return _page(site, pages, bearer, subscriber, saved=True)


def _page(
    site: Site, pages: Pages, bearer: Bearer, subscriber: Subscriber | None, *, saved: bool = False
) -> Response:
    if subscriber is None:
        return pages.private("nobody.html", preview=not bearer.subscriber)
    token = site.tokens.make(Purpose.UNSUBSCRIBE, bearer.subscriber, bearer.issue)
    return pages.private(
        "preferences.html",
        email=subscriber.email,
        standing=STATUS_WORDS[SubscriberStatus(subscriber.status)],
        leavable=subscriber.status != SubscriberStatus.UNSUBSCRIBED,
        tracking=subscriber.tracking,
        unsubscribe_path=f"/unsubscribe/{token}",
        saved=saved,
    )
