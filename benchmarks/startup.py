"""What a command that only reads costs, beside importing the ORM that it reads with.

    python -m benchmarks.startup [RUNS]

Makes a draft from the sample comparisons in a folder of its own, then runs each command so many
times in turn with the reference. Prints CPU seconds (user and system, the least of the runs) as
JSON: `list` and `status` of `digest issue`, and `sqlmodel` for `python -c "import sqlmodel"`.
Modules are compiled before the first run that counts.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "sqlmodel": ["-c", "import sqlmodel"],
    "list": ["-m", "digest", "issue", "list"],
    "status": ["-m", "digest", "issue", "status", "1"],
}


def run(folder: str, *arguments: str) -> float:
    """Run Python with `arguments`; return the seconds of processor that it took."""
    before = _children()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",  # compiled once, as where it is installed
        "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
    }
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        samples = ROOT / "digest" / "samples" / "comparisons"
        run(folder, "-m", "digest", "comparisons", "import", str(samples))
        run(folder, "-m", "digest", "issue", "draft")
        for arguments in COMMANDS.values():
            run(folder, *arguments)
        seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(runs):
            for name, arguments in COMMANDS.items():
                seconds[name].append(run(folder, *arguments))
    print(json.dumps({name: min(found) for name, found in seconds.items()}))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
