"""The hosted sign-up page, and the target of sign-up forms on other sites.

Every answer is the same whether an address is known or not. No cookie is set and none is read, so
a form on any other site may post here.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace

from fastapi import APIRouter, Request, Response

from digest.readers.proof_of_work import ProofOfWorkError
from digest.readers.signup_address import MisspeltDomainError
from digest.web.address_words import address_words
from digest.web.forms import FormFields, clean
from digest.web.headers import PAGE_POLICY, PROOF_OF_WORK_POLICY
from digest.web.public.signup_form import (
    FORMS,
    MAX_SOURCE_LENGTH,
    signup_form,
    signup_wording,
    submit,
)
from digest.web.site import OriginDep, Site, SiteDep, TemplatesDep
from digest.web.templating import PageTemplates
from subscribers.addresses import AddressError

router = APIRouter()


@router.api_route("/subscribe", methods=["GET", "HEAD"])
def form(site: SiteDep, templates: TemplatesDep, source: str = "") -> Response:
    """Shows the form."""
    return _form(site, templates, source=clean(source, MAX_SOURCE_LENGTH))


@router.post("/subscribe")
def subscribe(
    request: Request, given: FormFields, origin: OriginDep, site: SiteDep, templates: TemplatesDep
) -> Response:
    """Takes `email` and, if given, `first_name`, `source`, `form`; says what comes next."""
    source = given.get("source") or request.headers.get("referer", "")
    origin = replace(
        origin,
        source=clean(source, MAX_SOURCE_LENGTH),
        form=FORMS.get(given.get("form", "page"), FORMS["page"]),
    )
    try:
        submit(site, given, origin, signup_wording(site))
    except MisspeltDomainError as error:
        return _form(
            site, templates, status=400, given=given, source=origin.source, meant=error.meant
        )
    except AddressError as error:
        return _form(
            site,
            templates,
            status=400,
            given=given,
            source=origin.source,
            wrong=address_words(error, site.language),
        )
    except ProofOfWorkError:
        return _form(site, templates, status=400, given=given, source=origin.source, unsolved=True)
    return templates.show("check_mailbox.html", headers={"Cache-Control": "no-store"})


def _form(
    site: Site,
    templates: PageTemplates,
    *,
    source: str,
    status: int = 200,
    given: Mapping[str, str] | None = None,
    wrong: str = "",
    meant: str = "",
    unsolved: bool = False,
) -> Response:
    """Shows the form again with what was entered and what is wrong with it."""
    given = given or {}
    return templates.show(
        "subscribe.html",
        status=status,
        headers={
            "Content-Security-Policy": PROOF_OF_WORK_POLICY if site.proof_of_work else PAGE_POLICY,
            "Cache-Control": "no-store",
        },
        source=source,
        email=given.get("email", ""),
        first_name=given.get("first_name", ""),
        **asdict(signup_form(site)),
        wrong=wrong,
        meant=meant,
        unsolved=unsolved,
    )
