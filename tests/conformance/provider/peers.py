"""Who is at the other end of each provider: real peers on this machine, behind one face."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from digest.deliver.providers.base import Provider
from digest.deliver.providers.maildir import MaildirProvider
from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.parts.servers.ports import closed_port
from tests.parts.servers.sendgrid_server import Break, SendGridServer, errors
from tests.parts.servers.smtp_server import Drop, SmtpServer
from tests.parts.world import Clock


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as its recipient has it. `headers` keeps values raw, folds and all."""

    to: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str:
        """The one header of that name."""
        (value,) = [value for key, value in self.headers if key.lower() == name.lower()]
        return value


class Peer(ABC):
    """A provider and what it talks to. `lost` is one whose peer is not there."""

    provider: Provider
    lost: Provider

    @abstractmethod
    def arrived(self) -> list[Arrived]:
        """Everything that was accepted, in order."""


class TalkingPeer(Peer):
    """A peer that answers, so that it can also answer no."""

    @abstractmethod
    def refuse(self, email: str) -> None:
        """From now on: no such address."""

    @abstractmethod
    def put_off(self) -> None:
        """From now on: not now, for everybody."""

    @abstractmethod
    def relent(self) -> None:
        """Takes everything again."""

    @abstractmethod
    def break_off_at(self, email: str) -> None:
        """The line breaks when everything about `email` has been handed over."""


class OutboxPeer(Peer):
    def __init__(self, folder: Path, clock: Clock) -> None:
        (folder / "a file").write_text("")
        self._folder = folder / "outbox"
        self.provider = MaildirProvider(self._folder, clock)
        self.lost = MaildirProvider(folder / "a file" / "outbox", clock)

    def arrived(self) -> list[Arrived]:
        return [parse(path.read_bytes()) for path in sorted((self._folder / "new").glob("*"))]


class SmtpPeer(TalkingPeer):
    def __init__(self, server: SmtpServer, dead_port: int, clock: Clock) -> None:
        self._server = server
        self.provider = SmtpProvider(
            SmtpUrl("127.0.0.1", server.port), clock, timeout=60, body_timeout=60
        )
        self.lost = SmtpProvider(
            SmtpUrl("127.0.0.1", dead_port), clock, timeout=60, body_timeout=60
        )

    def arrived(self) -> list[Arrived]:
        return [parse(message.raw) for message in self._server.received]

    def refuse(self, email: str) -> None:
        self._server.rcpt_replies[email] = f"550 5.1.1 <{email}>: no such user"

    def put_off(self) -> None:
        self._server.put_off = True

    def relent(self) -> None:
        self._server.put_off = False
        self._server.rcpt_replies.clear()
        self._server.drops.clear()

    def break_off_at(self, email: str) -> None:
        self._server.drops[email] = Drop.BEFORE_REPLY


class SendGridPeer(TalkingPeer):
    def __init__(self, server: SendGridServer, dead_port: int, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self.provider = SendGridProvider(server.key, host=server.url, timeout=60, clock=clock)
        self.lost = SendGridProvider(
            server.key, host=f"http://127.0.0.1:{dead_port}", timeout=60, clock=clock
        )

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=mail.to,
                sender=mail.sender,
                sender_name=mail.sender_name,
                reply_to=mail.reply_to,
                subject=mail.subject,
                text=mail.text,
                html=mail.html,
                headers=[*mail.headers.items()],
            )
            for mail in self._server.mails
        ]

    def refuse(self, email: str) -> None:
        self._server.invalid.add(email)

    def put_off(self) -> None:
        self._server.script.append(errors(429, ("too many requests", None)))

    def relent(self) -> None:
        self._clock.on(minutes=1)  # whoever was told 429 asks nothing before
        self._server.script.clear()
        self._server.invalid.clear()

    def break_off_at(self, email: str) -> None:
        del email  # a request is one for all of its recipients
        self._server.script.append(Break.HANG_UP)


def parse(raw: bytes) -> Arrived:
    """A message off the wire. The parts are decoded, the headers' raw text is kept as well."""
    message = message_from_bytes(raw, policy=policy.default)
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    assert bodies["plain"] is not None
    assert bodies["html"] is not None
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n ", "\n ")
    lines = [line.partition(": ")[::2] for line in head.split("\r\n")]
    return Arrived(
        to=str(message["To"]),
        sender=message["From"].addresses[0].addr_spec,
        sender_name=message["From"].addresses[0].display_name,
        reply_to=str(message["Reply-To"] or ""),
        subject=str(message["Subject"]),
        text=bodies["plain"].get_content(),
        html=bodies["html"].get_content(),
        headers=lines,
    )


@contextmanager
def outbox_peer(folder: Path, clock: Clock) -> Iterator[Peer]:
    yield OutboxPeer(folder, clock)


@contextmanager
def smtp_peer(folder: Path, clock: Clock) -> Iterator[SmtpPeer]:
    with SmtpServer() as server, closed_port() as dead:
        peer = SmtpPeer(server, dead.getsockname()[1], clock)
        yield peer
        peer.provider.close()


@contextmanager
def sendgrid_peer(folder: Path, clock: Clock) -> Iterator[SendGridPeer]:
    with SendGridServer() as server, closed_port() as dead:
        yield SendGridPeer(server, dead.getsockname()[1], clock)
