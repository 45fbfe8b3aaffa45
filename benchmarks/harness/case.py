"""What a case is: a name, and a function that measures ours and its reference once, as rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.harness.process import FarEnd

PEOPLE = 100_000


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for: the length of the list where one is sent to, and the far end."""

    people: int = PEOPLE
    far_end: FarEnd = field(default_factory=FarEnd)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of ours beside its reference, both taken in the same run.

    `key` names the row within its case and never changes: the kept figures stand under it, so no
    figure belongs in it. `to` says what the reference is; a limit that somebody set is one too.
    `aim` is of the ratio, ours to the reference: at least, or at most where `less` is better.
    `octets` is the size of a message, and `limit` what the sink takes of a writer that does
    nothing else, in the same unit.
    """

    key: str
    what: str
    unit: str
    ours: float
    reference: float
    to: str
    aim: float | None = None
    less: bool = False
    octets: int | None = None
    limit: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.reference

    @classmethod
    def below(cls, key: str, what: str, unit: str, *, ours: float, most: float) -> "Row":
        """Return a row whose reference is a limit that ours must not pass."""
        return cls(key, what, unit, ours, most, to="the limit", aim=1, less=True)

    @classmethod
    def above(cls, key: str, what: str, unit: str, *, ours: float, least: float) -> "Row":
        """Return a row whose reference is what ours must reach."""
        return cls(key, what, unit, ours, least, to="the aim", aim=1)


@dataclass(frozen=True, slots=True)
class Case:
    """`measure` is called once a run. A `full` case takes long and runs only where it is asked for.

    `minutes` says about how long one run takes on two cores.
    """

    name: str
    measure: Callable[[Options], Sequence[Row]]
    minutes: float
    full: bool = False


def chosen(cases: Sequence[Case], names: Sequence[str], *, full: bool) -> list[Case]:
    """Return the cases called `names` in their order here, or all. Raises ValueError for no name.

    A name that ends in a star stands for all that begin like it.
    """
    if not names:
        return [case for case in cases if full or not case.full]
    for name in names:
        if not any(_matches(case.name, name) for case in cases):
            known = ", ".join(case.name for case in cases)
            raise ValueError(f"there is no case {name!r}; there are {known}")
    return [case for case in cases if any(_matches(case.name, name) for name in names)]


def _matches(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
