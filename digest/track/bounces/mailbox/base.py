"""The mailbox that bounces arrive in: a Maildir here, IMAP in `track.bounces.mailbox.imap`.

A mailbox may hold other mail, too. Nothing is ever deleted, and a message that is not ours is not
touched: it stays where it is, unread if it was.
"""

import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from digest.track.bounces.parse import MAX_MESSAGE_BYTES
from store.errors import UserError

log = logging.getLogger(__name__)
READ_FOLDER = ".digest-read"
"""The folder that processed messages are moved to (Maildir++)."""
EXPECTED = "should look like maildir:///var/mail/bounces or imaps://user:password@host/INBOX"


class MailboxError(UserError):
    """The mailbox can't be used; the message is one line why, without a password."""


class Mailbox(Protocol):
    """A place that inbound messages are read from. Both methods raise MailboxError."""

    def unread(self, skip: Collection[str], limit: int) -> Iterator[tuple[str, bytes]]:
        """Yields at most `limit` messages, as name and content, neither done nor in `skip`."""
        ...

    def mark_done(self, names: Sequence[str]) -> None:
        """Marks messages as done; ignores those that are gone."""
        ...


class MaildirMailbox:
    """A Maildir (https://cr.yp.to/proto/maildir.html); messages go by file name less flags."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def unread(self, skip: Collection[str], limit: int) -> Iterator[tuple[str, bytes]]:
        for name, path in self._messages():
            if name in skip:
                continue
            if limit <= 0:
                return
            try:
                with path.open("rb") as file:
                    raw = file.read(MAX_MESSAGE_BYTES)
            except OSError as error:
                # One that can't be read must not hold up the others; it may be readable later.
                if not isinstance(error, FileNotFoundError):
                    log.warning("inbound message %s can't be read: %s", path, error.strerror)
                continue
            limit -= 1
            yield name, raw

    def mark_done(self, names: Sequence[str]) -> None:
        paths = dict(self._messages())
        target = self._path / READ_FOLDER
        try:
            for part in ("cur", "new", "tmp"):
                (target / part).mkdir(parents=True, exist_ok=True)
            (target / "maildirfolder").touch()
            for name in names:
                if name in paths:
                    with suppress(FileNotFoundError):
                        paths[name].rename(target / "cur" / f"{name}:2,S")
        except OSError as error:
            raise MailboxError(f"{target}: {error.strerror}") from None

    def _messages(self) -> list[tuple[str, Path]]:
        """Returns names and paths, oldest first: names begin with the second of arrival."""
        found = []
        try:
            for part in ("new", "cur"):
                with os.scandir(self._path / part) as entries:
                    found += [
                        (entry.name.partition(":")[0], Path(entry.path))
                        for entry in entries
                        if not entry.name.startswith(".") and entry.is_file()
                    ]
        except OSError as error:
            raise MailboxError(f"no Maildir at {self._path}: {error.strerror}") from None
        return sorted(found)


class MailboxUrl(NamedTuple):
    """A parsed mailbox URL; a Maildir has only a folder, which is its path."""

    scheme: str
    host: str
    port: int | None
    user: str
    password: str
    folder: str


def parse_mailbox_url(url: str) -> MailboxUrl:
    """Parses a maildir, imap or imaps URL. Raises ValueError for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(EXPECTED) from None
    path, user = unquote(parts.path), unquote(parts.username or "")
    if parts.scheme == "maildir" and not parts.netloc and len(path) > 1:
        return MailboxUrl("maildir", "", None, "", "", path)
    if parts.scheme in ("imap", "imaps") and parts.hostname and user:
        password = unquote(parts.password or "")
        folder = path.strip("/") or "INBOX"
        return MailboxUrl(parts.scheme, parts.hostname, port, user, password, folder)
    raise ValueError(EXPECTED)
