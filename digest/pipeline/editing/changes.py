"""Defines what an editor can ask for, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """Write a text field (`subject`, `headline/SLUG`); an empty text is proposed again."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class TakeProposal:
    """Have the subject follow one of the proposals, from 1."""

    place: int


@dataclass(frozen=True, slots=True)
class Add:
    """Add a comparison at a place, from 1; by default at the end."""

    slug: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Take a comparison out, for a reason that is kept."""

    slug: str
    because: str


@dataclass(frozen=True, slots=True)
class Move:
    """Move a comparison to a place, from 1, which is the lead."""

    slug: str
    to: int


@dataclass(frozen=True, slots=True)
class ChooseQuote:
    """Choose a sentence of a review about one side, both counted from 1."""

    slug: str
    side: str
    review: int
    sentence: int


@dataclass(frozen=True, slots=True)
class QuoteNobody:
    """Quote nobody about one side."""

    slug: str
    side: str


@dataclass(frozen=True, slots=True)
class QuoteByRule:
    """Leave the quote about one side to the rules again."""

    slug: str
    side: str


@dataclass(frozen=True, slots=True)
class SetApart:
    """Keep a comparison out of groups, or let it be grouped again."""

    slug: str
    apart: bool


@dataclass(frozen=True, slots=True)
class HideBrief:
    """Leave out what is said about a comparison, or say it again; names and scores stay."""

    slug: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class PinNext:
    """Pin a comparison for the next issue, or take the pin back."""

    slug: str
    pinned: bool


Change = (
    Write
    | TakeProposal
    | Add
    | Drop
    | Move
    | ChooseQuote
    | QuoteNobody
    | QuoteByRule
    | SetApart
    | HideBrief
    | PinNext
)
