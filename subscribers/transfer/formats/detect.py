"""Tells which tool exported a file, and what each of its columns means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.errors import UserError
from subscribers.transfer.formats.column_meaning import (
    MEANING_OF,
    MEANINGS,
    WITHDRAWALS,
    is_unclear,
    normalize_column,
)
from subscribers.transfer.formats.column_names import ColumnRole
from subscribers.transfer.formats.import_format import ImportFormat
from subscribers.transfer.formats.known_exports import KNOWN_EXPORTS, OWN, PLAIN

REFUSED_COLUMNS = ("refused_line", "refused_because")
"""Columns of a file of refused rows; an import does not look at them, and writes them anew."""


class UnclearColumnError(UserError, ValueError):
    """A column may say that people must not be mailed: the operator has to say what it means."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of one file mean: their places by role, several for a withdrawal."""

    format: ImportFormat
    single: dict[str, int]
    withdrawals: tuple[tuple[str, int], ...]
    unused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ColumnChoices:
    """What the operator says: meanings by normalized name, and the columns to leave unread."""

    meanings: Mapping[str, str]
    ignored: frozenset[str]


NO_CHOICES = ColumnChoices({}, frozenset())


def column_choices(maps: Iterable[str], ignored: Iterable[str]) -> ColumnChoices:
    """Read `COLUMN=MEANING` texts, and names of columns. Raises UnclearColumnError."""
    meanings = {}
    for text in maps:
        name, mark, meaning = text.rpartition("=")
        if not mark or not name.strip() or meaning.strip() not in MEANINGS:
            raise UnclearColumnError(
                f"--map: found {text!r}, expected COLUMN=MEANING with one of {', '.join(MEANINGS)}"
            )
        meanings[normalize_column(name)] = meaning.strip()
    return ColumnChoices(meanings, frozenset(map(normalize_column, ignored)))


def detect_format(names: Sequence[str]) -> ImportFormat:
    """Return the format with a signature that the columns `names` match; else PLAIN."""
    there = frozenset(names)
    for import_format in (OWN, *KNOWN_EXPORTS):
        if any(wanted <= there for wanted in import_format.signatures):
            return import_format
    return PLAIN


def read_layout(header: Sequence[str], choices: ColumnChoices = NO_CHOICES) -> Layout:
    """Return what each column of `header` means. Raises UnclearColumnError."""
    names = [normalize_column(one) for one in header]
    _check_choices(names, choices)
    import_format = detect_format(names)
    roles = _roles(import_format, names, choices)
    single: dict[str, int] = {}
    for role in dict.fromkeys(roles.values()):
        if role not in WITHDRAWALS or import_format is OWN:
            single[role] = _first(import_format, role, names, roles)
    withdrawals = tuple(
        (role, place) for place, role in sorted(roles.items()) if role in WITHDRAWALS
    )
    if import_format is OWN:
        withdrawals = ()
    used = {*single.values(), *(place for _, place in withdrawals)}
    unclear = [
        place
        for place, name in enumerate(names)
        if place not in roles
        and name not in choices.ignored
        and name not in import_format.harmless
        and header[place] not in REFUSED_COLUMNS
        and import_format is not OWN
        and is_unclear(name, frozenset(names))
    ]
    if unclear:
        raise UnclearColumnError(_question([header[place] for place in unclear]))
    unused = tuple(place for place in range(len(names)) if place not in used)
    return Layout(import_format, single, withdrawals, unused)


def has_email(names: Iterable[str], choices: ColumnChoices = NO_CHOICES) -> bool:
    """Return whether one of the normalized `names` is that of a column of addresses."""
    return any(
        choices.meanings.get(name, MEANING_OF.get(name)) == ColumnRole.EMAIL
        for name in names
        if name not in choices.ignored
    )


def _roles(
    import_format: ImportFormat, names: Sequence[str], choices: ColumnChoices
) -> dict[int, str]:
    """Return the role of each place that has one; places of one role may be many."""
    own = {name: role for role, listed in import_format.columns.items() for name in listed}
    general = {} if import_format is OWN else MEANING_OF
    roles = {}
    for place, name in enumerate(names):
        if name in choices.ignored:
            continue
        role = choices.meanings.get(name) or own.get(name)
        if role is None and name not in import_format.harmless:
            known = general.get(name)
            role = known if known in WITHDRAWALS or known == ColumnRole.EMAIL else None
        if role is not None:
            roles[place] = role
    return roles


def _first(
    import_format: ImportFormat, role: str, names: Sequence[str], roles: Mapping[int, str]
) -> int:
    """Return the place of the column that counts for `role`: the first in the format's order."""
    order = {name: rank for rank, name in enumerate(import_format.columns.get(role, ()))}
    places = [place for place, one in roles.items() if one == role]
    return min(places, key=lambda place: (order.get(names[place], -1), place))


def _check_choices(names: Sequence[str], choices: ColumnChoices) -> None:
    for name in (*choices.meanings, *choices.ignored):
        if name not in names:
            raise UnclearColumnError(f"--map, --ignore: the file has no column {name!r}")


def _question(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(" ".join(one.split())[:60]) for one in columns[:5])
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""  # noqa: PLR2004 - one line
    plural = "columns" if len(columns) > 1 else "column"
    first = " ".join(columns[0].split())[:60]
    return (
        f"the {plural} {shown}{more} may say that people must not be mailed: say what it means, "
        f'like --map "{first}=unsubscribed" ({", ".join(MEANINGS)}), or --ignore "{first}"'
    )
