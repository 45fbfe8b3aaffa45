"""Reads a comparison page as Markdown: extracts its visible lines, then reads them like page text.

A line of the source is a line of the page, as in page text: what a paragraph wraps is joined later.
In the scorecard a block quote is a quote, with quotation marks of its own or without.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import clean_line, is_blank, split_lines
from digest.catalog.intake.html.parse import visible_lines
from digest.catalog.intake.markdown import bounds, tables
from digest.catalog.intake.markdown.front_matter import read_front_matter
from digest.catalog.intake.text import attribution
from digest.catalog.intake.text.lines import Line, Page, matching
from digest.catalog.intake.text.parse import read_page
from digest.catalog.intake.text.quotes import OPENING
from digest.catalog.intake.text.scorecard import SCORECARD
from digest.catalog.pages import ComparisonPage, PageError

LOOKS_LIKE_IT = re.compile(r"(?:.{0,500}\n){0,20}#{1,6} \S")
_ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]{0,100}\}$")
_BREAKS = ("softbreak", "hardbreak")
_BREAK_TAG = re.compile(r"<br\b", re.IGNORECASE)


def read_markdown(text: str, source: str) -> ComparisonPage:
    """Return `text` as a comparison; `source` names it in messages. Raises PageError only."""
    if len(text) > limits.MARKDOWN:
        found = f"{len(text):,} characters of Markdown"
        raise PageError(source, None, found, f"{limits.MARKDOWN:,} at most")
    rows = split_lines(text)
    bounds.check(rows, source)
    front = read_front_matter(rows)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    reader = _Reader(source, front.lines)
    reader.read(parser.parse("\n".join(rows[front.lines :])))
    page = read_page(Page(source, reader.lines))
    return replace(page, url=front.url, published_at=front.published_at)


class _Reader:
    """Turns the parser's tokens into visible lines, numbered behind `offset` lines."""

    def __init__(self, source: str, offset: int) -> None:
        self.lines: list[Line] = []
        self._source = source
        self._offset = offset
        self._number = 1
        self._rows: list[tables.Row] = []
        self._quote_starts: list[int] = []
        self._is_scorecard = False

    def read(self, tokens: Sequence[Token]) -> None:
        """Read all tokens of a document."""
        heading = False
        for token in tokens:
            if token.map:
                self._number = token.map[0] + 1 + self._offset
            if token.type in ("heading_open", "heading_close"):
                heading = token.type == "heading_open"
            elif token.type == "inline":
                self._add(self._inline(token.children or (), is_heading=heading))
            elif token.type in ("fence", "code_block"):
                rows = token.content.split("\n")
                self._add([Line(self._number + at, row) for at, row in enumerate(rows)])
            elif token.type == "html_block":
                found = visible_lines(token.content, self._source)
                self._add([Line(self._number - 1 + line.number, line.text) for line in found])
            else:
                self._structure(token.type)

    def _structure(self, kind: str) -> None:
        if kind == "tr_open":
            self._rows.append([])
        elif kind in ("td_open", "th_open"):
            self._rows[-1].append([])
        elif kind == "table_close":
            rows, self._rows = self._rows, []
            self._add(tables.in_order(rows))
        elif kind == "blockquote_open":
            self._quote_starts.append(len(self.lines))
        elif kind == "blockquote_close":
            start = self._quote_starts.pop()
            if self._is_scorecard and not self._quote_starts:
                self._quote(start)

    def _add(self, lines: Sequence[Line]) -> None:
        cleaned = [Line(line.number, clean_line(line.text)) for line in lines]
        seen = [line for line in cleaned if not is_blank(line.text)]
        if self._rows:
            self._rows[-1][-1] += seen
            return
        self.lines += seen
        self._is_scorecard |= any(matching(line.text) in SCORECARD for line in seen)

    def _inline(self, children: Sequence[Token], *, is_heading: bool) -> list[Line]:
        parts: list[list[str]] = [[]]
        for child in children:
            if child.type in _BREAKS or (
                child.type == "html_inline" and _BREAK_TAG.match(child.content)
            ):
                parts.append([])
            elif child.type in ("text", "code_inline", "text_special"):
                parts[-1].append(child.content)
        lines = [Line(self._number + at, "".join(part)) for at, part in enumerate(parts)]
        if is_heading:
            lines[-1] = Line(lines[-1].number, _ATTRIBUTES.sub("", lines[-1].text))
        return lines

    def _quote(self, start: int) -> None:
        """Put a block quote that begins at `start` into quotation marks, if it has none."""
        spoken = [at for at in range(start, len(self.lines)) if not _is_label(self.lines[at])]
        if not spoken or any(self.lines[at].text.startswith(OPENING[:1]) for at in spoken):
            return
        first, last = self.lines[spoken[0]], self.lines[spoken[-1]]
        if first.text.startswith('"') and last.text.endswith('"'):
            return
        self.lines[spoken[0]] = first._replace(text=f"“{first.text}")
        self.lines[spoken[-1]] = self.lines[spoken[-1]]._replace(
            text=f"{self.lines[spoken[-1]].text}”"
        )


def _is_label(line: Line) -> bool:
    return attribution.lens_in(line) is not None or attribution.verdict_in(line) is not None
