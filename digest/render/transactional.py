"""Renders transactional mail: messages to one person about their own subscription.

They have no slots and no tracking: the caller gives whole links.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment

from digest.brand import Brand
from digest.compose.content import Matchup
from digest.language.language import ENGLISH, Language
from digest.language.message import Message
from digest.render.environment import Href
from digest.render.filters import sanitize
from digest.render.links import ascii_url
from digest.render.mjml.inline_and_minify import inline_and_minify
from digest.render.mjml.seven_bit import to_seven_bit
from digest.render.mjml.source_map import compile_mjml
from digest.render.rendered import Rendered
from digest.render.run_template import common_context, run_template

CONFIRM = Message("Confirm your subscription to {name}")
ONE_TAP = Message("One tap, and the next issue is yours.")
WELCOME = Message("Welcome to {name}")
CAME_FOR = Message("The verdict you came for: {title}.")
ON_THE_LIST = Message("You are on the list.")


@dataclass(frozen=True, slots=True)
class Action:
    """A button: its label, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class TransactionalRenderer:
    """Renders every kind of message in one brand's look. All methods raise TemplateError."""

    brand: Brand
    environment: Environment
    language: Language = ENGLISH

    def confirmation(self, confirm_url: str, *, invited: bool = False) -> Rendered:
        """Render the request to confirm a sign-up (double opt-in).

        `invited`: we ask on our own initiative, after an operator put them on the list.
        """
        return self._render(
            "confirmation",
            self.language.say(CONFIRM, name=self.brand.name),
            self.language.say(ONE_TAP),
            {
                "confirm_url": _href(confirm_url),
                "never_url": _href(f"{confirm_url}/never"),
                "invited": invited,
            },
        )

    def welcome(
        self, preferences_url: str, unsubscribe_url: str, came_from: Matchup | None
    ) -> Rendered:
        """Render the welcome, with the comparison that the reader signed up from."""
        said = self.language.say(CAME_FOR, title=came_from.title) if came_from else None
        return self._render(
            "welcome",
            self.language.say(WELCOME, name=self.brand.name),
            said or self.language.say(ON_THE_LIST),
            {
                "preferences_url": _href(preferences_url),
                "unsubscribe_url": _href(unsubscribe_url),
                "came_from": came_from,
                "came_from_url": _href(came_from.url) if came_from else None,
            },
        )

    def notice(
        self, subject: str, paragraphs: tuple[str, ...], action: Action | None = None
    ) -> Rendered:
        """Render any other message: a subject, paragraphs, and perhaps a button."""
        given = Action(action.label, _href(action.url)) if action else None
        values = {"paragraphs": paragraphs, "action": given, "stop": None}
        return self._render("notice", subject, paragraphs[0], values)

    def editors_notice(
        self, subject: str, paragraphs: tuple[str, ...], action: Action, stop: Action
    ) -> Rendered:
        """Render a message to an editor, with a link that stops them."""
        given = {
            name: Action(one.label, _href(one.url))
            for name, one in (("action", action), ("stop", stop))
        }
        values = {"paragraphs": paragraphs, **given}
        return self._render("notice", subject, paragraphs[0], values)

    def data(self, subject: str, paragraphs: tuple[str, ...], data: str) -> Rendered:
        """Holds everything that is stored of its reader, as text that a program can read."""
        values = {"paragraphs": paragraphs, "data": data}
        return self._render("data", subject, paragraphs[0], values)

    def _render(
        self, name: str, subject: str, preheader: str, values: Mapping[str, object]
    ) -> Rendered:
        context = {**common_context(self.brand, self.language, subject, preheader), **values}
        source = f"{name}/letter.mjml.j2"

        def mjml(environment: Environment) -> str:
            return run_template(environment, source, context)

        html = to_seven_bit(inline_and_minify(compile_mjml(self.environment, source, mjml)))
        text = run_template(self.environment, f"{name}/letter.txt.j2", context)
        return Rendered(sanitize(subject), sanitize(preheader), html, f"{text.strip()}\n", ())


def _href(url: str) -> Href:
    return Href(ascii_url(url, "a message's link"))
