"""Words any language but English: from a catalogue, with numbers, lists and dates by the CLDR."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from digest.language.catalogue import FOLDER, Catalogue, read_catalogue
from digest.language.language import END_ISOLATE, ISOLATE, Language
from digest.language.message import Message, Value, counted
from digest.number_words import printed

MOST_EXAMPLES = 1_000_000
_ENGLISH = "en"
_UNSPACED = frozenset({"zh", "ja", "yue"})


class CldrLanguage(Language):
    """A language by its tag; catalogues are read when the first message is worded.

    `folders` may hold more catalogues, as `languages/LANGUAGE.po`; they have the last word.
    """

    def __init__(self, tag: str, folders: Sequence[Path] = ()) -> None:
        self.tag = tag
        self._folders = folders

    @cached_property
    def locale(self) -> Locale:
        """What the CLDR knows of the language; English for a tag that it does not know."""
        try:
            found = Locale.parse(self.tag, sep="-")
        except (ValueError, UnknownLocaleError):
            found = Locale(_ENGLISH)
        # World English, where no country is named: 3 March 2026.
        return Locale(_ENGLISH, "001") if str(found) == _ENGLISH else found

    @cached_property
    def catalogue(self) -> Catalogue:
        """The translations; empty where there are none for this language."""
        return read_catalogue(catalogue_files(self.locale, self._folders))

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)

    def form(self, message: Message, values: Mapping[str, Value]) -> str:
        """Return the translated text with its placeholders open, in the form for its count."""
        forms = self.catalogue.forms.get(message.text)
        if forms is None:
            return super().form(message, values)
        if not message.many:
            return forms[0]
        place = self.catalogue.plural(self._whole(counted(values[message.by])))
        return forms[min(place, len(forms) - 1)]

    def _whole(self, number: float) -> int:
        """Return a whole number of the same plural category: catalogues count in those alone."""
        if number == int(number):
            return int(number)
        category = self.locale.plural_form(Decimal(str(number)))
        alike = (count for count in range(101) if self.locale.plural_form(count) == category)
        return next(alike, MOST_EXAMPLES)

    def isolated(self, text: str) -> str:
        """Return text from outside so that it can't turn the order of the sentence around it."""
        return f"{ISOLATE}{text}{END_ISOLATE}" if text and self.direction == "rtl" else text

    def percent(self, score: float) -> str:
        """Format with at most one decimal, as the language has it: 87,5 % in German."""
        share = Decimal(f"{printed(score):.1f}") / 100
        return format_percent(share, locale=self.locale, decimal_quantization=False)

    def figure(self, number: float) -> str:
        """Format a number with at most one decimal."""
        return format_decimal(Decimal(f"{printed(number):.1f}"), locale=self.locale)

    def number_word(self, count: int) -> str:
        """Write a number in figures: a word would have to agree with what is counted."""
        if self.locale.language == _ENGLISH:
            return super().number_word(count)
        return format_decimal(count, locale=self.locale)

    def listed(self, names: list[str]) -> str:
        """Join names as the language does."""
        return format_list(names, locale=self.locale)

    def series(self, names: list[str]) -> str:
        """Join names of a list that goes on."""
        pattern = str(self.locale.list_patterns["standard"]["start"])
        joined, *rest = names
        for name in rest:
            joined = pattern.format(joined, name)
        return joined

    def sentences(self, said: list[str]) -> str:
        """Join whole sentences; Chinese and Japanese have no space between them."""
        return ("" if self.locale.language in _UNSPACED else " ").join(said)

    def written_date(self, day: date) -> str:
        """Format a date in full: 3. März 2026."""
        return format_date(day, "long", locale=self.locale)

    def month(self, day: date) -> str:
        """Format the month of a date: März 2026."""
        return format_skeleton("yMMM", day, locale=self.locale)


def catalogue_files(locale: Locale, folders: Sequence[Path] = ()) -> list[Path]:
    """Return the catalogues of a language, the general before the special; English has none."""
    if locale.language == _ENGLISH:
        return []
    likely = get_global("likely_subtags").get(locale.language, "").split("_")
    script = likely[1] if len(likely) > 2 else None  # noqa: PLR2004 - language, script, territory
    # A catalogue in one script is of no use to who reads another: zh_Hans is not zh_Hant.
    names = [locale.language] if locale.script in (None, script) else []
    if locale.script or script:
        names.append(f"{locale.language}_{locale.script or script}")
    names.append(str(locale))
    places = [FOLDER, *(folder / "languages" for folder in folders)]
    paths = [place / f"{name}.po" for place in places for name in dict.fromkeys(names)]
    return [path for path in paths if path.is_file()]
