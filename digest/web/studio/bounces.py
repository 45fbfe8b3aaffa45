"""What came to the bounce mailbox and waits for an editor: who asks in words to unsubscribe."""

from fastapi import APIRouter, HTTPException, Response

from digest.track.bounces.listing import find_wish, inbound_messages, open_wishes
from digest.track.bounces.parse import Meaning
from digest.web.forms import FormFields
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS, see_other
from digest.web.studio.context import ContextDep, StudioSiteDep
from subscribers.service import unsubscribe

router = APIRouter()

MAX_SHOWN = 200
MAX_DIGITS = 9


@router.get("/bounces")
def bounces(site: StudioSiteDep, templates: TemplatesDep, said: str = "") -> Response:
    """Lists who asks in words to unsubscribe, and the reports that were not understood."""
    with site.store.read() as session:
        wishes = open_wishes(session, MAX_SHOWN)
        unread = inbound_messages(session, MAX_SHOWN, meanings=[Meaning.NOT_UNDERSTOOD])
    return templates.show(
        "studio/bounces.html",
        headers=HEADERS,
        wishes=wishes,
        unread=unread,
        is_done=said == "unsubscribed",
    )


@router.post("/bounces/unsubscribe")
def unsubscribe_reader(
    site: StudioSiteDep, templates: TemplatesDep, context: ContextDep, fields: FormFields
) -> Response:
    """Unsubscribes the reader who wrote the message that the field `wish` names."""
    wish = fields.get("wish", "")
    if not (wish.isascii() and wish.isdecimal() and len(wish) <= MAX_DIGITS):
        raise HTTPException(400)
    with site.store.write() as session:
        found = find_wish(session, int(wish))
        if found is not None:
            source = f"studio, {context.editor}, asked for by mail"
            unsubscribe(session, site.hasher, found, source=source, now=site.clock())
    said = "?said=unsubscribed" if found is not None else ""
    return see_other(f"{templates.base}/studio/bounces{said}")
