"""The pieces of an HTML document in the order in which the parser meets them."""

from typing import NamedTuple

from digest.catalog.intake.html.metadata import Attributes


class Start(NamedTuple):
    """A start tag; `line` counts from 1 in the source."""

    tag: str
    attributes: Attributes
    line: int


class End(NamedTuple):
    """An end tag."""

    tag: str


class Text(NamedTuple):
    """Text between tags, its character references replaced."""

    text: str
    line: int


class Comment(NamedTuple):
    """A comment, without its marks."""

    text: str


Token = Start | End | Text | Comment
