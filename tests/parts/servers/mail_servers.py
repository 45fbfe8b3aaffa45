"""Exim and OpenSMTPD of Debian, each in a root folder of its own, on a free port of 127.0.0.1.

Debian lets no two mail servers be installed side by side, so `.ci/run` unpacks their packages under
`var/mail-servers`. Both insist on users of their own and on fixed paths, so each runs under chroot
in a temporary folder that holds its programs, their libraries and what it writes. Needs root;
nothing leaves the machine.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.parts.servers.ports import closed_port

UNPACKED = Path(
    os.environ.get("DIGEST_TESTS_MAIL_SERVERS")
    or Path(__file__).parents[3] / "var" / "mail-servers"
)
USERS = ("Debian-exim", "opensmtpd", "opensmtpq", "nobody")
START_SECONDS = 30.0
_LIBRARY = re.compile(r"(/\S+) \(0x")
_MISSING = re.compile(r"(\S+) => not found")

EXIM = """\
spool_directory = /spool
log_file_path = /log/%s
pid_file_path = /log/pid
primary_hostname = relay.test
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = Debian-exim
exim_group = Debian-exim
host_lookup =
rfc1413_hosts =
chunking_advertise_hosts = *
tls_advertise_hosts =
keep_environment =
message_logs = false
smtp_accept_max = 20

smtp_accept_queue_per_connection = 0
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
{settings}
begin acl
acl_mail:
{mail}
  accept
acl_rcpt:
{rcpt}
  accept
acl_data:
  warn
    logwrite = TAKEN $recipients
  accept
begin routers
all:
  driver = redirect
  data = :blackhole:
  allow_filter = false
begin transports
begin retry
begin rewrite
begin authenticators
"""
OPENSMTPD = """\
{settings}
listen on 127.0.0.1 port {port} hostname relay.test{options}
action "away" relay host smtp://127.0.0.1:9
{rules}
match from any for any action "away"
"""


def hindrance(program: str) -> str:
    """Why it can't run here; empty where it can."""
    if not (UNPACKED / "usr" / "sbin" / program).exists():
        return f"no {program} under {UNPACKED}; .ci/run shows how to unpack one"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return f"{program} has to be started by root"
    return ""


@dataclass
class MailServer(ABC):
    """Running inside a with-block on `port`. `settings` are lines of its configuration."""

    settings: str = ""
    port: int = 0
    folder: Path = field(default_factory=Path)
    program = ""

    def __enter__(self) -> Self:
        self._held = closed_port()
        self.port = self._held.getsockname()[1]
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.program}-"))
        try:
            self._lay_out()
            self.process = subprocess.Popen(
                [*self._prefix(), str(self.folder), *self._command()],
                stdin=subprocess.DEVNULL,
                stdout=(self.folder / "output").open("wb"),
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/sbin:/usr/bin"},
                start_new_session=True,
            )
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = getattr(self, "process", None)
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
        self._held.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prefix(self) -> list[str]:
        """What starts a command in the root folder that follows."""
        return [shutil.which("chroot") or "/usr/sbin/chroot"]

    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")

    def kill(self) -> None:
        """End all its processes at once, without a word to anybody."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)

    @abstractmethod
    def taken(self) -> list[str]:
        """The recipients of every message that it took, by its own log."""

    @property
    def recipients(self) -> list[str]:
        return self.taken()

    @abstractmethod
    def _command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def _configure(self) -> None:
        """Write its configuration into `folder`."""

    def _lay_out(self) -> None:
        self.folder.chmod(0o755)
        for name in ("etc", "dev", "tmp", "log", "spool", "usr/lib", "usr/sbin", "usr/bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").chmod(0o1777)
        lines = [
            f"{name}:x:{900 + place}:{900 + place}::/:/bin/false"
            for place, name in enumerate(USERS)
        ]
        (self.folder / "etc/passwd").write_text(
            "\n".join(["root:x:0:0:root:/:/bin/false", *lines]) + "\n"
        )
        groups = [f"{name}:x:{900 + place}:" for place, name in enumerate(USERS)]
        (self.folder / "etc/group").write_text("\n".join(["root:x:0:", *groups]) + "\n")
        (self.folder / "etc/hosts").write_text("127.0.0.1 localhost relay.test\n")
        (self.folder / "etc/mailname").write_text("relay.test\n")
        (self.folder / "etc/nsswitch.conf").write_text(
            "passwd: files\ngroup: files\nhosts: files\n"
        )
        for name, minor in (("null", 3), ("urandom", 9)):
            os.mknod(self.folder / "dev" / name, 0o020666, os.makedev(1, minor))
            (self.folder / "dev" / name).chmod(0o666)
        self._install(UNPACKED / "usr/sbin" / self.program)
        self._configure()

    def _install(self, program: Path) -> None:
        """Copy a program, with every library that it needs, to where it is under `UNPACKED`."""
        target = self.folder / program.relative_to(UNPACKED)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, target)
        folders = {str(one.parent) for one in UNPACKED.rglob("*.so*")}
        said = subprocess.run(
            ["/usr/bin/ldd", str(program)],
            capture_output=True,
            text=True,
            check=False,
            env={"LD_LIBRARY_PATH": ":".join(sorted(folders))},
        ).stdout
        if missing := _MISSING.findall(said):
            msg = f"{program} lacks {', '.join(missing)}"
            raise FileNotFoundError(msg)
        for name in _LIBRARY.findall(said):
            place = self.folder / ("lib64" if "ld-linux" in name else "usr/lib")
            place.mkdir(exist_ok=True)
            if "ld-linux" in name and not name.startswith("/lib64"):
                place = self.folder / Path(name).parent.relative_to("/")
                place.mkdir(parents=True, exist_ok=True)
            if not (place / Path(name).name).exists():
                shutil.copy(name, place)

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as made:
                if made.recv(4) == b"220 ":
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)  # until another program listens, nothing tells
        msg = f"{self.program} does not start: {self.output()}"
        raise RuntimeError(msg)


@dataclass
class Exim(MailServer):
    """Takes what `mail` and `rcpt`, lines of its access control lists, don't refuse."""

    mail: str = ""
    rcpt: str = ""
    program = "exim4"

    def taken(self) -> list[str]:
        log = (self.folder / "log/main").read_text(errors="replace")
        return re.findall(r" TAKEN (\S+)", log)

    def _command(self) -> list[str]:
        return ["/usr/sbin/exim4", "-C", "/etc/exim.conf", "-bdf", "-q1d"]

    def _configure(self) -> None:
        for name in ("spool", "log"):
            os.chown(self.folder / name, 900, 900)
        (self.folder / "etc/exim.conf").write_text(
            EXIM.format(port=self.port, settings=self.settings, mail=self.mail, rcpt=self.rcpt)
        )


@dataclass
class OpenSmtpd(MailServer):
    """Takes all that `rules` don't reject, and tries in vain to pass it on.

    Its queue lies on a disk of `megabytes` of its own, where that is told.
    """

    rules: str = ""
    options: str = ""
    megabytes: int = 0
    program = "smtpd"

    def taken(self) -> list[str]:
        return re.findall(r"smtp envelope evpid=\w+ from=<[^>]*> to=<([^>]+)>", self.output())

    def enlarge_disk(self, megabytes: int) -> None:
        """Make room on the queue's disk while the server runs."""
        space = f"remount,size={megabytes}m"
        place = str(self.folder / "var/spool")
        inside = ["nsenter", "-m", "-t", str(self.process.pid)]
        subprocess.run([*inside, "mount", "-o", space, place], check=True)

    def _prefix(self) -> list[str]:
        if not self.megabytes:
            return super()._prefix()
        # In a mount namespace of its own, so that nothing stays mounted whatever happens.
        mount = (
            'mount -t tmpfs -o "size=$1,mode=711" tmpfs "$2/var/spool" && shift && exec chroot "$@"'
        )
        return ["unshare", "-m", "sh", "-c", mount, "sh", f"{self.megabytes}m"]

    def _command(self) -> list[str]:
        return ["/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"]

    def _configure(self) -> None:
        for name in ("var/lib/opensmtpd/empty", "var/run", "run", "var/spool", "var/mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._install(UNPACKED / "usr/sbin/smtpctl")
        for one in (UNPACKED / "usr/libexec/opensmtpd").iterdir():
            self._install(one)
        (self.folder / "etc/smtpd.conf").write_text(
            OPENSMTPD.format(
                port=self.port, settings=self.settings, options=self.options, rules=self.rules
            )
        )
