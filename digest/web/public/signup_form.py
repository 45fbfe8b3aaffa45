"""What stands on a sign-up form, wherever it is shown."""

from dataclasses import dataclass

from digest.web.site import Site

WORDING = "Send me {name} by email. I can unsubscribe at any time, in one click."
HONEYPOT = "website"
"""A field that people don't see and robots fill in."""


@dataclass(frozen=True, slots=True)
class SignupForm:
    """`wording` is what a reader agrees to; `proof_of_work` where proof of work is asked for."""

    wording: str
    honeypot: str
    proof_of_work: bool


def signup_form(site: Site) -> SignupForm:
    return SignupForm(signup_wording(site), HONEYPOT, site.proof_of_work is not None)


def signup_wording(site: Site) -> str:
    return WORDING.format(name=site.brand.name)
