"""What a reader can see and change about themselves, without a login: the token is in the link."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, select

from digest.catalog.tables import Contender, Tool
from digest.readers.address_change import complete_address_change, start_address_change
from digest.readers.data_export import erase_reader, export_reader
from digest.web.forms import FormFieldList, FormFields
from digest.web.public.token_links import read_claims
from digest.web.site import OriginDep, Site, SiteDep, TemplatesDep
from digest.web.templating import PRIVATE, PageTemplates, day
from subscribers.addresses import AddressError
from subscribers.preferences import (
    MAX_PAUSE_WEEKS,
    Preferences,
    only_offered,
    pause_mail,
    pending_address,
    preferences_of,
    save_preferences,
    time_zone_of,
    time_zones,
)
from subscribers.tables import Frequency, Subscriber, SubscriberStatus
from subscribers.tokens import Purpose, TokenClaims

router = APIRouter()

STATUS_WORDS = {
    SubscriberStatus.PENDING: "Waiting for you to confirm the address. Until then nothing is sent.",
    SubscriberStatus.UNSUBSCRIBED: "Unsubscribed. Nothing is sent to you.",
    SubscriberStatus.BOUNCED: "Stopped: mail to this address came back. Nothing is sent to you.",
    SubscriberStatus.COMPLAINED: "Stopped: a message was reported as spam. Nothing is sent to you.",
}
ACTIVE_WORDS = {
    Frequency.EVERY: "Subscribed. You get every issue.",
    Frequency.WEEKLY: "Subscribed. You get the weekly issues.",
    Frequency.MONTHLY: "Subscribed. You get one issue a month.",
}
FREQUENCY_WORDS = {
    Frequency.EVERY: "Every comparison, as it comes out",
    Frequency.WEEKLY: "Once a week",
    Frequency.MONTHLY: "Once a month",
}
TRACKING = {"on": True, "off": False}
PAUSES = (2, 4, 8, 12)
WEEKS = {str(weeks): weeks for weeks in range(MAX_PAUSE_WEEKS + 1)}
MOST_TOOLS = 300
SAID = {
    "saved": "Saved.",
    "paused": "Paused. It goes on by itself.",
    "going": "It goes on: the next issue comes to you.",
    "asked": "Look into the mailbox of the new address: the message there has a button.",
    "address": "That new address can't be right. Please look at it once more.",
}


@router.api_route("/preferences/{token}", methods=["GET", "HEAD"])
def show(token: str, site: SiteDep, pages: TemplatesDep, said: str = "") -> Response:
    claims = read_claims(site, Purpose.PREFERENCES, token)
    with site.store.read() as session:
        return _page(session, site, pages, claims, said=said)


@router.post("/preferences/{token}")
def track(token: str, form: FormFields, site: SiteDep, pages: TemplatesDep) -> Response:
    """`tracking=on` or `tracking=off`; saved when it answers."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    tracking = TRACKING.get(form.get("tracking", ""))
    if tracking is None:
        raise HTTPException(400)
    with site.store.write() as session:
        subscriber = session.get(Subscriber, claims.subscriber)
        if subscriber is not None and subscriber.tracking != tracking:
            subscriber.tracking = tracking
            subscriber.changed_at = site.clock()
        return _page(session, site, pages, claims, said="saved")


@router.post("/preferences/{token}/choices")
def change(token: str, fields: FormFieldList, site: SiteDep, pages: TemplatesDep) -> Response:
    """`frequency`, `zone`, and as often as they like `category` and `tool`."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    given = dict(fields)
    frequency, zone = given.get("frequency"), given.get("zone")
    if frequency not in set(Frequency) or zone not in time_zones():
        raise HTTPException(400)
    with site.store.write() as session:
        person = session.get(Subscriber, claims.subscriber)
        if person is not None:
            before = preferences_of(session, person)
            named = {
                name: [value for field, value in fields if field == name]
                for name in ("category", "tool")
            }
            categories = {*_categories(session), *before.categories}
            tools = {*(slug for slug, _ in _tools(session)), *before.tools}
            chosen = Preferences(
                Frequency(frequency),
                zone,
                only_offered(named["category"], categories),
                only_offered(named["tool"], tools),
            )
            save_preferences(session, claims.subscriber, chosen, site.clock())
    return _back(pages, token, "saved")


@router.post("/preferences/{token}/pause")
def rest(token: str, form: FormFields, site: SiteDep, pages: TemplatesDep) -> Response:
    """`weeks`, 0 meaning that it goes on now."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    weeks = WEEKS.get(form.get("weeks", ""))
    if weeks is None:
        raise HTTPException(400)
    with site.store.write() as session:
        pause_mail(session, claims.subscriber, weeks, site.clock())
    return _back(pages, token, "paused" if weeks else "going")


@router.post("/preferences/{token}/address")
def ask_move(token: str, form: FormFields, site: SiteDep, pages: TemplatesDep) -> Response:
    """`email`; nothing moves before the owner of the new address says yes."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    try:
        with site.store.write() as session:
            start_address_change(
                session, site.hasher, claims.subscriber, form.get("email", ""), site.clock()
            )
    except AddressError:
        return _back(pages, token, "address")
    return _back(pages, token, "asked")


@router.post("/preferences/{token}/export")
def export(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """A file with all that is known; a POST, so that no scanner fetches it."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    with site.store.read() as session:
        found = export_reader(session, claims.subscriber)
    if found is None:
        return pages.private("nobody.html", preview=not claims.subscriber)
    return Response(
        json.dumps(found, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={**PRIVATE, "Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@router.api_route("/preferences/{token}/erase", methods=["GET", "HEAD"])
def ask_to_erase(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """Only shows the button: scanners open every link (invariant 5, docs/invariants.md)."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    with site.store.read() as session:
        person = session.get(Subscriber, claims.subscriber)
        if person is None:
            return pages.private("nobody.html", preview=not claims.subscriber)
        return pages.private("erase.html", email=person.email, back=f"/preferences/{token}")


@router.post("/preferences/{token}/erase")
def erase(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """Gone when it answers."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    with site.store.write() as session:
        gone = erase_reader(session, site.hasher, claims.subscriber, site.clock())
    if not gone:
        return pages.private("nobody.html", preview=not claims.subscriber)
    return pages.private("erased.html")


@router.api_route("/address/{token}", methods=["GET", "HEAD"])
def ask_to_move(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """Only shows the button: scanners open every link (invariant 5, docs/invariants.md)."""
    claims = read_claims(site, Purpose.ADDRESS, token)
    with site.store.read() as session:
        email = pending_address(session, claims.subscriber, claims.issue)
    if email is None:
        return pages.private("no_move.html", status=410)
    return pages.private("move.html", email=email)


@router.post("/address/{token}")
def move(token: str, origin: OriginDep, site: SiteDep, pages: TemplatesDep) -> Response:
    """The next issue goes there when it answers."""
    claims = read_claims(site, Purpose.ADDRESS, token)
    with site.store.write() as session:
        moved = complete_address_change(
            session,
            site.hasher,
            claims.subscriber,
            claims.issue,
            origin=replace(origin, source="link to a new address", form="move-1"),
            now=site.clock(),
        )
    if moved is None:
        return pages.private("no_move.html", status=410)
    token = site.tokens.make(Purpose.PREFERENCES, claims.subscriber)
    return pages.private("moved.html", email=moved.new, preferences_path=f"/preferences/{token}")


def _back(pages: PageTemplates, token: str, said: str) -> Response:
    """To the page itself, so that a reload asks for nothing a second time."""
    return RedirectResponse(f"{pages.base}/preferences/{token}?said={said}", 303, PRIVATE)


def _page(
    session: Session, site: Site, pages: PageTemplates, claims: TokenClaims, *, said: str = ""
) -> Response:
    person = session.get(Subscriber, claims.subscriber)
    if person is None:
        return pages.private("nobody.html", preview=not claims.subscriber)
    token = site.tokens.make(Purpose.UNSUBSCRIBE, claims.subscriber, claims.issue)
    mine = site.tokens.make(Purpose.PREFERENCES, claims.subscriber, claims.issue)
    chosen = preferences_of(session, person)
    tools = dict(_tools(session)) | {slug: slug for slug in chosen.tools if slug}
    return pages.private(
        "preferences.html",
        email=person.email,
        standing=_standing(person, chosen, site.clock()),
        active=person.status == SubscriberStatus.ACTIVE,
        paused=_paused(person, site.clock()),
        leavable=person.status != SubscriberStatus.UNSUBSCRIBED,
        tracking=person.tracking,
        chosen=chosen,
        frequencies=FREQUENCY_WORDS,
        zones=time_zones(),
        categories=sorted({*_categories(session), *chosen.categories}),
        tools={**tools, **dict(_tools(session))},
        pauses=PAUSES,
        path=f"/preferences/{mine}",
        unsubscribe_path=f"/unsubscribe/{token}",
        said=SAID.get(said, ""),
        amiss=said == "address",
    )


def _standing(person: Subscriber, chosen: Preferences, now: datetime) -> str:
    status = SubscriberStatus(person.status)
    if status is not SubscriberStatus.ACTIVE:
        return STATUS_WORDS[status]
    if _paused(person, now) and person.paused_until:
        until = person.paused_until.astimezone(time_zone_of(person))
        return f"Paused. It goes on by itself on {day(until, until.tzinfo)}."
    return ACTIVE_WORDS[chosen.frequency]


def _paused(person: Subscriber, now: datetime) -> bool:
    return person.paused_until is not None and person.paused_until > now


def _categories(session: Session) -> list[str]:
    return [one for one in session.exec(select(Contender.category).distinct()) if one]


def _tools(session: Session) -> list[tuple[str, str]]:
    """Slug and name; of very many, those compared last."""
    newest = select(Tool.slug, Tool.name).order_by(col(Tool.id).desc()).limit(MOST_TOOLS)
    rows: Any = session.exec(newest).all()
    return sorted(((str(slug), str(name)) for slug, name in rows), key=lambda one: one[1].lower())
