"""The way off the list: a page with one button, and RFC 8058's one-click POST on the same path."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException, Response

from digest.readers.unsubscribe import unsubscribe_by_token
from digest.web.forms import FormFields, clean
from digest.web.public.token_links import read_claims
from digest.web.site import OriginDep, SiteDep, TemplatesDep
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
def ask(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """Only shows the button: scanners open every link (invariant 5, docs/invariants.md)."""
    claims = read_claims(site, Purpose.UNSUBSCRIBE, token)
    with site.store.read() as session:
        subscriber = session.get(Subscriber, claims.subscriber)
        if subscriber is None:
            return pages.private("nobody.html", preview=not claims.subscriber)
        return pages.private(
            "unsubscribe.html",
            email=subscriber.email,
            already=subscriber.status == SubscriberStatus.UNSUBSCRIBED,
            path=f"/unsubscribe/{token}",
            reasons=REASON_WORDS,
        )


@router.post("/unsubscribe/{token}")
def unsubscribe(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """In effect when it answers; twice is as good as once; 200 and no redirect (RFC 8058, 3.1).

    The body is not read: mail programs send it urlencoded or as multipart, and whatever it says,
    a POST with this token can only mean one thing.
    """
    claims = read_claims(site, Purpose.UNSUBSCRIBE, token)
    with site.store.write() as session:
        email = unsubscribe_by_token(session, site.hasher, claims, site.clock())
    if email is None:
        return pages.private("nobody.html", preview=not claims.subscriber)
    return pages.private(
        "unsubscribed.html", email=email, path=f"/unsubscribe/{token}", reasons=REASON_WORDS
    )


@router.post("/unsubscribe/{token}/reason")
def why(token: str, form: FormFields, site: SiteDep, pages: TemplatesDep) -> Response:
    """`reason`, and if they like `words`; from whoever has left, if they like."""
    claims = read_claims(site, Purpose.UNSUBSCRIBE, token)
    reason = form.get("reason", "")
    if reason not in set(UnsubscribeReason):
        raise HTTPException(400)
    words = clean(form.get("words", ""), LONGEST_WORDS)
    with site.store.write() as session:
        said = record_feedback(
            session,
            claims.subscriber,
            UnsubscribeReason(reason),
            words,
            issue=claims.issue or None,
            now=site.clock(),
        )
    if not said:
        return pages.private("nobody.html", preview=not claims.subscriber)
    return pages.private("thanks.html", path=f"/unsubscribe/{token}")


@router.post("/unsubscribe/{token}/undo")
def undo(token: str, origin: OriginDep, site: SiteDep, pages: TemplatesDep) -> Response:
    """Who left by mistake is on the list again when it answers."""
    claims = read_claims(site, Purpose.UNSUBSCRIBE, token)
    source = f"link in issue {claims.issue}" if claims.issue else "link"
    with site.store.write() as session:
        back = resubscribe(
            session,
            claims.subscriber,
            wording=COME_BACK.format(name=site.brand.name),
            origin=replace(origin, source=source, form="undo-1"),
            now=site.clock(),
        )
        person = session.get(Subscriber, claims.subscriber)
        if person is None:
            return pages.private("nobody.html", preview=not claims.subscriber)
        on = back or person.status == SubscriberStatus.ACTIVE
    preferences = site.tokens.make(Purpose.PREFERENCES, claims.subscriber, claims.issue)
    return pages.private(
        "back.html", email=person.email, on=on, preferences_path=f"/preferences/{preferences}"
    )
