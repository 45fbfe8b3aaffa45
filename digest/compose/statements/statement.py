"""Defines a statement: its name, when it holds, its words, how surprising it is, why it is said."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from digest.compose.statements.issue_facts import IssueFacts, PairFacts, ToolFacts
from digest.compose.statements.names import short_forms
from digest.language.language import ENGLISH, Language
from digest.language.message import Message, Percent, Value
from digest.number_words import percent


@dataclass(frozen=True, slots=True)
class Said:
    """One way to say a statement: placeholders that are tools, and those that are words."""

    tools: Mapping[str, ToolFacts]
    words: Mapping[str, Value]
    strength: float
    """How remarkable it is by itself, 0 to 1."""
    why: str
    """The fact behind it, for the editor."""


@dataclass(frozen=True, slots=True)
class PairStatement:
    """A statement about one comparison; `find` returns None where it does not hold."""

    name: str
    message: Message
    find: Callable[[PairFacts], Said | None]


@dataclass(frozen=True, slots=True)
class IssueStatement:
    """A statement about a whole issue, or one of its tools among all its pages."""

    name: str
    message: Message
    find: Callable[[IssueFacts], Iterable[Said]]


Statement = PairStatement | IssueStatement


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that holds in an issue. `share` is of how many of its comparisons it does."""

    name: str
    message: Message
    said: Said
    about: str
    """The slug of the comparison; empty where it is about the whole issue."""
    leads: bool
    share: float

    def texts(
        self, issue: IssueFacts, lengths: Sequence[int], language: Language = ENGLISH
    ) -> Iterator[str]:
        """Yield its text with the names in full, then with shorter and shorter names."""
        every = tuple(side.name for side in issue.sides)
        forms = {
            place: _forms(tool.name, every, tuple(lengths))
            for place, tool in self.said.tools.items()
        }
        choices = sorted(product(*forms.values()), key=lambda names: -sum(map(len, names)))
        for names in choices:
            values: dict[str, Value] = {**dict(zip(forms, names, strict=True)), **self.said.words}
            yield language.say(self.message, **values)


@lru_cache(maxsize=1024)
def _forms(name: str, others: tuple[str, ...], lengths: tuple[int, ...]) -> tuple[str, ...]:
    """Return `short_forms` of a name, which many statements of one issue ask for."""
    return tuple(short_forms(name, others, lengths))


def candidates(issue: IssueFacts, statements: Iterable[Statement]) -> list[Candidate]:
    """Return every statement that holds in `issue`, once for each comparison that it holds for."""
    found: list[Candidate] = []
    for one in statements:
        if isinstance(one, IssueStatement):
            found += [
                Candidate(one.name, one.message, said, "", leads=True, share=1 / len(issue.pairs))
                for said in one.find(issue)
            ]
            continue
        held = [(pair, said) for pair in issue.pairs if (said := one.find(pair))]
        found += [
            Candidate(
                one.name,
                one.message,
                said,
                pair.slug,
                leads=pair is issue.lead,
                share=len(held) / len(issue.pairs),
            )
            for pair, said in held
        ]
    return found


def both(pair: PairFacts) -> dict[str, ToolFacts]:
    return {"left": pair.left, "right": pair.right}


def ranked(pair: PairFacts) -> dict[str, ToolFacts]:
    return {"ahead": pair.ahead, "behind": pair.behind}


def scores(pair: PairFacts) -> dict[str, Value]:
    return {"high": share(pair.ahead), "low": share(pair.behind)}


def share(tool: ToolFacts) -> Percent:
    """Return a tool's score for a message that is said of scored tools only."""
    return Percent(tool.panel.score or 0)


def score(tool: ToolFacts) -> str:
    """Return a tool's score in English, for editors; of an unscored one, that there is none."""
    return "no score" if tool.panel.score is None else percent(tool.panel.score)
