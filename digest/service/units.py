"""Writes systemd units: one for `digest serve`, or one each for web, worker and scheduler.

Sources: systemd.service(5), systemd.exec(5); `systemd-analyze security` rates the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from store.errors import UserError

STOP_SECONDS = 90
"""SIGTERM finishes the batch in hand, and requests that are open."""


class ServiceError(UserError):
    """There can be no unit for this program."""


class Scope(StrEnum):
    """Whose service it is: the machine's, or the user's own."""

    SYSTEM = "system"
    USER = "user"


class Part(StrEnum):
    """What a unit runs."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"


DESCRIPTIONS: Mapping[Part, str] = {
    Part.SERVE: "Newsletter digest: web, scheduler and worker",
    Part.WEB: "Newsletter digest: public pages",
    Part.WORKER: "Newsletter digest: sends mail",
    Part.SCHEDULER: "Newsletter digest: drafts what is due",
}

_SYSTEM = """\
User=digest
Group=digest
ProtectHome=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectProc=invisible
CapabilityBoundingSet=
"""
_HARDENING = """\
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectControlGroups=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RemoveIPC=yes
PrivateMounts=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit file: its name, and its text."""

    name: str
    text: str


def unit(part: Part, scope: Scope, program: Path, arguments: str = "") -> Unit:
    """Return the unit that runs `program PART`, with data and `.env` in systemd's state directory.

    `arguments` are added to the command, like `--port 8000`. Raises ServiceError.
    """
    command = " ".join(filter(None, [_quoted(program), part, arguments]))
    wanted_by = "multi-user.target" if scope is Scope.SYSTEM else "default.target"
    text = (
        "[Unit]\n"
        f"Description={DESCRIPTIONS[part]}\n"
        "Wants=network-online.target\n"
        "After=network-online.target postgresql.service\n"
        "StartLimitIntervalSec=0\n"
        "\n"
        "[Service]\n"
        "Type=notify\n"
        f"ExecStart={command}\n"
        "Restart=on-failure\n"
        "RestartSec=5\n"
        f"TimeoutStopSec={STOP_SECONDS}\n"
        "StateDirectory=digest\n"
        "StateDirectoryMode=0700\n"
        "WorkingDirectory=%S/digest\n"
        # What the program does not read itself, such as FORWARDED_ALLOW_IPS, stands there too.
        "EnvironmentFile=-%S/digest/.env\n"
        f"{_SYSTEM if scope is Scope.SYSTEM else ''}"
        f"{_HARDENING}"
        "\n"
        "[Install]\n"
        f"WantedBy={wanted_by}\n"
    )
    return Unit(f"{unit_name(part)}.service", text)


def unit_name(part: Part) -> str:
    """Return a unit's name without its ending: `digest`, `digest-web`."""
    return "digest" if part is Part.SERVE else f"digest-{part}"


def state_folder(scope: Scope, home: Path) -> Path:
    """Return the folder that holds the database and `.env`: what `%S/digest` stands for."""
    return Path("/var/lib/digest") if scope is Scope.SYSTEM else home / ".local/state/digest"


def folder_of(scope: Scope, home: Path) -> Path:
    """Return where systemd looks for an administrator's units, or for a user's own."""
    if scope is Scope.SYSTEM:
        return Path("/etc/systemd/system")
    return home / ".config/systemd/user"


def _quoted(program: Path) -> str:
    """Return a path as ExecStart reads it: quoted, with `%` doubled. Raises ServiceError."""
    text = str(program)
    if any(one in text for one in "\"'\\\n"):
        msg = f"systemd starts no program under {text!r}; install it in a folder without quotes"
        raise ServiceError(msg)
    return '"' + text.replace("%", "%%") + '"'
