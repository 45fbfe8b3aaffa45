"""Where letters lie: a Maildir here, IMAP in `track.bounces.imap`.

A mailbox may hold anything else besides. Nothing is ever deleted, and what is not ours is not
touched: it stays where it is, unread if it was.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from digest.track.bounces.parse import MAX_MESSAGE_BYTES
from store.errors import UserError

READ_FOLDER = ".digest-read"
"""Where letters of ours go once what they say is stored: a folder of the Maildir (Maildir++)."""
EXPECTED = "should look like maildir:///var/mail/bounces or imaps://user:password@host/INBOX"


class MailboxError(UserError):
    """The mailbox can't be used; the message is one line why, without a password."""


class Mailbox(Protocol):
    """Both raise MailboxError."""

    def unread(self, skip: Collection[str], most: int) -> Iterator[tuple[str, bytes]]:
        """Names and contents of letters that are not marked as done, save those named."""
        ...

    def done(self, names: Sequence[str]) -> None:
        """Marks letters as done; what is gone already is none of anybody's business."""
        ...


class MaildirMailbox:
    """https://cr.yp.to/proto/maildir.html; a letter's name is its file's, without the flags."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def unread(self, skip: Collection[str], most: int) -> Iterator[tuple[str, bytes]]:
        for name, path in self._letters():
            if name in skip:
                continue
            if most <= 0:
                return
            most -= 1
            with suppress(FileNotFoundError), path.open("rb") as file:
                yield name, file.read(MAX_MESSAGE_BYTES)

    def done(self, names: Sequence[str]) -> None:
        paths = dict(self._letters())
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

    def _letters(self) -> list[tuple[str, Path]]:
        """Oldest first: names begin with the second of arrival."""
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
    """Where a mailbox is; of a Maildir only the folder counts, and it is a path."""

    scheme: str
    host: str
    port: int | None
    user: str
    password: str
    folder: str


def parse_mailbox_url(url: str) -> MailboxUrl:
    """Raises ValueError for another kind of URL."""
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
