"""The sign-up form, wherever it is shown, and what happens with what was entered."""

from collections.abc import Mapping
from dataclasses import dataclass

from digest.language.message import Message
from digest.readers.signup import SignupRequest, limit_signups, start_signup
from digest.web.site import Site
from subscribers.consent import ConsentOrigin

WORDING = Message("Send me {name} by email. I can unsubscribe at any time, in one click.")
HONEYPOT = "website"
"""A field that people don't see and robots fill in."""
FORMS = {"page": "page-1", "embed": "embed-1", "json": "json-1", "confirm": "confirm-1"}
"""The forms there are, with the version of each: raise it when what stands on one changes."""
MAX_SOURCE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SignupForm:
    """`wording` is what a reader agrees to; `proof_of_work` is whether the form needs one."""

    wording: str
    honeypot: str
    proof_of_work: bool


def signup_form(site: Site) -> SignupForm:
    """Returns the form's values for a template."""
    return SignupForm(signup_wording(site), HONEYPOT, site.proof_of_work is not None)


def signup_wording(site: Site) -> str:
    """Returns the sentence that a reader agrees to by signing up."""
    return site.language.say(WORDING, name=site.brand.name)


def submit(site: Site, given: Mapping[str, str], origin: ConsentOrigin, wording: str) -> None:
    """Starts a sign-up with the fields of a form; ignores what a robot filled in.

    Raises AddressError, ProofOfWorkError or TooManySignupsError.
    """
    now = site.clock()
    email, first_name = given.get("email", ""), given.get("first_name", "")
    # In a separate transaction, so that refused requests are counted as well.
    with site.store.write() as session:
        limit_signups(session, site.hasher, origin.ip, now)
    if given.get(HONEYPOT):
        return
    with site.store.write() as session:
        if site.proof_of_work is not None:
            site.proof_of_work.use(session, site.hasher, given.get("work", ""), now)
        request = SignupRequest(email, first_name, wording, origin, given.get("sure", ""))
        start_signup(session, site.hasher, request, now, site.confirmations_per_day)
