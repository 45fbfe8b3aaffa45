"""The pieces of an HTML document in the order in which the parser meets them."""

from dataclasses import dataclass

from digest.catalog.intake.html.metadata import Attributes


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; `line` counts from 1 in the source."""

    tag: str
    attributes: Attributes
    line: int


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags, its character references replaced."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, without its marks."""

    text: str


Token = Start | End | Text | Comment
