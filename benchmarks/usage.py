"""What this process has used so far."""

import os
import resource
import sys
from pathlib import Path


def cpu() -> float:
    """Seconds of processor, the kernel's for it included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak(process: int | None = None) -> float:
    """Return the most memory that this process, or another, has had at once, in MB.

    Read from /proc where there is one: getrusage counts what the parent had at the fork too.
    """
    status = Path(f"/proc/{process or os.getpid()}/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(one.split()[1]) for one in lines if one.startswith("VmHWM:")) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
