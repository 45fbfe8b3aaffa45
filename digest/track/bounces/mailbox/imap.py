"""A mailbox over IMAP (RFC 3501): read without marking as seen, then marked with our keyword.

Each reading makes a connection and ends it, so that nothing has to be kept alive.
"""

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from digest.deliver.access_token import AccessTokenError, AccessTokens, xoauth2
from digest.track.bounces.mailbox.base import MailboxError, MailboxUrl
from digest.track.bounces.mailbox.bounded_imap import BoundedImap, BoundedSecureImap
from digest.track.bounces.mailbox.imap_names import encode_folder
from digest.track.bounces.parse import MAX_MESSAGE_BYTES
from store.deadline import Deadline

log = logging.getLogger(__name__)
MARK = "$DigestRead"
"""The keyword (form of RFC 5788 section 3.1) of done messages. On a server that takes no keywords,
being seen is the mark."""
TIMEOUT_SECONDS = 30
"""For each step: connecting, or waiting for the next octets."""
READING_SECONDS = 60
"""After so long no further message is begun; the next reading goes on."""
MOST_SECONDS = 120
"""For all of one connection: sending waits for it where one process does everything."""
MAX_BROKEN = 3
"""Messages in one reading at which the connection may break before it gives up."""
MAX_REASON = 200
AT_ONCE = 200
"""Messages named in one command."""
_UID = re.compile(r"[0-9]{1,10}")
_STATED_UID = re.compile(rb"\bUID ([0-9]{1,10})\b")
LOCAL = ("localhost", "127.0.0.1", "::1")


class ImapMailbox:
    """An IMAP folder. `imaps` is TLS from the start; `imap` uses STARTTLS unless local."""

    def __init__(
        self,
        url: MailboxUrl,
        tls: ssl.SSLContext | None = None,
        access_tokens: AccessTokens | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        """`access_tokens` takes the place of the password (XOAUTH2)."""
        self._url = url
        self._tick = tick
        self._access_tokens = access_tokens
        self._tls = tls or ssl.create_default_context()

    def unread(self, skip: Collection[str], limit: int) -> Iterator[tuple[str, bytes]]:
        """Yields messages. One at which the connection breaks must not hold up those behind it."""
        until = self._tick() + READING_SECONDS
        tried: set[str] = set()
        broken = 0
        while True:
            at = ""
            try:
                with self._selected() as (connection, validity, keywords):
                    for uid in _search(connection, keywords=keywords):
                        name = f"{validity}.{uid}"
                        if name in skip or name in tried:
                            continue
                        if limit <= 0 or self._tick() > until:
                            return
                        tried.add(name)
                        at = name
                        raw = _fetch(connection, uid)
                        at = ""
                        if raw is not None:
                            limit -= 1
                            yield name, raw
            except MailboxError as error:
                if not at or broken == MAX_BROKEN:
                    raise
                broken += 1
                log.warning("inbound message %s can't be fetched: %s", at, error)
            else:
                return

    def mark_done(self, names: Sequence[str]) -> None:
        with self._selected() as (connection, validity, keywords):
            uids = [
                uid
                for valid, _, uid in (name.partition(".") for name in names)
                if valid == validity
            ]
            flags = rf"({MARK} \Seen)" if keywords else r"(\Seen)"
            for start in range(0, len(uids), AT_ONCE):
                chosen = ",".join(uids[start : start + AT_ONCE])
                _checked(connection.uid("STORE", chosen, "+FLAGS.SILENT", flags))

    @contextmanager
    def _selected(self) -> "Iterator[tuple[imaplib.IMAP4, str, bool]]":
        """Selects the folder; yields connection, UIDVALIDITY, and whether it takes keywords."""
        url = self._url
        where = f"the mailbox {url.folder} at {url.host}"
        try:
            connection = self._connect()
            try:
                self._log_in(connection)
                _checked(connection.select(_quoted(encode_folder(url.folder))))
                flags = _folder_response(connection, "PERMANENTFLAGS")
                keywords = r"\*" in flags or MARK.lower() in flags.lower()
                yield connection, _number(_folder_response(connection, "UIDVALIDITY")), keywords
            finally:
                _leave(connection)
        except (imaplib.IMAP4.error, OSError, ValueError, LookupError, TypeError) as error:
            # imaplib stumbles in its own ways over what is no IMAP.
            why = _reason(error).replace(url.password or "\0", "...")
            raise MailboxError(f"{where}: {why}") from None
        except AccessTokenError as error:
            raise MailboxError(f"{where}: {error}") from None

    def _log_in(self, connection: imaplib.IMAP4) -> None:
        """Logs in by access token if there is one, else by password, in UTF-8 if it needs that."""
        url = self._url
        if self._access_tokens is not None:
            token = self._access_tokens.get()
            try:
                _xoauth2(connection, url.user, token)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                _xoauth2(connection, url.user, self._access_tokens.get(refused=token))
        elif f"{url.user}{url.password}".isascii() and "LOGINDISABLED" not in _able(connection):
            connection.login(_quoted(url.user), url.password)
        else:
            # LOGIN can only carry ASCII; RFC 4616 is in UTF-8.
            plain = f"\0{url.user}\0{url.password}".encode()
            connection.authenticate("PLAIN", lambda _: plain)

    def _connect(self) -> imaplib.IMAP4:
        url, deadline = self._url, Deadline(MOST_SECONDS, TIMEOUT_SECONDS, self._tick)
        if url.scheme == "imaps":
            return BoundedSecureImap(
                deadline, url.host, url.port or 993, ssl_context=self._tls, timeout=TIMEOUT_SECONDS
            )
        connection = BoundedImap(deadline, url.host, url.port or 143, timeout=TIMEOUT_SECONDS)
        if url.host not in LOCAL:
            connection.starttls(self._tls)
        return connection


def _search(connection: imaplib.IMAP4, *, keywords: bool) -> list[str]:
    """Returns UIDs of messages that are not marked, oldest first."""
    found = _checked(connection.uid("SEARCH", *(("UNKEYWORD", MARK) if keywords else ("UNSEEN",))))
    text = found[0].decode("ascii") if found and isinstance(found[0], bytes) else ""
    return sorted(filter(_UID.fullmatch, text.split()), key=int)


def _able(connection: imaplib.IMAP4) -> tuple[str, ...]:
    return tuple(connection.capabilities)


def _xoauth2(connection: imaplib.IMAP4, user: str, token: str) -> None:
    """Authenticates; a refusal comes as a challenge, which gets an empty answer."""
    answers = iter((xoauth2(user, token),))
    connection.authenticate("XOAUTH2", lambda _: next(answers, b""))


def _fetch(connection: imaplib.IMAP4, uid: str) -> bytes | None:
    """Fetches the message without marking it as seen; None if it is gone or can't be read."""
    try:
        status, data = connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)")
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        status, data = "BAD", []
    if status != "OK":
        log.warning("inbound message %s can't be fetched", uid)
        return None
    for one in data:
        if isinstance(one, tuple) and _is_about(one[0], uid):
            body: bytes = one[1]
            return body
    return None


def _is_about(head: bytes, uid: str) -> bool:
    """Returns False where the server tells, unasked, of another message."""
    stated = _STATED_UID.search(head)
    return stated is None or stated[1] == uid.encode()


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        words = data[0] if data and isinstance(data[0], bytes) else b"no reason given"
        raise imaplib.IMAP4.error(words.decode("utf-8", "replace"))
    return data


def _reason(error: Exception) -> str:
    """Returns the error on one line; a refusal comes as the bytes of the server's answer."""
    told = error.args[0] if error.args else ""
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error)
    line = next(iter(text[: 4 * MAX_REASON].splitlines()), "") or type(error).__name__
    return "".join(char if char.isprintable() else " " for char in line)[:MAX_REASON]


def _folder_response(connection: imaplib.IMAP4, name: str) -> str:
    """Returns what the server said of the folder as it was selected."""
    data = connection.response(name)[1]
    last = data[-1] if data else b""
    return last.decode("ascii", "replace") if isinstance(last, bytes) else ""


def _number(text: str) -> str:
    """Returns the number that a folder's validity is; nothing for what is none."""
    found = _UID.fullmatch(text.strip())
    return found[0] if found else ""


def _leave(connection: imaplib.IMAP4) -> None:
    try:
        connection.logout()
    except (imaplib.IMAP4.error, OSError):
        connection.shutdown()


def _quoted(name: str) -> str:
    """Returns a quoted string (RFC 3501 section 9), for names already in the server's spelling."""
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
