"""Renders one transactional message: the kind decides the template, its text and its links."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlmodel import Session

from digest.catalog.queries import comparison_by_slug
from digest.compose.content import Matchup
from digest.compose.matchup import matchup
from digest.compose.rows import Rows
from digest.compose.statements.issue_facts import pair_facts
from digest.deliver.transactional.mail import ClaimedMessage
from digest.deliver.transactional.tables import TransactionalKind
from digest.language.message import Message
from digest.render.rendered import Rendered
from digest.render.transactional import Action, TransactionalRenderer
from subscribers.links import link_token
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens


class NoticeText(NamedTuple):
    """The words of a notice; `{name}` is replaced by the list's name."""

    subject: Message
    paragraphs: tuple[Message, ...]
    button: Message | None = None


ALREADY = NoticeText(
    Message("You are on the list of {name} already"),
    (
        Message(
            "This address was signed up once more, most likely by you. There is nothing to do."
        ),
        Message(
            "If you came to change how often it comes, or about what, or to leave, it is done here:"
        ),
    ),
    Message("Open my preferences"),
)
CHANGE = NoticeText(
    Message("Is this your new address for {name}?"),
    (
        Message("A reader of {name} asked for it to be sent to this address from now on."),
        Message("Confirm it, and the next issue comes here."),
        Message("If it was not you, do nothing: no further mail is sent."),
    ),
    Message("Confirm my new address"),
)
CHANGED = NoticeText(
    Message("{name} goes to another address from now on"),
    (
        Message("A new address was given and confirmed. Nothing further is sent to this one."),
        Message("If it was not you who did that, reply to this message and say so."),
    ),
)


LINKS = NoticeText(
    Message("Your new link to {name}"),
    (
        Message(
            "The links in messages sent to you so far are void. Unsubscribing by them still works."
        ),
        Message(
            "This is the new link to your preferences. "
            "Whoever has it can change them: keep it to you."
        ),
    ),
    Message("Open my preferences"),
)
DATA = NoticeText(
    Message("Your data at {name}"),
    (
        Message(
            "This is everything that {name} has stored of you, "
            "as you asked on your preferences page."
        ),
        Message(
            "It is JSON, which other programs can read, and was sent to your own address alone."
        ),
    ),
)

NOTICES: Mapping[TransactionalKind, tuple[NoticeText, Purpose | None]] = {
    TransactionalKind.ALREADY: (ALREADY, Purpose.PREFERENCES),
    TransactionalKind.CHANGE: (CHANGE, Purpose.ADDRESS),
    TransactionalKind.CHANGED: (CHANGED, None),
    TransactionalKind.LINKS: (LINKS, Purpose.PREFERENCES),
}
"""The kinds that are nothing but words and a button, with what the button opens."""

StoredData = Callable[[Session, int], Mapping[str, Any] | None]
"""Everything that is stored of one reader (`readers.data_export`), by their id."""


@dataclass(frozen=True, slots=True)
class TransactionalContent:
    """Renders messages with links that carry tokens of their recipient."""

    renderer: TransactionalRenderer
    tokens: Tokens
    stored_data: StoredData

    def render(self, session: Session, message: ClaimedMessage) -> Rendered:
        """Return the message's parts. Raises TemplateError."""
        reader = session.get_one(Subscriber, message.subscriber_id)
        match message.kind:
            case TransactionalKind.CONFIRMATION:
                return self.renderer.confirmation(
                    self._link(Purpose.CONFIRM, reader, _number(message, "request")),
                    invited=bool(message.context.get("invited")),
                )
            case TransactionalKind.WELCOME:
                return self.renderer.welcome(
                    self._link(Purpose.PREFERENCES, reader),
                    self._link(Purpose.UNSUBSCRIBE, reader),
                    self._came_from(session, str(message.context.get("comparison", ""))),
                )
            case TransactionalKind.DATA:
                return self._data(session, message.subscriber_id)
            case _:
                text, purpose = NOTICES[message.kind]
                return self._notice(text, purpose, reader, _number(message, "number"))

    def _notice(
        self,
        text: NoticeText,
        purpose: Purpose | None = None,
        reader: Subscriber | None = None,
        number: int = 0,
    ) -> Rendered:
        name = self.renderer.brand.name
        say = self.renderer.language.say
        action = (
            Action(say(text.button), self._link(purpose, reader, number))
            if purpose and reader and text.button
            else None
        )
        paragraphs = tuple(say(one, name=name) for one in text.paragraphs)
        return self.renderer.notice(say(text.subject, name=name), paragraphs, action)

    def _data(self, session: Session, subscriber_id: int) -> Rendered:
        name, say = self.renderer.brand.name, self.renderer.language.say
        stored = json.dumps(self.stored_data(session, subscriber_id), ensure_ascii=False, indent=2)
        return self.renderer.data(
            say(DATA.subject, name=name),
            tuple(say(one, name=name) for one in DATA.paragraphs),
            # Nothing that a reader entered is taken for a slot.
            stored.replace("~", "\\u007e"),
        )

    def _link(self, purpose: Purpose, reader: Subscriber, number: int = 0) -> str:
        token = link_token(self.tokens, purpose, reader, number)
        return f"{self.renderer.brand.public_url}/{purpose}/{token}"

    def _came_from(self, session: Session, slug: str) -> Matchup | None:
        """Return the comparison that the reader signed up from, if it is known."""
        view = comparison_by_slug(session, slug) if slug else None
        if view is None or view.hidden:
            return None
        sentence = Rows(self.renderer.language).sentence(pair_facts(view))
        return replace(matchup(view, self.renderer.brand.public_url), summary=sentence)


def _number(message: ClaimedMessage, name: str) -> int:
    """Return the number that its link carries; 0 for a message that has none."""
    return int(message.context.get(name, 0))
