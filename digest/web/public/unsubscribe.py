"""The way off the list: a page with one button, and RFC 8058's one-click POST on the same path."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException, Response

from digest.readers.unsubscribe import unsubscribe_bearer
from digest.web.forms import SmallForm, clean
from digest.web.public.token_links import read_bearer
from digest.web.site import TheOrigin, ThePages, TheSite
from subscribers.preferences import record_feedback
from subscribers.signup import resubscribe
from subscribers.tables import Subscriber, SubscriberStatus, UnsubscribeReason
from subscribers.tokens import Purpose

router = APIRouter()

REASON_WORDS = {
    UnsubscribeReason.TOO_OFTEN: "It comes too often",
    UnsubscribeReason.NOT_FOR_ME: "It is not about what I need",
    UnsubscribeReason.NEVER_ASKED: "I never asked for it",
    UnsubscribeReason.OTHER: "Something else",
}
COME_BACK = "I unsubscribed by mistake: send me {name} again."
LONGEST_WORDS = 500


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
            path=f"/unsubscribe/{token}",
            reasons=REASON_WORDS,
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
    return pages.private(
        "unsubscribed.html", email=email, path=f"/unsubscribe/{token}", reasons=REASON_WORDS
    )


@router.post("/unsubscribe/{token}/reason")
def why(token: str, form: SmallForm, site: TheSite, pages: ThePages) -> Response:
    """`reason`, and if they like `words`; from whoever has left, if they like."""
    bearer = read_bearer(site, Purpose.UNSUBSCRIBE, token)
    reason = form.get("reason", "")
    if reason not in set(UnsubscribeReason):
        raise HTTPException(400)
    words = clean(form.get("words", ""), LONGEST_WORDS)
    with site.store.write() as session:
        said = record_feedback(
            session,
            bearer.subscriber,
            UnsubscribeReason(reason),
            words,
            issue=bearer.issue or None,
            now=site.clock(),
        )
    if not said:
        return pages.private("nobody.html", preview=not bearer.subscriber)
    return pages.private("thanks.html", path=f"/unsubscribe/{token}")


@router.post("/unsubscribe/{token}/undo")
def undo(token: str, origin: TheOrigin, site: TheSite, pages: ThePages) -> Response:
    """Who left by mistake is on the list again when it answers."""
    bearer = read_bearer(site, Purpose.UNSUBSCRIBE, token)
    source = f"link in issue {bearer.issue}" if bearer.issue else "link"
    with site.store.write() as session:
        back = resubscribe(
            session,
            bearer.subscriber,
            wording=COME_BACK.format(name=site.brand.name),
            origin=replace(origin, source=source, form="undo-1"),
            now=site.clock(),
        )
        person = session.get(Subscriber, bearer.subscriber)
        if person is None:
            return pages.private("nobody.html", preview=not bearer.subscriber)
        on = back or person.status == SubscriberStatus.ACTIVE
    preferences = site.tokens.make(Purpose.PREFERENCES, bearer.subscriber, bearer.issue)
    return pages.private(
        "back.html", email=person.email, on=on, preferences_path=f"/preferences/{preferences}"
    )
