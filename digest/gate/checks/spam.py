"""Scores the message with SpamAssassin's offline rules, and names each rule that counts.

The message is scored as it leaves us: not yet signed by a relay, with no Received field. Rules
that need the network (block lists, SPF, DKIM) are off; `digest doctor` checks those.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

MAX_SCORE = 1.0
"""More is a warning."""
FLAGGED = 5.0
"""SpamAssassin's default threshold for spam."""
TIMEOUT_SECONDS = 120
_INSTALL = "install SpamAssassin (Debian: spamassassin) to have it scored"
_STATUS = re.compile(r"^X-Spam-Status: (?:Yes|No), score=(-?[0-9.]+)", re.MULTILINE)
_RULE = re.compile(r"^[ *]*(-?[0-9]+(?:\.[0-9]+)?) ([A-Z][A-Z0-9_]+) +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SpamFilter:
    program: Path


@dataclass(frozen=True, slots=True)
class Score:
    """The points, and the rules that matched: points, name and description of each."""

    points: float
    rules: tuple[tuple[float, str, str], ...]


def check_spam(mail: SampleMessage, tool: SpamFilter | None) -> Iterator[Finding]:
    """Yield the score, or a finding that there is none."""
    if tool is None:
        yield found(Code.SPAM_UNCHECKED, "message", "spam was not scored", _INSTALL)
        return
    try:
        score = spam_score(mail.message, tool)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        what = f"SpamAssassin failed: {str(error).strip()[:200]}"
        yield found(Code.SPAM_UNCHECKED, "message", what, "see that it runs: spamassassin --lint")
        return
    code = Code.SPAM
    if score.points > MAX_SCORE:
        code = Code.SPAM_FLAGGED if score.points >= FLAGGED else Code.SPAM_SCORE
    what = f"SpamAssassin scores {score.points:.1f} of at most {MAX_SCORE:.1f}"
    rules = [f"{points:.1f} {name} ({words})" for points, name, words in score.rules if points > 0]
    fix = "what counted: " + ", ".join(rules) if rules else "nothing to do"
    yield found(code, "message", what, fix)


def spam_score(message: bytes, tool: SpamFilter) -> Score:
    """Return the score of a whole message. Raises OSError, ValueError or SubprocessError."""
    with tempfile.TemporaryDirectory(prefix="digest-spam-") as home:
        run = subprocess.run(  # noqa: S603 - a setting's path, no shell
            [
                str(tool.program),
                "--local",
                "--test-mode",
                "--nocreate-prefs",
                "--cf=use_bayes 0",
                "--cf=use_auto_whitelist 0",
                "--cf=score NO_RELAYS 0",
                "--cf=score NO_RECEIVED 0",
            ],
            input=message,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env={"HOME": home, "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )
    # Its answer is the message with its report; nothing in it needs to be text of ours.
    answer = run.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    status = _STATUS.search(answer)
    if status is None:
        raise ValueError(run.stderr.decode("utf-8", "replace").strip() or "no score in its answer")
    report = answer.rpartition("Content analysis details:")[2]
    rules = tuple((float(points), name, words) for points, name, words in _RULE.findall(report))
    return Score(float(status[1]), rules)
