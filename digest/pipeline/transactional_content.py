"""Renders one transactional message: the kind decides the template, its text and its links."""

from dataclasses import dataclass
from typing import NamedTuple, assert_never

from sqlmodel import Session

from digest.catalog.queries import comparison_by_slug
from digest.compose.content import Matchup
from digest.compose.matchup import matchup
from digest.deliver.transactional.mail import ClaimedMessage
from digest.deliver.transactional.tables import TransactionalKind
from digest.render.rendered import Rendered
from digest.render.transactional import Action, TransactionalRenderer
from subscribers.tokens import Purpose, Tokens


class NoticeText(NamedTuple):
    """The words of a notice; `{name}` is replaced by the list's name."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""


ALREADY = NoticeText(
    "You are on the list of {name} already",
    (
        "This address was signed up once more, most likely by you. There is nothing to do.",
        "If you came to change how often it comes, or about what, or to leave, it is done here:",
    ),
    "Open my preferences",
)
CHANGE = NoticeText(
    "Is this your new address for {name}?",
    (
        "A reader of {name} asked for it to be sent to this address from now on.",
        "Confirm it, and the next issue comes here.",
        "If it was not you, do nothing: no further mail is sent.",
    ),
    "Confirm my new address",
)
CHANGED = NoticeText(
    "{name} goes to another address from now on",
    (
        "A new address was given and confirmed. Nothing further is sent to this one.",
        "If it was not you who did that, reply to this message and say so.",
    ),
)


@dataclass(frozen=True, slots=True)
class TransactionalContent:
    """Renders messages with links that carry tokens of their recipient."""

    renderer: TransactionalRenderer
    tokens: Tokens

    def render(self, session: Session, message: ClaimedMessage) -> Rendered:
        """Return the message's parts. Raises TemplateError."""
        reader = message.subscriber_id
        match message.kind:
            case TransactionalKind.CONFIRMATION:
                return self.renderer.confirmation(self._link(Purpose.CONFIRM, reader))
            case TransactionalKind.WELCOME:
                return self.renderer.welcome(
                    self._link(Purpose.PREFERENCES, reader),
                    self._link(Purpose.UNSUBSCRIBE, reader),
                    self._came_from(session, str(message.context.get("comparison", ""))),
                )
            case TransactionalKind.ALREADY:
                return self._notice(ALREADY, Purpose.PREFERENCES, reader)
            case TransactionalKind.CHANGE:
                number = int(message.context["number"])
                return self._notice(CHANGE, Purpose.ADDRESS, reader, number)
            case TransactionalKind.CHANGED:
                return self._notice(CHANGED)
            case _:
                assert_never(message.kind)

    def _notice(
        self, text: NoticeText, purpose: Purpose | None = None, reader: int = 0, number: int = 0
    ) -> Rendered:
        name = self.renderer.brand.name
        action = Action(text.button, self._link(purpose, reader, number)) if purpose else None
        paragraphs = tuple(one.format(name=name) for one in text.paragraphs)
        return self.renderer.notice(text.subject.format(name=name), paragraphs, action)

    def _link(self, purpose: Purpose, subscriber: int, number: int = 0) -> str:
        token = self.tokens.make(purpose, subscriber, number)
        return f"{self.renderer.brand.public_url}/{purpose}/{token}"

    def _came_from(self, session: Session, slug: str) -> Matchup | None:
        """Return the comparison whose page the reader signed up on, if it is known."""
        view = comparison_by_slug(session, slug) if slug else None
        return matchup(view, self.renderer.brand.public_url) if view else None
