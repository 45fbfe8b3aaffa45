"""A Postfix of our own: its own configuration, queue and log, on free ports of 127.0.0.1.

It relays whatever it takes to `Exchange`, a recording server that stands for everybody's. Nothing
leaves the machine. Postfix insists on being started by root.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.parts.servers.ports import closed_port
from tests.parts.servers.smtp_server import SmtpServer

BODY_TIMEOUT = 60.0
ROOM = 64 * 1024 * 1024
"""Bytes that a queue of the tests may take."""
OFFERS = {
    "chunks": "",
    "groups": "chunking",
    "plain": "chunking, pipelining",
}
"""By how its client then talks to it: the EHLO keywords that a port of its keeps to itself."""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail
maillog_file_prefixes = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
alias_database =
biff = no
default_transport = smtp:[127.0.0.1]:{exchange}
in_flow_delay = 0
"""
# Nothing is chrooted ("n" in the fifth column), since a chroot would need files of the system's.
MASTER = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixError(Exception):
    """It does not start; the message says what it said."""


@dataclass
class Exchange(SmtpServer):
    """Records what Postfix passes on, and can be waited for."""

    changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        reply = await super().handle_DATA(server, session, envelope)
        with self.changed:
            self.changed.notify_all()
        return reply

    def wait_for(self, count: int, body_timeout: float = BODY_TIMEOUT) -> bool:
        """Whether so many messages are there within `body_timeout` seconds."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.received) >= count, body_timeout)


class Postfix:
    """Running inside a with-block; `ports` by how its client is made to talk."""

    def __init__(self, settings: str = "") -> None:
        self.settings = settings
        self.exchange = Exchange()
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        with self._stack as stack:
            stack.enter_context(self.exchange)
            self._folder = Path(tempfile.mkdtemp(prefix="postfix-", dir=_quick_disk()))
            stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._lay_out()
            self._start()
            stack.callback(self._command, "abort")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def port(self) -> int:
        """The port on which it offers all that it can."""
        return self.ports["chunks"]

    @property
    def recipients(self) -> list[str]:
        """The recipients of the messages that it has passed on."""
        return self.exchange.recipients

    @property
    def taken(self) -> int:
        """Messages that it has accepted from a client, by its own log."""
        return self.log().count(": client=")

    def kill(self) -> None:
        """End all its processes at once, without a word to anybody."""
        self._command("abort")

    def log(self) -> str:
        path = self._folder / "log" / "mail"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _lay_out(self) -> None:
        self._folder.chmod(0o755)  # its processes run under users of their own
        for name in ("conf", "queue", "data", "log"):
            (self._folder / name).mkdir(mode=0o755)
        shutil.chown(self._folder / "data", "postfix")
        main = MAIN.format(folder=self._folder, exchange=self.exchange.port)
        main += self.settings
        (self._folder / "conf" / "main.cf").write_text(main)

    def _start(self) -> None:
        self.ports = dict(zip(OFFERS, self._hold_ports(), strict=True))
        lines = [
            f"127.0.0.1:{self.ports[style]} inet n - n - - smtpd\n"
            f"  -o {{ smtpd_discard_ehlo_keywords = {hidden} }}\n"
            for style, hidden in OFFERS.items()
        ]
        (self._folder / "conf" / "master.cf").write_text(MASTER + "".join(lines))
        done = self._command("start")
        if done.returncode != 0:
            said = (done.stderr + self.log()).strip()
            raise PostfixError(said.splitlines()[-1] if said else "it said nothing")

    def _hold_ports(self) -> list[int]:
        held = [self._stack.enter_context(closed_port()) for _ in OFFERS]
        return [one.getsockname()[1] for one in held]

    def _command(self, verb: str) -> subprocess.CompletedProcess[str]:
        # Without a terminal or a pipe of ours, which its processes would hold open.
        return subprocess.run(
            [executable() or "postfix", "-c", str(self._folder / "conf"), verb],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=BODY_TIMEOUT,
        )


def _quick_disk() -> str | None:
    """A folder in memory, if there is room: Postfix waits for the disk twice a message."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    return str(memory) if has_room and os.access(memory, os.W_OK) else None


def executable() -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("postfix", path=path)


def hindrance() -> str:
    """Why Postfix can't run here; empty where it can."""
    if executable() is None:
        return "no Postfix on this machine; install one, for example: apt-get install postfix"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "Postfix has to be started by root"
    return ""
