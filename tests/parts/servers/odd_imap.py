"""An IMAP server on 127.0.0.1 that misbehaves: it says what a test wrote down, in that order.

It reads one command, finds a rule whose word stands in it, and writes the rule's bytes, with the
command's tag for TAG. It closes the connection where they end with CLOSE.
"""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[str], bytes]
USUAL: Mapping[str, Answer] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
    "LOGIN": b"TAG OK done\r\n",
    "SELECT": b"* OK [PERMANENTFLAGS (\\*)] x\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK done\r\n",
    "SEARCH": b"* SEARCH 1 2 3\r\nTAG OK done\r\n",
    "STORE": b"TAG OK done\r\n",
    "LOGOUT": b"* BYE\r\nTAG OK done\r\n",
}
CLOSE = b"CLOSE"
LETTER = b"Subject: hello\r\n\r\nHello.\r\n"


def fetched(uid: str, raw: bytes = LETTER) -> bytes:
    return b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n%s)\r\nTAG OK done\r\n" % (
        uid.encode(),
        len(raw),
        raw,
    )


@dataclass
class OddImap:
    """`rules` come before the usual ones; `log` has every command."""

    rules: Mapping[str, Answer]
    greeting: bytes = b"* OK ready\r\n"
    log: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, command: str) -> bytes:
        for word, answer in {**USUAL, **self.rules}.items():
            if word in command:
                return answer(command) if callable(answer) else answer
        return b"TAG BAD\r\n"


@contextmanager
def odd_imap(rules: Mapping[str, Answer], greeting: bytes = b"* OK ready\r\n") -> Iterator[OddImap]:
    """Run the server."""
    imap = OddImap(rules, greeting)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(imap.greeting)
            while line := self.rfile.readline():
                tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
                imap.log.append(command)
                answer = imap.answer(command)
                self.wfile.write(answer.removesuffix(CLOSE).replace(b"TAG", tag.encode()))
                if answer.endswith(CLOSE):
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        imap.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield imap
        finally:
            server.shutdown()
            thread.join()
