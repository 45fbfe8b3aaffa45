"""Real processes of the product over a database and a recording server: watched and killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import SECRET

ROOT = Path(__file__).resolve().parents[3]
BOUND = 120
"""Seconds in which a process has to come to an end; only a hang reaches it."""


def environment(database_url: str, port: int) -> dict[str, str]:
    """Settings for a sender over a server at `port`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "DIGEST_DATABASE_URL": database_url,
        "DIGEST_SECRET_KEY": SECRET,
        "DIGEST_PROVIDER": "smtp",
        "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never",
        "DIGEST_POSTAL_ADDRESS": "1 Road, Town",
        "DIGEST_SENDER": "Verdicts <digest@d.example>",
    }


def start(command: list[str], settings: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "digest", *command],
        env=settings,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Trap:
    """Signals a process once the server has taken so many messages, and has not answered the last.

    The server goes on when the signal is sent: however slow a test is, no process outruns it.
    """

    def __init__(self, server: SmtpServer, count: int) -> None:
        self._reached = threading.Event()
        self._sprung = threading.Event()
        original = server.received

        class Watched(list):  # type: ignore[type-arg]
            def append(inner, message: object) -> None:  # noqa: N805 - the list is the self here
                super().append(message)
                if len(inner) >= count:
                    self._reached.set()
                    self._sprung.wait(BOUND)

        server.received = Watched(original)

    def wait(self, process: subprocess.Popen[str]) -> None:
        """Waits until the server has taken them."""
        while not self._reached.wait(0.05):
            assert process.poll() is None, f"the sender ended early: {process.communicate()}"

    def send_signal(self, process: subprocess.Popen[str], how: signal.Signals) -> None:
        """Waits for the moment, sends the signal, and lets the server go on."""
        self.wait(process)
        process.send_signal(how)
        self._sprung.set()

    def spring(self, process: subprocess.Popen[str], how: signal.Signals) -> None:
        """Signals a process and waits for its end."""
        self.send_signal(process, how)
        process.wait(BOUND)
