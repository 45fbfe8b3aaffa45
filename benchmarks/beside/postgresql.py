"""A PostgreSQL of its own for both: fsync on, all else as it comes.

listmonk needs the extension pgcrypto, which the wheel that our tests run on has not: the server
is taken from an installed PostgreSQL (its packages carry it).
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from store.errors import UserError

USER = "postgres"
STARTING = 60.0
"""The most seconds that it may take until it answers."""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    postmaster: int

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str) -> str:
        """Create an empty database; return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)


def binaries(given: Path | None) -> Path:
    """Return the folder of an installed PostgreSQL's programs, the newest where none is given."""
    if given:
        if not (given / "initdb").exists():
            raise UserError(f"{given} holds no initdb: name the folder of PostgreSQL's programs")
        return given
    found = sorted(
        (one for one in Path("/usr/lib/postgresql").glob("*/bin") if (one / "initdb").exists()),
        key=lambda one: int(one.parent.name),
    )
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise UserError(
            "no PostgreSQL is installed; install one, or name its programs with --postgresql BIN"
        )
    return found[-1] if found else Path(str(on_path)).resolve().parent


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[Server]:
    """Make a cluster in `folder` and run it; a superuser gives it to the user nobody."""
    data, user = folder / "data", "nobody" if os.geteuid() == 0 else None
    data.mkdir(mode=0o700)
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
        folder.chmod(0o755)
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        USER,
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    done = subprocess.run(initdb, user=user, cwd=data, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"initdb failed: {done.stderr.strip()}")
    port = free_port()
    command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), "-k", data]
    process = subprocess.Popen(
        command, user=user, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        server = Server(port, process.pid)
        _wait_for(server)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(server: Server) -> None:
    until = time.monotonic() + STARTING
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
