"""An IMAP server on 127.0.0.1 over real sockets: one account, one folder, as RFC 3501 has it.

It does what a reader of a mailbox needs (LOGIN, SELECT, UID SEARCH, UID FETCH, UID STORE) and
answers BAD to whatever else is asked, so that nothing can be deleted unseen.
"""

import base64
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from typing import Self

USER, PASSWORD = "bounces@d.example", 'pa ss"word'


@dataclass
class Stored:
    """A letter; `flags` as the server tells them."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    """`keywords` off: a server that knows no flags but its own. `log` has every command."""

    keywords: bool = True
    password: str = PASSWORD
    folder: str = "INBOX"
    """As it goes over the wire."""
    access_token: str = ""
    """If set, nothing else is taken (XOAUTH2), as Microsoft 365 and Google do."""
    unreadable: int = 0
    """The number of a letter that can't be fetched."""
    validity: int = 7
    tls: ssl.SSLContext | None = None
    letters: list[Stored] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    port: int = 0

    def put(self, raw: bytes, *flags: str) -> Stored:
        letter = Stored(len(self.letters) + 1, raw, set(flags))
        self.letters.append(letter)
        return letter

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"imap": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is no news."""


class _Handler(socketserver.StreamRequestHandler):
    imap: ImapServer

    def setup(self) -> None:
        if self.imap.tls:
            self.request = self.imap.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self.user, self.folder = False, False
        self._say("* OK [CAPABILITY IMAP4rev1] ready")
        while line := self.rfile.readline():
            tag, _, command = line.decode().rstrip("\r\n").partition(" ")
            self.imap.log.append(command)
            try:
                if self._answer(tag, command):
                    return
            except (LookupError, ValueError):
                self._say(f"{tag} BAD can't parse that")

    def _answer(self, tag: str, command: str) -> bool:
        verb, _, rest = command.partition(" ")
        match verb.upper():
            case "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2")
            case "AUTHENTICATE":
                if not self._authenticate(rest):
                    self._say(f"{tag} NO [AUTHENTICATIONFAILED] refused")
                    return False
                self.user = True
            case "LOGIN" if not self.imap.access_token:
                user, secret = USER, self.imap.password.replace('"', r"\"")
                if rest.replace('"' + user + '"', user) != f'{user} "{secret}"':
                    self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong user or password")
                    return False
                self.user = True
            case "SELECT" if self.user:
                if rest.strip('"') != self.imap.folder:
                    self._say(f"{tag} NO no such folder")
                    return False
                self._select()
            case "UID" if self.folder:
                self._uid(rest)
            case "LOGOUT":
                self._say("* BYE")
                self._say(f"{tag} OK")
                return True
            case _:
                self._say(f"{tag} BAD not here, or not now")
                return False
        self._say(f"{tag} OK done")
        return False

    def _authenticate(self, mechanism: str) -> bool:
        """SASL PLAIN (RFC 4616), or XOAUTH2, where a refusal is a challenge to be answered."""
        self._say("+ ")
        answer = base64.b64decode(self.rfile.readline()).decode()
        if mechanism == "PLAIN" and not self.imap.access_token:
            return answer == f"\0{USER}\0{self.imap.password}"
        right = f"user={USER}\x01auth=Bearer {self.imap.access_token}\x01\x01"
        if mechanism == "XOAUTH2" and answer == right:
            return True
        self._say("+ " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode())
        self.imap.log.append(f"after the challenge: {self.rfile.readline()!r}")
        return False

    def _select(self) -> None:
        self.folder = True
        own = r"\Answered \Flagged \Deleted \Seen \Draft"
        self._say(f"* FLAGS ({own})")
        kept = own + r" \*" if self.imap.keywords else own
        self._say(f"* OK [PERMANENTFLAGS ({kept})] limited")
        self._say(f"* {len(self.imap.letters)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.imap.validity}] valid")

    def _uid(self, rest: str) -> None:
        verb, _, more = rest.partition(" ")
        if verb.upper() == "SEARCH":
            self._search(more)
        elif verb.upper() == "FETCH":
            if more.startswith(f"{self.imap.unreadable} "):
                raise LookupError
            uid, wanted = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", more).groups()  # type: ignore[union-attr]
            for place, letter in enumerate(self.imap.letters, 1):
                if letter.uid == int(uid):
                    raw = letter.raw[: int(wanted)]
                    self._say(f"* {place} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}")
                    self.wfile.write(raw + b")\r\n")
        elif verb.upper() == "STORE":
            uids, flags = re.fullmatch(r"([\d,]+) \+FLAGS\.SILENT \((.*)\)", more).groups()  # type: ignore[union-attr]
            for letter in self.imap.letters:
                if str(letter.uid) in uids.split(","):
                    self._flag(letter, flags.split())
        else:
            raise ValueError(verb)

    def _flag(self, letter: Stored, flags: list[str]) -> None:
        """Keywords are not kept where the folder takes none."""
        letter.flags |= {one for one in flags if one.startswith("\\") or self.imap.keywords}

    def _search(self, criterion: str) -> None:
        if criterion == "UNSEEN":
            unwanted = r"\Seen"
        else:
            unwanted = re.fullmatch(r"UNKEYWORD (\S+)", criterion)[1]  # type: ignore[index]
        found = [str(one.uid) for one in self.imap.letters if unwanted not in one.flags]
        self._say(" ".join(["* SEARCH", *found]))

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
