"""make bench: what a send costs through each provider, and whether memory stays flat.

Each case runs in a process of its own, so that its peak memory is its own; the list of 1,000 is
the reference for the list of 10,000.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

SIZES = (1_000, 10_000)
PROVIDERS = ("outbox", "smtp", "sendgrid")
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    print(f"Python {platform.python_version()} on {platform.machine()}, SQLite, one worker")
    print(f"{'provider':10}{'people':>8}{'seconds':>9}{'a second':>10}{'CPU s':>8}{'MB':>7}")
    for provider in PROVIDERS:
        cases = [_measure(provider, size) for size in SIZES]
        for case in cases:
            print(
                f"{provider:10}{case['people']:>8,}{case['seconds']:>9.2f}"
                f"{case['people'] / case['seconds']:>10,.0f}{case['cpu']:>8.2f}{case['mb']:>7.1f}"
            )
        small, large = cases
        each = (large["seconds"] / large["people"]) / (small["seconds"] / small["people"])
        print(
            f"{'':10}ten times the list: memory x {large['mb'] / small['mb']:.2f}, "
            f"time per recipient x {each:.2f}, renders {large['renders']}"
        )


def _measure(provider: str, people: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_send", provider, str(people)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    case: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return case


main()
