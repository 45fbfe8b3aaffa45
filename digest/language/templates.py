"""Gives Jinja2 templates `say`, which words a message, and the language's filters."""

from collections.abc import Callable
from functools import cached_property, lru_cache
from string import Formatter
from typing import Any

from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.language.choose import language_of
from digest.language.isolates import as_markup, direction_of, is_arabic
from digest.language.language import ENGLISH, Language
from digest.language.message import Message
from digest.language.terms import QUOTE, REVIEWERS, VERDICTS

Check = Callable[[object], object]
"""Returns a value as a template may print it."""


class Said(str):
    """A worded message, whose values were checked one by one."""

    __slots__ = ()


class Speaker:
    """What templates call: each method words a message, or a value, in one language.

    A value that comes from outside is checked and escaped as if it were printed alone.
    """

    def __init__(self, language: Language, check: Check, content_language: str) -> None:
        self._language = language
        self._check = check
        self._content_language = content_language

    @pass_eval_context
    def say(self, context: EvalContext, text: str, many: str = "", /, **values: Any) -> str:
        """Word a message for where it stands: `say("Issue {number}", number=3)`."""
        message = Message(text, many)
        checked, shown = self._values(values)
        form = plain_form(self._language.form(message, checked))
        if not context.autoescape:
            return Said(form.format_map(self._language.begun(message, checked, shown)))
        escaped = {name: as_markup(escape(value)) for name, value in shown.items()}
        # A message is ours, so its own markup holds; values are escaped.
        return Markup(form).format_map(self._language.begun(message, checked, escaped))  # noqa: S704

    def plain(self, text: str, many: str = "", /, **values: Any) -> str:
        """Word a message without markup, for an attribute or a page's title."""
        message = Message(text, many)
        checked, shown = self._values(values)
        form = plain_form(self._language.form(message, checked))
        return Said(form.format_map(self._language.begun(message, checked, shown)))

    def plain_text(self, text: str) -> str:
        """Keep marks of direction as they are, where no element can stand."""
        return Said(self._check(text))

    def reviewer(self, lens: str) -> str:
        """Name a member of the panel."""
        return Said(self._language.say(REVIEWERS[lens]))

    def verdict(self, verdict: str) -> str:
        """Say a verdict in a word."""
        return Said(self._language.say(VERDICTS[verdict]))

    @pass_eval_context
    def published(self, context: EvalContext, text: Any) -> Any:
        """Return what a page says, as it says it, marked as of its language where that is known."""
        if not text or not context.autoescape:
            return text
        known = self._content_language
        here = self._language.tag.partition("-")[0]
        if known and known.partition("-")[0] != here:
            marked = '<span lang="{}" dir="auto">{}</span>'
            return Markup(marked).format(known, self._check(text))  # noqa: S704 - a constant
        if self._language.direction == "rtl":
            return Markup("<bdi>{}</bdi>").format(self._check(text))
        return text

    @pass_eval_context
    def quoted(self, context: EvalContext, text: Any) -> Any:
        """Return a sentence of a page in quotation marks, those of its own language.

        The marks stand with the words: in a mail of the other direction both run their own way.
        """
        marked = self._quoting(text).form(QUOTE, {}).format(quote=self._check(text))
        if not context.autoescape:
            return Said(self._language.isolated(marked))
        found = self.published(context, marked)
        if found is marked and direction_of(text) == "rtl":
            return Markup("<bdi>{}</bdi>").format(marked)
        return found

    def _quoting(self, text: str) -> Language:
        """Return the language of the marks: the pages', or one that runs as the words do."""
        runs = direction_of(text)
        for known in (self._pages_language, self._language):
            if runs in ("", known.direction):
                return known
        return self._arabic if is_arabic(text) else ENGLISH

    @cached_property
    def _pages_language(self) -> Language:
        """The language of the pages; where it is not known, that of the mail."""
        return language_of(self._content_language) if self._content_language else self._language

    @cached_property
    def _arabic(self) -> Language:
        return language_of("ar")

    def _values(self, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        checked: dict[str, Any] = {name: self._check(value) for name, value in values.items()}
        return checked, {name: self._shown(value) for name, value in checked.items()}

    def _shown(self, value: Any) -> str:
        """Return a value as the language writes it; markup and addresses made here as they are."""
        made_here = isinstance(value, str) and type(value) is not str
        shown: str = value if made_here else self._language.shown(value)
        return shown


@lru_cache(4096)
def plain_form(form: str) -> str:
    """Return a message's form, whose placeholders are bare names: `{tool}`.

    Python would read attributes too (`{tool.__class__}`), and from them all that the process knows:
    a template may not, in Jinja's sandbox neither. Raises ValueError.
    """
    for _, name, spec, conversion in Formatter().parse(form):
        if name is not None and (spec or conversion or not name.isidentifier()):
            shown = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            msg = f"found the placeholder {{{shown}}}, expected a name alone, like {{tool}}"
            raise ValueError(msg)
    return form


def add_language(
    environment: Environment, language: Language, check: Check, content_language: str = ""
) -> None:
    """Add `say`, `plain` and the language's filters to `environment`.

    `content_language` is the tag of the language of the comparison pages, where it is known.
    """
    speaker = Speaker(language, check, content_language)
    environment.globals |= {"say": speaker.say, "plain": speaker.plain, "language": language}
    environment.filters |= {
        "month": language.month,
        "percent": language.percent,
        "plain": speaker.plain_text,
        "published": speaker.published,
        "quoted": speaker.quoted,
        "reviewer": speaker.reviewer,
        "verdict": speaker.verdict,
        "written_date": language.written_date,
    }
