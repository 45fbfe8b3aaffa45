"""A recording SMTP server on 127.0.0.1 that can be told to refuse, put off and hang up.

It is aiosmtpd, so replies, transactions, STARTTLS, AUTH and SMTPUTF8 are the real thing.
"""

import asyncio
import base64
import logging
import ssl
import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

# What it warns of, such as AUTH without TLS, is what tests ask of it; a command of the same process
# would write it to its own error stream.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Drop(Enum):
    """Where the server hangs up: before the body, in it, or with all of it read."""

    AT_RCPT = auto()
    IN_BODY = auto()
    BEFORE_REPLY = auto()


@dataclass(frozen=True, slots=True)
class Received:
    sender: str
    recipient: str
    options: tuple[str, ...]
    secured: bool
    user: str | None
    raw: bytes


@dataclass
class SmtpServer:
    """What it does is read at every command, so a test may change it in between.

    Replies are by recipient; `mail_reply` is for every sender once `mails_before` were welcome.
    `silent` recipients get no reply to the body. `users` makes it ask for AUTH.
    """

    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    smtputf8: bool = True
    users: dict[str, str] = field(default_factory=dict)
    access_token: str = ""
    """If set, nothing else is taken (XOAUTH2), as Microsoft 365 and Google do."""
    challenges: bool = True
    """Whether a token is refused by a challenge (Google), or at once (Microsoft 365)."""
    token_log: list[str] = field(default_factory=list)
    mail_reply: str | None = None
    mails_before: int = 0
    rcpt_replies: dict[str, str] = field(default_factory=dict)
    body_replies: dict[str, str] = field(default_factory=dict)
    drops: dict[str, Drop] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    put_off: bool = False
    messages_per_connection: int | None = None
    size_limit: int = 33_554_432

    received: list[Received] = field(default_factory=list)
    connections: int = 0
    mails: int = 0
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Transport] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._wait(
            self._loop.create_server(
                self._protocol, "127.0.0.1", 0, ssl=self.tls if self.implicit_tls else None
            )
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def recipients(self) -> list[str]:
        return [message.recipient for message in self.received]

    def hang_up(self) -> None:
        """Closes every connection, as servers do with idle ones; new ones are welcome."""
        self._wait(self._drop_all())

    async def _drop_all(self) -> None:
        for transport in list(self._open):
            transport.close()
        self._open.clear()

    async def _shut(self) -> None:
        self._listener.close()
        await self._drop_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def _protocol(self) -> "_Protocol":
        self.connections += 1
        return _Protocol(
            self,
            hostname="mx.test",
            loop=self._loop,
            data_size_limit=self.size_limit,
            enable_SMTPUTF8=self.smtputf8,
            tls_context=None if self.implicit_tls else self.tls,
            auth_required=bool(self.users or self.access_token),
            auth_exclude_mechanism=(["PLAIN", "LOGIN"] if self.access_token else ["XOAUTH2"]),
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    def _authenticate(self, *given: Any) -> AuthResult:
        login = given[-1]
        assert isinstance(login, LoginPassword)
        known = self.users.get(login.login.decode())
        return AuthResult(success=known == login.password.decode(), handled=False, auth_data=login)

    async def auth_XOAUTH2(self, server: "_Protocol", args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        if len(args) > 1:
            given = base64.b64decode(args[1])
        else:
            self.token_log.append("asked for the token")
            server._reader._limit = 65_536  # aiosmtpd's is for command lines
            given = await server.challenge_auth("")
        user, _, token = given.decode().strip("\x01").partition("\x01auth=Bearer ")
        self.token_log.append(token)
        if token == self.access_token:
            login = LoginPassword(user.removeprefix("user=").encode(), b"")
            return AuthResult(success=True, handled=False, auth_data=login)
        if self.challenges:
            refused = b'{"status":"400","schemes":"Bearer"}'
            self.token_log.append(repr(await server.challenge_auth(refused)))
        message = "535 5.7.3 Authentication unsuccessful"
        return AuthResult(success=False, handled=False, message=message)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: "_Protocol", _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self._open.add(server.peer_transport())
        server.messages += 1
        if self.messages_per_connection and server.messages > self.messages_per_connection:
            return "421 4.7.0 Enough for one connection"
        self.mails += 1
        if self.mail_reply and self.mails > self.mails_before:
            return self.mail_reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: "_Protocol", _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.drops.get(address) is Drop.AT_RCPT:
            server.peer_transport().abort()
        if self.put_off:
            return "451 4.3.0 Not now"
        if address in self.rcpt_replies:
            return self.rcpt_replies[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "_Protocol", session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        (recipient,) = envelope.rcpt_tos
        if recipient in self.body_replies:
            return self.body_replies[recipient]
        if recipient in self.silent:
            await asyncio.Event().wait()
        self.received.append(
            Received(
                envelope.mail_from,
                recipient,
                tuple(envelope.mail_options),
                session.ssl is not None or self.implicit_tls,
                session.auth_data.login.decode() if session.auth_data else None,
                envelope.original_content,
            )
        )
        if self.drops.get(recipient) is Drop.BEFORE_REPLY:
            server.peer_transport().abort()
        return f"250 2.0.0 OK: queued as Q{len(self.received)}"


class _Protocol(SMTP):
    """aiosmtpd's, but for a line that breaks in the body."""

    messages = 0

    def __init__(self, behaviour: SmtpServer, **options: Any) -> None:
        super().__init__(behaviour, **options)
        self._behaviour = behaviour

    def peer_transport(self) -> asyncio.Transport:
        # No property: aiosmtpd reads all of those before there is a connection.
        assert isinstance(self.transport, asyncio.Transport)
        return self.transport

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipients = self.envelope.rcpt_tos if self.envelope else []
        if recipients and self._behaviour.drops.get(recipients[0]) is Drop.IN_BODY:
            await self.push("354 Go ahead")
            await self._reader.readuntil(b"\r\n")
            self.peer_transport().abort()
            await asyncio.Event().wait()
        await super().smtp_DATA(arg)
