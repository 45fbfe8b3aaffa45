"""A mailbox over IMAP (RFC 3501): read by peeking, and marked with a keyword of our own.

A connection is made for each look and ended with it, so that nothing has to be kept alive.
"""

import imaplib
import re
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from digest.track.bounces.mailbox import MailboxError, MailboxUrl
from digest.track.bounces.parse import MAX_MESSAGE_BYTES

MARK = "$DigestRead"
"""The keyword (RFC 5788 section 3.1 form) of what is done. Where a server takes no keywords,
having been read is the mark."""
TIMEOUT_SECONDS = 30
AT_ONCE = 200
"""Letters named in one command."""
LOCAL = ("localhost", "127.0.0.1", "::1")


class ImapMailbox:
    """`imaps` is TLS from the start; `imap` begins it (STARTTLS), unless on this machine."""

    def __init__(self, url: MailboxUrl, tls: ssl.SSLContext | None = None) -> None:
        self._place = url
        self._tls = tls or ssl.create_default_context()

    def unread(self, skip: Collection[str], most: int) -> Iterator[tuple[str, bytes]]:
        with self._opened() as (line, validity, keywords):
            for uid in _search(line, keywords=keywords):
                name = f"{validity}.{uid}"
                if name in skip:
                    continue
                if most <= 0:
                    return
                most -= 1
                raw = _fetch(line, uid)
                if raw is not None:
                    yield name, raw

    def done(self, names: Sequence[str]) -> None:
        with self._opened() as (line, validity, keywords):
            uids = [
                uid for era, _, uid in (name.partition(".") for name in names) if era == validity
            ]
            flags = rf"({MARK} \Seen)" if keywords else r"(\Seen)"
            for start in range(0, len(uids), AT_ONCE):
                chosen = ",".join(uids[start : start + AT_ONCE])
                _ask(line.uid("STORE", chosen, "+FLAGS.SILENT", flags))

    @contextmanager
    def _opened(self) -> "Iterator[tuple[imaplib.IMAP4, str, bool]]":
        """A connection with the folder open, the era of its numbers, and if it takes keywords."""
        url = self._place
        where = f"the mailbox {url.folder} at {url.host}"
        try:
            line = self._connect()
            try:
                line.login(_quoted(url.user), url.password)
                _ask(line.select(_quoted(url.folder)))
                flags = _told(line, "PERMANENTFLAGS")
                keywords = r"\*" in flags or MARK.lower() in flags.lower()
                yield line, _told(line, "UIDVALIDITY"), keywords
            finally:
                _leave(line)
        except (imaplib.IMAP4.error, OSError) as error:
            why = _reason(error).replace(url.password or "\0", "...")
            raise MailboxError(f"{where}: {why}") from None
        except UnicodeError:
            raise MailboxError(f"{where}: user, password and folder can only be ASCII") from None

    def _connect(self) -> imaplib.IMAP4:
        url = self._place
        if url.scheme == "imaps":
            return imaplib.IMAP4_SSL(
                url.host, url.port or 993, ssl_context=self._tls, timeout=TIMEOUT_SECONDS
            )
        line = imaplib.IMAP4(url.host, url.port or 143, timeout=TIMEOUT_SECONDS)
        if url.host not in LOCAL:
            line.starttls(self._tls)
        return line


def _search(line: imaplib.IMAP4, *, keywords: bool) -> list[str]:
    """Numbers of what is not marked, oldest first."""
    found = _ask(line.uid("SEARCH", *(("UNKEYWORD", MARK) if keywords else ("UNSEEN",))))
    return found[0].decode("ascii").split() if found and isinstance(found[0], bytes) else []


def _fetch(line: imaplib.IMAP4, uid: str) -> bytes | None:
    """The letter, without marking it as read; None where it is gone."""
    for one in _ask(line.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)")):
        if isinstance(one, tuple):
            body: bytes = one[1]
            return body
    return None


def _ask(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        words = data[0] if data and isinstance(data[0], bytes) else b"no reason given"
        raise imaplib.IMAP4.error(words.decode("utf-8", "replace"))
    return data


def _reason(error: Exception) -> str:
    """One line; a refusal comes as the bytes of the server's answer."""
    told = error.args[0] if error.args else ""
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error)
    return (text.splitlines() or [type(error).__name__])[0]


def _told(line: imaplib.IMAP4, name: str) -> str:
    """What the server said of the folder as it was opened."""
    data = line.response(name)[1]
    last = data[-1] if data else b""
    return last.decode("ascii", "replace") if isinstance(last, bytes) else ""


def _leave(line: imaplib.IMAP4) -> None:
    try:
        line.logout()
    except (imaplib.IMAP4.error, OSError):
        line.shutdown()


def _quoted(name: str) -> str:
    """RFC 3501 section 9, quoted; a folder beyond ASCII is to be given as it is on the server."""
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
