"""A scripted SMTP server on 127.0.0.1 that takes commands in groups, and misbehaves on request."""

import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

STYLES = {
    "BDAT": {"chunking": True},
    "DATA": {"chunking": False},
    "plain": {"chunking": False, "pipelining": False},
}
"""In which way it can be talked to."""


class _HungUpError(Exception):
    """The server ends this connection."""


@dataclass
class ScriptedRefusal:
    """What is answered instead of yes at `stage` (CONNECT, EHLO, RSET, MAIL, RCPT, DATA, BODY).

    From the message on that comes after `after` were accepted in all, or after `per_connection` on
    one connection; only for recipients that `only` matches. With `close` the server hangs up after
    it, with `times` only so often. `{recipient}` in the reply stands for the address.
    """

    stage: str
    reply: str
    after: int = 0
    per_connection: int = 0
    only: str = ""
    close: bool = False
    times: int | None = None


@dataclass
class PipeliningServer:
    """Replies are by recipient.

    `lie` is what it does with a group: `forget` all but the first command, or answer `503` to the
    rest. `single_octets` sends replies octet by octet; `multiline` makes each reply three lines.
    With `once` what happens to a recipient happens at the first try only. `greetings` are for
    the first connections; an empty one hangs up without a word.
    """

    tls: ssl.SSLContext | None = None
    pipelining: bool = True
    chunking: bool = True
    once: bool = False
    greetings: list[str] = field(default_factory=list)
    lie: str | None = None
    single_octets: bool = False
    multiline: bool = False
    rcpt_replies: dict[str, str] = field(default_factory=dict)
    data_replies: dict[str, str] = field(default_factory=dict)
    body_replies: dict[str, str] = field(default_factory=dict)
    mail_reply: str = "250 2.1.0 OK"
    drop_in_body: set[str] = field(default_factory=set)
    drop_before_reply: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    """Whose RCPT is never answered; `silent`, whose body."""
    mail_waits: threading.Event | None = None
    """If set, MAIL is answered once it is."""
    answers: int | None = None
    """How many bodies it takes and answers; after those it reads on, and says nothing more."""
    quit_waits: threading.Event | None = None
    """If set, QUIT is answered once it is."""
    messages_per_connection: int = 1_000_000
    faults: list[ScriptedRefusal] = field(default_factory=list)
    size: int | None = None
    """What EHLO offers as the largest message (RFC 1870)."""
    errors_per_connection: int = 1_000_000
    """Commands out of sequence after which it hangs up, as Exim does after three."""

    received: list[tuple[str, bytes]] = field(default_factory=list)
    replied: list[str] = field(default_factory=list)
    """Whose body was answered."""
    verbs: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            sock.close()

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.received]

    def reply(self, replies: dict[str, str], recipient: str, usual: str) -> str:
        return (replies.pop if self.once else replies.get)(recipient, usual)

    def is_hit(self, victims: set[str], recipient: str) -> bool:
        hit = recipient in victims
        if hit and self.once:
            victims.discard(recipient)
        return hit

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            self.connections += 1
            threading.Thread(target=_Talk(self, sock).run, daemon=True).start()


class _Talk:
    def __init__(self, script: PipeliningServer, sock: socket.socket) -> None:
        self.script, self.sock = script, sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.out = b"", b""
        self.recipient, self.sender, self.count, self.errors = "", False, 0, 0
        self.is_quiet = False

    def run(self) -> None:
        try:
            self.greet()
            if self.script.tls:
                self.sock = self.script.tls.wrap_socket(self.sock, server_side=True)
            while True:
                self.command(self.line())
        except (_HungUpError, OSError):
            with self.sock, suppress(_HungUpError, OSError):
                self.flush()

    def fails(self, stage: str, recipient: str = "") -> bool:
        """Answers as a fault says; False if none applies."""
        for fault in self.script.faults:
            if (
                fault.stage == stage
                and len(self.script.received) >= fault.after
                and self.count >= fault.per_connection
                and re.search(fault.only, recipient)
                and fault.times != 0
            ):
                if fault.times:
                    fault.times -= 1
                self.say(fault.reply.replace("{recipient}", recipient))
                if fault.close:
                    raise _HungUpError
                return True
        return False

    def out_of_sequence(self, reply: str) -> None:
        self.errors += 1
        self.say(reply)
        if self.errors > self.script.errors_per_connection:
            raise _HungUpError

    def greet(self) -> None:
        if self.fails("CONNECT"):
            raise _HungUpError
        greetings = self.script.greetings
        greeting = greetings.pop(0) if greetings else "220 mx.test"
        if greeting:
            self.say(greeting)
        if not greeting.startswith("220"):
            raise _HungUpError

    def more(self) -> None:
        self.flush()
        data = self.sock.recv(65_536)
        if not data:
            raise _HungUpError
        self.data += data

    def line(self) -> str:
        while b"\r\n" not in self.data:
            self.more()
        line, _, self.data = self.data.partition(b"\r\n")
        return line.decode()

    def say(self, reply: str) -> None:
        code, text = reply[:3], reply[4:]
        if self.script.multiline and code != "220":
            reply = f"{code}-{text}\r\n{code}-{text}\r\n{code} {text}"
        self.out += reply.encode() + b"\r\n"

    def flush(self) -> None:
        """Replies to a whole group leave in one packet."""
        if self.is_quiet:
            return
        out, self.out = self.out, b""
        try:
            for piece in (
                [out[n : n + 1] for n in range(len(out))] if self.script.single_octets else [out]
            ):
                self.sock.sendall(piece)
        except OSError:
            raise _HungUpError from None

    def command(self, line: str) -> None:
        script = self.script
        verb = line.split(" ", maxsplit=1)[0].upper()
        script.verbs.append(verb)
        if verb == "EHLO":
            if self.fails("EHLO"):
                raise _HungUpError
            extra = "250-CHUNKING\r\n" if script.chunking else ""
            extra += "250-PIPELINING\r\n" if script.pipelining else ""
            extra += f"250-SIZE {script.size}\r\n" if script.size else ""
            self.out += f"250-mx.test\r\n{extra}250 8BITMIME\r\n".encode()
        elif verb == "MAIL":
            self.mail()
        elif verb == "RCPT":
            self.rcpt(line)
        elif verb == "DATA":
            self.body_by_data()
        elif verb == "BDAT":
            self.body_by_chunk(int(line.split(" ")[1]))
        elif verb == "RSET":
            if not self.fails("RSET"):
                self.end()
                self.say("250 OK")
        else:
            self.others(verb)

    def others(self, verb: str) -> None:
        if verb == "NOOP":
            self.say("250 OK")
            return
        if verb == "QUIT" and self.script.quit_waits:
            self.script.quit_waits.wait()
        self.say("221 Bye" if verb == "QUIT" else "500 5.5.1 What?")

    def end(self) -> None:
        self.recipient, self.sender = "", False

    def mail(self) -> None:
        if self.script.mail_waits:
            self.flush()
            self.script.mail_waits.wait()
        if self.count >= self.script.messages_per_connection:
            self.say("421 4.7.0 Enough for one connection")
            raise _HungUpError
        if self.sender:
            self.out_of_sequence("503 5.5.1 Nested MAIL")
            return
        if self.fails("MAIL"):
            return
        self.sender = self.script.mail_reply.startswith("2")
        self.say(self.script.mail_reply)
        if self.script.lie and self.data:
            if self.script.lie == "503":
                self.out += b"503 5.5.1 Not so fast\r\n" * self.data.count(b"\r\n")
            self.data = b""

    def rcpt(self, line: str) -> None:
        found = re.search("<(.*?)>", line)
        assert found
        if self.script.is_hit(self.script.mute, found[1]):
            self.stall()
        if self.sender and self.fails("RCPT", found[1]):
            return
        reply = self.script.reply(self.script.rcpt_replies, found[1], "250 2.1.5 OK")
        self.recipient = found[1] if self.sender and reply.startswith("2") else ""
        self.say(reply if self.sender else "503 5.5.1 MAIL first")

    def body_by_data(self) -> None:
        recipient = self.recipient
        reply = self.script.reply(self.script.data_replies, recipient, "354 Go")
        if not recipient and "" not in self.script.data_replies:
            reply = "554 5.5.1 No valid recipients"
        elif self.fails("DATA", recipient):
            return
        self.say(reply)
        if not reply.startswith("354"):
            return
        body = b""
        while not body.endswith(b"\r\n.\r\n") and body != b".\r\n":
            body += self.line().encode() + b"\r\n"
            if self.script.is_hit(self.script.drop_in_body, recipient):
                raise _HungUpError
        self.take(recipient, body[:-3].replace(b"\r\n..", b"\r\n."))

    def body_by_chunk(self, size: int) -> None:
        if self.script.is_hit(self.script.drop_in_body, self.recipient):
            raise _HungUpError
        while len(self.data) < size:
            self.more()
        body, self.data = self.data[:size], self.data[size:]
        self.take(self.recipient, body)

    def take(self, recipient: str, body: bytes) -> None:
        self.end()
        if not recipient:
            self.out_of_sequence("503 5.5.1 No valid recipients")
            return
        if self.fails("BODY", recipient):
            return
        reply = self.script.reply(self.script.body_replies, recipient, "250 2.0.0 OK")
        if reply.startswith("2"):
            if self.script.answers is not None and len(self.script.replied) >= self.script.answers:
                self.flush()
                self.is_quiet = True
            else:
                self.script.replied.append(recipient)
            self.script.received.append((recipient, body))
            self.count += 1
        if self.script.is_hit(self.script.drop_before_reply, recipient):
            raise _HungUpError
        if self.script.is_hit(self.script.silent, recipient):
            self.stall()
        self.say(reply)

    def stall(self) -> None:
        """Says nothing more, and listens until the client hangs up."""
        self.flush()
        while self.sock.recv(65_536):
            pass
        raise _HungUpError
