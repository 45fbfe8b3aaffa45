"""Unsubscribing: a page with one button, and RFC 8058's one-click POST on the same path."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException, Response

from digest.language.message import Message
from digest.readers.preferences import find_reader
from digest.readers.unsubscribe import unsubscribe_by_token
from digest.web.forms import FormFields, clean
from digest.web.reader.token_links import open_link, path_for, read_link, unknown_reader
from digest.web.site import OriginDep, SiteDep, TemplatesDep
from digest.web.templating import PageTemplates
from subscribers.preferences import record_feedback
from subscribers.signup import resubscribe
from subscribers.tables import SubscriberStatus, UnsubscribeReason
from subscribers.tokens import Purpose

router = APIRouter()

REASON_WORDS = {
    UnsubscribeReason.TOO_OFTEN: Message("It comes too often"),
    UnsubscribeReason.NOT_FOR_ME: Message("It is not about what I need"),
    UnsubscribeReason.NEVER_ASKED: Message("I never asked for it"),
    UnsubscribeReason.OTHER: Message("Something else"),
}
RESUBSCRIBE_WORDING = Message("I unsubscribed by mistake: send me {name} again.")
MAX_WORDS_LENGTH = 500


@router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button that unsubscribes; by a void link nothing else, and no address."""
    link, reader = open_link(site, Purpose.UNSUBSCRIBE, token)
    return templates.private(
        "unsubscribe.html",
        email="" if link.is_void else reader.email,
        already=reader.status == SubscriberStatus.UNSUBSCRIBED,
        path=f"/unsubscribe/{token}",
        reasons=_reasons(templates),
    )


@router.post("/unsubscribe/{token}")
def unsubscribe(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Unsubscribes by the time it answers; idempotent; 200 and no redirect (RFC 8058, 3.1).

    The body is not read: mail programs send it urlencoded or as multipart, and whatever it says,
    a POST with this token can only mean one thing.
    """
    link = read_link(site, Purpose.UNSUBSCRIBE, token)
    with site.store.write() as session:
        email = unsubscribe_by_token(session, site.hasher, link, site.clock())
    if email is None:
        raise unknown_reader(link)
    return templates.private(
        "unsubscribed.html",
        email="" if link.is_void else email,
        path=f"/unsubscribe/{token}",
        reasons=_reasons(templates),
    )


def _reasons(templates: PageTemplates) -> dict[str, str]:
    return {reason.value: templates.say(words) for reason, words in REASON_WORDS.items()}


@router.post("/unsubscribe/{token}/reason")
def why(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """`reason`, and if they like `words`; from whoever has left, if they like."""
    link = read_link(site, Purpose.UNSUBSCRIBE, token, and_more=True)
    reason = form.get("reason", "")
    if reason not in set(UnsubscribeReason):
        raise HTTPException(400)
    words = clean(form.get("words", ""), MAX_WORDS_LENGTH)
    with site.store.write() as session:
        said = record_feedback(
            session,
            link.subscriber_id,
            UnsubscribeReason(reason),
            words,
            issue=link.issue_number or None,
            now=site.clock(),
        )
    if not said:
        raise unknown_reader(link)
    return templates.private("feedback_thanks.html", path=f"/unsubscribe/{token}")


@router.post("/unsubscribe/{token}/undo")
def undo(token: str, origin: OriginDep, site: SiteDep, templates: TemplatesDep) -> Response:
    """Who left by mistake is on the list again when it answers."""
    link = read_link(site, Purpose.UNSUBSCRIBE, token, and_more=True)
    source = f"link in issue {link.issue_number}" if link.issue_number else "link"
    with site.store.write() as session:
        back = resubscribe(
            session,
            link.subscriber_id,
            wording=site.language.say(RESUBSCRIBE_WORDING, name=site.brand.name),
            origin=replace(origin, source=source, form="undo-1"),
            now=site.clock(),
        )
        person = find_reader(session, link.subscriber_id)
        if person is None:
            raise unknown_reader(link)
        on = back or person.status == SubscriberStatus.ACTIVE
    return templates.private(
        "resubscribed.html",
        email=person.email,
        on=on,
        preferences_path=path_for(site, Purpose.PREFERENCES, link),
    )
