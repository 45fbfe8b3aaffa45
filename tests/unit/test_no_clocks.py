"""No test sleeps, and none asserts how long something took: both fail on a busy machine."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
CLOCKS = re.compile(
    r"sleep\(|perf_counter|monotonic|process_time|time\.time(?:_ns)?\(|Event\(\)\.wait\(0?\.?\d"
)
ALLOWED = {
    "integration/deliver/smtp/test_smtp_greeting.py": "a server that drips octets, each in time",
    "parts/servers/mail_servers.py": "until another program listens, nothing tells",
    "unit/test_no_clocks.py": "the pattern itself",
}


def test_no_test_sleeps_or_reads_a_clock() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{number}: {line.strip()}"
        for path in sorted(TESTS.rglob("*.py"))
        if str(path.relative_to(TESTS)) not in ALLOWED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if CLOCKS.search(line)
    ]
    assert found == [], "wait with tests.parts.waiting.until, or count steps:\n" + "\n".join(found)
