"""A disk of a few megabytes for one process: a tmpfs in a mount namespace of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.parts.servers.machine import without

MEGABYTES = 24


def _can_be_had() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def start_on_small_disk(
    command: list[str], settings: dict[str, str], folder: Path
) -> subprocess.Popen[str]:
    """Starts `digest` with a small disk mounted on `folder`, which is empty there."""
    if not _can_be_had():
        without("needs unshare and tmpfs, as Linux gives them to users")
    script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && cd "$2" && shift 2 && exec "$@"'
    return subprocess.Popen(
        [
            "unshare", "-rm", "sh", "-c", script, "sh", f"{MEGABYTES}m", str(folder),
            sys.executable, "-m", "digest", *command,
        ],
        env=settings,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def seen_by(process: subprocess.Popen[str], path: Path) -> Path:
    """The same file as the process sees it."""
    return Path(f"/proc/{process.pid}/root{path}")
