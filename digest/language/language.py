"""Defines a language: how it words messages and writes numbers, lists and dates. English is here.

Every other language comes from a catalogue and the CLDR (`digest.language.cldr`), and is an object
with the same methods. English needs neither, so that no command waits for them.
"""

from collections.abc import Mapping
from datetime import date
from unicodedata import category

from digest.language.message import (
    Count,
    Figure,
    Message,
    Names,
    Percent,
    Series,
    Value,
    counted,
)
from digest.number_words import figure, listed, number_word, percent

ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""First strong isolate and its end (Unicode Standard Annex 9): a name of another script between
them keeps its order, and the sentence around it its own."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Language:
    """English, and what all languages have in common."""

    tag = "en"
    """The language tag (RFC 5646) that readers' mail and pages declare."""

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return "ltr"

    def say(self, message: Message, **values: Value) -> str:
        """Return the message in this language, filled with `values` as it writes them."""
        shown = {name: self.shown(value) for name, value in values.items()}
        counts = [name for name, value in values.items() if isinstance(value, Count)]
        if len(counts) > 1 and any(shown[name][0].isdecimal() for name in counts):
            # One sentence has its counts in words or in figures, not "twelve of 15".
            shown |= {name: self.figure(counted(values[name])) for name in counts}
        return self.form(message, values).format_map(self.begun(message, values, shown))

    def form(self, message: Message, values: Mapping[str, Value]) -> str:
        """Return the translated text with its placeholders open, in the form for its count."""
        if message.many and counted(values[message.by]) != 1:
            return message.many
        return message.text

    def shown(self, value: Value) -> str:
        """Return a value as this language writes it inside a sentence."""
        if isinstance(value, str):
            return self.isolated(value)
        if isinstance(value, (Names, Series)):  # a union would be made anew each time
            names = [self.isolated(name) for name in value.names]
            return self.listed(names) if isinstance(value, Names) else self.series(names)
        return self._number(value)

    def _number(self, value: int | Percent | Figure | Count) -> str:
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Percent):
            return self.percent(value.value)
        return (
            self.figure(value.value) if isinstance(value, Figure) else self.number_word(value.value)
        )

    def begun(
        self, message: Message, values: Mapping[str, Value], shown: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return `shown` with a capital for a number word that its sentence begins with."""
        name, brace, _ = self.form(message, values).removeprefix("{").partition("}")
        if brace and isinstance(values.get(name), Count):
            return {**shown, name: shown[name].capitalize()}
        return shown

    def isolated(self, text: str) -> str:
        """Return text from outside so that it can't turn the order of the sentence around it."""
        return text

    def percent(self, score: float) -> str:
        """Format with at most one decimal: 87.5%."""
        return percent(score)

    def figure(self, number: float) -> str:
        """Format a number with at most one decimal."""
        return figure(number)

    def number_word(self, count: int) -> str:
        """Spell a number where this language does so, else write it in figures."""
        return number_word(count)

    def listed(self, names: list[str]) -> str:
        """Join names: A, B and C."""
        return listed(names)

    def sentences(self, said: list[str]) -> str:
        """Join whole sentences."""
        return " ".join(said)

    def series(self, names: list[str]) -> str:
        """Join names of a list that goes on: A, B, C."""
        return ", ".join(names)

    def written_date(self, day: date) -> str:
        """Format a date as 3 March 2026, whatever the machine's locale."""
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def month(self, day: date) -> str:
        """Format the month of a date as Mar 2026."""
        return f"{_MONTHS[day.month - 1][:3]} {day.year}"


ENGLISH = Language()


def shown_length(text: str) -> int:
    """Return how many characters of `text` are seen: marks of direction take no room."""
    if text.isascii():
        return len(text)
    return sum(category(one) != "Cf" for one in text)
