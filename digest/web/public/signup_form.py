"""What stands on a sign-up form, wherever it is shown."""

from dataclasses import dataclass

from digest.web.site import Site

WORDING = "Send me {name} by email. I can unsubscribe at any time, in one click."
HONEYPOT = "website"
"""A field that people don't see and robots fill in."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """`wording` is what a reader agrees to; `working` where proof of work is asked for."""

    wording: str
    honeypot: str
    working: bool


def invitation(site: Site) -> Invitation:
    return Invitation(wording_of(site), HONEYPOT, site.puzzles is not None)


def wording_of(site: Site) -> str:
    return WORDING.format(name=site.brand.name)
