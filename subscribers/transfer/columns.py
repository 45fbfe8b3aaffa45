"""Reads many rows at once by their columns, where they say no more than a plain address and name.

A row with anything else in it goes the long way (`RowParser.read`), with the same result.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import compress

from subscribers.addresses import NO_ADDRESS, AddressError
from subscribers.service import MAX_NAME_LENGTH
from subscribers.transfer.cells.address_cells import are_placeholders
from subscribers.transfer.csv_file import Cells, CsvBlock, CsvReader, LinesWithoutAddress
from subscribers.transfer.formats.statuses import ImportedStatus
from subscribers.transfer.plain_rows import People, PlainRows
from subscribers.transfer.refused_rows import Refusals, RefusedRow
from subscribers.transfer.rows import ImportRow, RowParser, RowRefusedError
from subscribers.transfer.unread_lines import are_filled

MOST_ODD = 2_000
"""Rows whose address or form may be looked at closely and refused, if not more were taken: of what
looks so little like a list, lines without a plain address are refused unread from then on."""
MOST_UNCLOSED = 100
"""The same of rows whose quote is not closed, each of which is looked for over many lines."""
_MOST = 64
"""Characters of an address: so short, neither its local part nor a label can be too long."""
# Parts of what `subscribers.addresses` takes for plain; possessive, since none can be shorter.
_WORD = r"[A-Za-z0-9_]++(?:[.+-][A-Za-z0-9_]++)*"
_LABEL = r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*"
_ADDRESSES = re.compile(rf"(?:{_WORD}@(?:{_LABEL}\.)+[A-Za-z]++\n)*")
_NAMES = re.compile(r"(?:(?:[A-Za-z]++(?: [A-Za-z0-9]++)*)?\n)*")


class BlockReader:
    """Reads the people of one block of a file after the other."""

    def __init__(self, rows: CsvReader, parser: RowParser, refusals: Refusals) -> None:
        self.rows_read = 0
        """Rows so far with anything in them, if only a delimiter."""
        self._rows, self._parser, self._refusals = rows, parser, refusals
        self._taken = self._odd_refused = 0

    def people(self, block: CsvBlock) -> People:
        """Return the people of a block, in order; rows that are not taken are refused."""
        found = self._people(block)
        self._taken += len(found)
        unclosed = self._rows.unclosed > max(MOST_UNCLOSED, self._taken)
        if unclosed or self._odd_refused > max(MOST_ODD, self._taken):
            self._rows.plain_only = True
        return found

    def nobody(self) -> People:
        """Return what the people of the file's blocks are added to."""
        is_plain = self._parser.plain_places is not None
        return PlainRows(self._parser.default_status) if is_plain else []

    def _people(self, block: CsvBlock) -> People:
        if isinstance(block, Cells):
            self.rows_read += len(block.rows)
            return self._from_cells(block)
        found = self.nobody()
        if isinstance(block, LinesWithoutAddress):
            self.rows_read += len(block.lines) - block.lines.count("")
            self._refuse_lines(block)
            return found
        for row in block:
            self.rows_read += 1
            person = self._read(*row)
            if person is not None:
                found.append(person)
        return found

    def _from_cells(self, block: Cells) -> People:
        first, rows = block
        places = self._parser.plain_places
        if places is None:
            read = (self._read(at, at, cells, "") for at, cells in enumerate(rows, first))
            return [one for one in read if one is not None]
        found, odd = _plain(first, rows, *places, self._parser.default_status)
        refused = []
        for at in sorted(odd):
            person = self._read(first + at, first + at, rows[at], "")
            if person is None:
                refused.append(at)
            else:
                found.replace(at, person)
        return found.without(refused) if refused else found

    def _refuse_lines(self, block: LinesWithoutAddress) -> None:
        """Refuse lines that hold no address, row by row as long as they are listed."""
        first, lines, why = block
        numbers: Sequence[int] = range(first, first + len(lines))
        filled = are_filled(lines, self._rows.delimiter)
        if filled is not None:
            lines, numbers = list(compress(lines, filled)), list(compress(numbers, filled))
        done = 0
        while done < len(lines) and not self._refusals.list_is_full:
            cells, number = self._rows.bare_cells(lines[done]), numbers[done]
            self._read(number, number, cells, "" if why == NO_ADDRESS else why)
            done += 1
        if done < len(lines):
            self._refusals.add_lines(numbers[done:], lines[done:], why)

    def _read(self, line: int, last_line: int, cells: list[str], fault: str) -> ImportRow | None:
        """Return the person of one row; None if it is refused, or empty."""
        if not fault and not "".join(cells).strip():
            self._odd_refused += last_line > line
            return None
        try:
            if fault:
                found = next((one for one in cells if one.strip()), "no CSV")[:60]
                raise RowRefusedError(found, fault)  # noqa: TRY301 - refused like any other
            return self._parser.read(line, cells)
        except (AddressError, RowRefusedError) as error:
            self._odd_refused += bool(fault) or isinstance(error, AddressError)
            runs_on = f"; the row runs to line {last_line}: is a quote missing?"
            why = error.why + (runs_on if last_line > line and not fault else "")
            self._refusals.add(cells, RefusedRow(line, error.found, why))
            return None


def _plain(
    first: int,
    rows: list[list[str]],
    email_place: int,
    name_place: int | None,
    status: ImportedStatus | None,
) -> tuple[PlainRows, set[int]]:
    """Return a person for each row, and the places of those that are not to be trusted."""
    texts = [row[email_place] for row in rows]
    joined = "\n".join(texts) + "\n"
    odd = set(_others(_ADDRESSES, joined))
    if max(map(len, texts)) > _MOST:
        odd.update(at for at, text in enumerate(texts) if len(text) > _MOST)
    folded = joined.lower()
    keys = texts
    if folded != joined:
        keys = folded.split("\n")
        texts = [
            text if text == key or at in odd else _with_domain_of(key, text)
            for at, (text, key) in enumerate(zip(texts, keys, strict=False))
        ]
    names = [""] * len(rows)
    if name_place is not None:
        names = [row[name_place] for row in rows]
        odd.update(_others(_NAMES, "\n".join(names) + "\n"))
        odd.update(are_placeholders(names))
        if max(map(len, names)) > MAX_NAME_LENGTH:
            odd.update(at for at, name in enumerate(names) if len(name) > MAX_NAME_LENGTH)
    keys = keys[: len(rows)]  # the last line's end
    return PlainRows(status, range(first, first + len(rows)), texts, keys, names), odd


def _with_domain_of(key: str, text: str) -> str:
    """Return an address as mail is sent to it: its local part as written, its domain folded."""
    at = text.index("@")
    return text[:at] + key[at:]


def _others(pattern: re.Pattern[str], joined: str) -> Iterator[int]:
    """Yield which lines of `joined`, from 0, `pattern` does not match; it matches any number."""
    place = line = 0
    while True:
        end = pattern.match(joined, place).end()  # type: ignore[union-attr]
        if end == len(joined):
            return
        line += joined.count("\n", place, end)
        yield line
        line, place = line + 1, joined.index("\n", end) + 1
