"""Who the mail is from, as values: what compose and render may know of the settings."""

from dataclasses import dataclass

NO_ADDRESS = "Set DIGEST_POSTAL_ADDRESS to your address"
"""Stands in the footer where no postal address is known; the gate looks for it."""


@dataclass(frozen=True, slots=True)
class Brand:
    """`public_url` has no slash at its end. `postal_address` is one line or several."""

    name: str
    public_url: str
    postal_address: str
    tagline: str = "New AI tools, side by side, before you lose an afternoon to one."
    accent: str = "#4338ca"
    language: str = "en"
