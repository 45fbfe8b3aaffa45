"""Notes what editors are to be told, and hands it to the mail provider or the webhook."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.deliver.instance import may_claim
from digest.deliver.providers.base import Accepted, Provider, ProviderError
from digest.editors import ledger
from digest.editors.addresses import all_editors
from digest.editors.editor_events import editor_events
from digest.editors.tables import Editor, EditorNotice
from digest.message.edition import Edition, Sender, transactional_edition
from digest.message.personalization import Personalization
from digest.render.rendered import Rendered
from digest.render.slots import Slot
from digest.render.transactional import Action, TransactionalRenderer
from store.engine import Store
from subscribers.tokens import Purpose, Tokens

SERIES = "editors"
log = logging.getLogger(__name__)

PostWebhook = Callable[[dict[str, Any]], None]
"""Posts one event; raises OSError if it was not taken."""


@dataclass(frozen=True, slots=True)
class EditorNotifier:
    """Tells editors, for one worker; `provider` is that of transactional mail.

    `studio_url` is where the button of a message leads; `post` is None where no webhook is set.
    """

    store: Store
    renderer: TransactionalRenderer
    sender: Sender
    tokens: Tokens
    provider: Provider
    clock: Callable[[], datetime]
    studio_url: str
    post: PostWebhook | None = None
    bounces: str = ""

    def note(self) -> int:
        """Note what has happened since the last time; return how many messages that makes."""
        now = self.clock()
        with self.store.read() as session:
            if self.post is None and not all_editors(session):
                return 0
            found = editor_events(session, now)
        if not found:
            return 0
        with self.store.write() as session:
            if not may_claim(session):
                return 0
            return ledger.note(
                session, found, all_editors(session), now, webhook=self.post is not None
            )

    def deliver(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Hand over what is due; return how many were taken. Raises ProviderError."""
        taken = 0
        while not should_stop() and (notice := self._claim()) is not None:
            try:
                accepted = self._hand_over(notice)
            except (ProviderError, OSError) as error:
                with self.store.write() as session:
                    ledger.release(session, notice, self.clock())
                if isinstance(error, ProviderError):
                    raise
                log.warning("the editors' webhook did not take a message: %s", error)
            else:
                with self.store.write() as session:
                    ledger.settle(session, notice.id or 0, accepted=accepted, now=self.clock())
                taken += accepted
        return taken

    def _claim(self) -> EditorNotice | None:
        now = self.clock()
        with self.store.read() as session:
            found = ledger.next_due(session, now)
        if found is None:
            return None
        with self.store.write() as session:
            if may_claim(session) and ledger.claim(session, found.id or 0, now):
                return found
        return None

    def _hand_over(self, notice: EditorNotice) -> bool:
        if notice.editor_id is None:
            return self._post(notice)
        with self.store.read() as session:
            editor = session.get(Editor, notice.editor_id)
        return editor is not None and self._mail(notice, editor)

    def _post(self, notice: EditorNotice) -> bool:
        if self.post is None:
            return False
        content = notice.content
        url = self._studio(content["issue"])
        lines = [content["subject"], *content["paragraphs"], url]
        self.post(
            {
                "event": notice.kind,
                "key": content["key"],
                "issue": content["issue"],
                "subject": content["subject"],
                "text": "\n".join(lines),
                "url": url,
            }
        )
        return True

    def _mail(self, notice: EditorNotice, editor: Editor) -> bool:
        token = self.tokens.make(Purpose.EDITOR, editor.public_id)
        stop = f"{self.renderer.brand.public_url}/editor/{token}"
        rendered = self.renderer.editors_notice(
            notice.content["subject"],
            tuple(notice.content["paragraphs"]),
            Action("Open the studio", self._studio(notice.content["issue"])),
            Action("Stop these messages", stop),
        )
        token = self.tokens.make(Purpose.TRANSACTIONAL, notice.public_id)
        message = Personalization.from_slots(
            notice.id or 0, editor.email, token, dict.fromkeys(Slot, "")
        )
        for outcomes in self.provider.submit(self._edition(rendered, stop), [[message]]):
            for outcome in outcomes:
                return isinstance(outcome, Accepted)
        return False

    def _edition(self, rendered: Rendered, stop: str) -> Edition:
        return transactional_edition(
            rendered,
            self.renderer.brand,
            self.sender,
            series=SERIES,
            bounce_address=self.bounces,
            unsubscribable=False,
            stop_page=stop,
        )

    def _studio(self, issue: int | None) -> str:
        base = self.studio_url.rstrip("/")
        return f"{base}/studio/issues/{issue}" if issue else f"{base}/studio"
