"""Returns the language for a tag (RFC 5646)."""

from collections.abc import Sequence
from pathlib import Path

from digest.language.language import ENGLISH, Language


def language_of(tag: str, folders: Sequence[Path] = ()) -> Language:
    """Return the language of a tag like de or pt-BR; in one that has no catalogue, English words.

    `folders` may hold more catalogues (`languages/LANGUAGE.po`), as folders of templates do.
    """
    if tag == ENGLISH.tag:
        return ENGLISH
    # The CLDR is loaded for who needs it: commands on an English list start without.
    from digest.language.cldr import CldrLanguage  # noqa: PLC0415

    return CldrLanguage(tag, tuple(folders))


def is_translated(language: Language) -> bool:
    """Return whether the product's words are known in this language."""
    if language.tag == ENGLISH.tag:
        return True
    from digest.language.cldr import CldrLanguage  # noqa: PLC0415 - as above

    if not isinstance(language, CldrLanguage):
        return True
    english = language.tag.partition("-")[0] == ENGLISH.tag
    return english or bool(language.catalogue.forms)
