"""Defines the value that describes one tool's export."""

from dataclasses import dataclass, field

from subscribers.transfer.formats.statuses import ImportedStatus


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """One tool's export. `columns` holds for each role the names that its column may have.

    `signatures`: the file is this tool's if it has all columns of one of these sets, each of which
    has more than two names. `harmless` are columns that sound as if they spoke of leaving, and
    don't. `default` is the status of rows that say nothing else, where the file has a column of
    `default_with`: None leaves it to the operator, and so does a file without such a column, also
    where it says that somebody signed up. `status_decides`: the tool keeps the day on
    which somebody left also of those who came back. `of_account`: its status is the person's,
    whatever lists they left.
    """

    name: str
    signatures: tuple[frozenset[str], ...]
    columns: dict[str, tuple[str, ...]]
    harmless: frozenset[str] = frozenset()
    default: ImportedStatus | None = None
    default_with: frozenset[str] = frozenset()
    status_words: dict[str, ImportedStatus] = field(default_factory=dict)
    status_decides: bool = False
    of_account: bool = False
