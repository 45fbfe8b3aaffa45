"""Who the mail is from, as values: what compose and render may know of the settings."""

from dataclasses import dataclass
from enum import StrEnum

TAGLINE = "New AI tools, side by side, before you lose an afternoon to one."
ACCENT = "#4338ca"
NO_ADDRESS = "Set DIGEST_POSTAL_ADDRESS to your address"
"""Stands in the footer where no postal address is known; the gate looks for it."""


class Typeface(StrEnum):
    """Families that every reader's machine has one of; nothing is fetched."""

    SANS = "sans"
    SERIF = "serif"
    ROUNDED = "rounded"

    @property
    def stack(self) -> str:
        return _STACKS[self]


_STACKS = {
    Typeface.SANS: "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    Typeface.SERIF: "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,serif",
    Typeface.ROUNDED: "ui-rounded,'SF Pro Rounded','Trebuchet MS',Verdana,sans-serif",
}


@dataclass(frozen=True, slots=True)
class Brand:
    """`public_url` has no slash at its end. `postal_address` is one line or several.

    `logo_url` is an image's https address, or empty: the name in letters stands there then, as it
    does where images are off. `accent` is mixed until it can be read, in light and in dark.
    """

    name: str
    public_url: str
    postal_address: str
    tagline: str = TAGLINE
    accent: str = ACCENT
    language: str = "en"
    logo_url: str = ""
    typeface: Typeface = Typeface.SANS
