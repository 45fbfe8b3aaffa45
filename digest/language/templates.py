"""Gives Jinja2 templates `say`, which words a message, and the language's filters."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.language.isolates import as_markup
from digest.language.language import Language
from digest.language.message import Message
from digest.language.terms import REVIEWERS, VERDICTS

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
        form = self._language.form(message, checked)
        if not context.autoescape:
            return Said(form.format_map(self._language.begun(message, checked, shown)))
        escaped = {name: as_markup(escape(value)) for name, value in shown.items()}
        # A message is ours, so its own markup holds; values are escaped.
        return Markup(form).format_map(self._language.begun(message, checked, escaped))  # noqa: S704

    def plain(self, text: str, many: str = "", /, **values: Any) -> str:
        """Word a message without markup, for an attribute or a page's title."""
        message = Message(text, many)
        checked, shown = self._values(values)
        form = self._language.form(message, checked)
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

    def _values(self, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        checked: dict[str, Any] = {name: self._check(value) for name, value in values.items()}
        return checked, {name: self._shown(value) for name, value in checked.items()}

    def _shown(self, value: Any) -> str:
        """Return a value as the language writes it; markup and addresses made here as they are."""
        made_here = isinstance(value, str) and type(value) is not str
        shown: str = value if made_here else self._language.shown(value)
        return shown


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
        "reviewer": speaker.reviewer,
        "verdict": speaker.verdict,
        "written_date": language.written_date,
    }
