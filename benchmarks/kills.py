"""Senders killed at random moments: nobody lost, and nobody mailed twice unless by hand.

python -m benchmarks.kills --kills 200 --terms 50 --database sqlite|postgresql

Issues are sent by real processes of the product (one on SQLite, two at once on PostgreSQL) into a
sink that is slow and remembers. So many SIGKILLs and SIGTERMs come at random moments, in a random
order; each victim is followed by a new process. Whoever is uncertain is sent to again by hand,
under fire as well. Then every delivery is held against the sink's record; 1 where a rule is broken.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    # Here, since each process that is started imports this module once more.
    from benchmarks.machine import describe  # noqa: PLC0415 - see above
    from benchmarks.siege import besiege  # noqa: PLC0415 - see above

    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--terms", type=int, default=50)
    parser.add_argument("--people", type=int, default=5_000, help="of each issue")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--no-journals", action="store_true", help="as after each of them the machine were booted"
    )
    given = parser.parse_args()
    print(f"{describe()}; {given.database}, seed {given.seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        figures, faults = besiege(
            given.database,
            Path(name),
            kills=given.kills,
            terms=given.terms,
            people=given.people,
            seed=given.seed,
            journals=not given.no_journals,
        )
        words = (Path(name) / "log").read_text(encoding="utf-8")
    figures |= {"tracebacks": words.count("Traceback"), "rules broken": len(faults)}
    figures["seconds"] = round(time.monotonic() - began)
    for what, amount in figures.items():
        print(f"{what:44}{amount:>10,}")
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    if faults:
        print("".join(words.splitlines(keepends=True)[-200:]), file=sys.stderr)
    if "Traceback" in words:
        print(words[words.index("Traceback") :][:5_000], file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
