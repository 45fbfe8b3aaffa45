"""Reads catalogues: gettext's .po files, as translators keep them. Nothing has to be compiled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from store.errors import UserError

FOLDER = Path(__file__).parent / "catalogues"
"""The catalogues that come with the product."""


class CatalogueError(UserError):
    """A catalogue can't be read; says which file and why."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Translations by their English text, a form for each plural, and which form a count takes."""

    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plural: Callable[[int], int] = lambda count: int(count != 1)


def read_catalogue(paths: Iterable[Path]) -> Catalogue:
    """Return what the files hold together; a later file has the last word. Raises CatalogueError.

    Entries that are empty, obsolete or marked fuzzy are left out: they fall back to English.
    """
    forms: dict[str, tuple[str, ...]] = {}
    plural = Catalogue().plural
    for path in paths:
        found = _parse(path)
        plural = c2py(found.plural_expr)
        for one in found:
            key, *_ = one.id if isinstance(one.id, list | tuple) else (one.id,)
            said = (one.string,) if isinstance(one.string, str) else tuple(one.string or ("",))
            if key and all(said) and not one.fuzzy:
                forms[key] = said
    return Catalogue(forms, plural)


def _parse(path: Path) -> Catalog:
    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as error:
        msg = f"{path}: not a catalogue that can be read: {error}"
        raise CatalogueError(msg) from None
