"""The brand: what composing and rendering may know of the settings."""

from dataclasses import dataclass
from enum import StrEnum

from digest.language.message import Message

TAGLINE = Message("New AI tools, side by side, before you lose an afternoon to one.")
ACCENT = "#4338ca"
NO_ADDRESS = "Set DIGEST_POSTAL_ADDRESS to your address"
"""Placeholder in the footer if no postal address is set; the gate looks for it."""


class Typeface(StrEnum):
    """Font families that are on every reader's machine; no font is downloaded."""

    SANS = "sans"
    SERIF = "serif"
    ROUNDED = "rounded"

    @property
    def stack(self) -> str:
        """Return the CSS font stack."""
        return _STACKS[self]


_STACKS = {
    Typeface.SANS: "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    Typeface.SERIF: "'Iowan Old Style','Palatino Linotype',Palatino,Georgia,serif",
    Typeface.ROUNDED: "ui-rounded,'SF Pro Rounded','Trebuchet MS',Verdana,sans-serif",
}


@dataclass(frozen=True, slots=True)
class Brand:
    """Name and look of the list. `public_url` has no slash at its end.

    `postal_address` is one line or several. `logo_url` is an image's https address, or empty: then
    the name is shown instead, as it is where images are off. `accent` is mixed until it is
    readable, in light and in dark mode. `language` is what readers are written to in;
    `content_language` that of the comparison pages, empty where it is not known.
    """

    name: str
    public_url: str
    postal_address: str
    tagline: str = TAGLINE.text
    accent: str = ACCENT
    language: str = "en"
    content_language: str = ""
    logo_url: str = ""
    typeface: Typeface = Typeface.SANS
