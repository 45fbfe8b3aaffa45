"""Finds what major mail clients do not support, by caniemail.com's tables (npm `caniemail`).

No mail can do without everything that some client lacks, but it has to stay readable there.
`accepted.json` lists the features that the templates use all the same and what a reader sees
instead, so that only new ones are reported.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

CLIENTS = (
    "gmail.*",
    "apple-mail.*",
    "outlook.windows",
    "outlook.outlook-com",
    "outlook.macos",
    "outlook.ios",
    "outlook.android",
    "yahoo.*",
    "samsung-email.android",
)
TIMEOUT_SECONDS = 60
_INSTALL = "install Node.js, and the tables with: npm install caniemail"


@dataclass(frozen=True, slots=True)
class ClientTables:
    """`node` runs `caniemail.mjs`; `package` is the folder of the npm package."""

    node: Path
    package: Path


def check_clients(mail: SampleMessage, tables: ClientTables | None) -> Iterator[Finding]:
    """Yield a finding for each feature with too little support, or that nothing was checked."""
    if tables is None:
        what = "what mail clients support was not looked up"
        yield found(Code.CLIENTS_UNCHECKED, "html", what, _INSTALL)
        return
    try:
        lacking = unsupported(mail.html, tables)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        what = f"caniemail failed: {str(error).strip()[:200]}"
        yield found(Code.CLIENTS_UNCHECKED, "html", what, _INSTALL)
        return
    for feature, clients in sorted(lacking.items()):
        new = sorted(clients - accepted().get(feature, frozenset()))
        if new:
            what = f"{feature} is not supported by {', '.join(new)}"
            fix = "do without it, or give it a fallback and add it to digest/gate/accepted.json"
            yield found(Code.CLIENT_UNSUPPORTED, "html", what, fix)


def unsupported(html: str, tables: ClientTables) -> dict[str, frozenset[str]]:
    """Return the clients that lack each feature that `html` uses.

    Raises OSError, ValueError or SubprocessError if the program fails.
    """
    script = str(files("digest.gate") / "caniemail.mjs")
    run = subprocess.run(  # noqa: S603 - both paths are settings or ours; no shell
        [str(tables.node), script, str(tables.package)],
        input=json.dumps({"clients": CLIENTS, "html": html}),
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode:
        lines = run.stderr.strip().splitlines() or ["no answer"]
        raise ValueError(next((line for line in lines if "Error" in line), lines[-1]))
    return {feature: frozenset(clients) for feature, clients in json.loads(run.stdout).items()}


@lru_cache(maxsize=1)
def accepted() -> Mapping[str, frozenset[str]]:
    """Return the clients in which each feature may be missing, since there is a fallback."""
    text = (files("digest.gate") / "accepted.json").read_text(encoding="utf-8")
    return {entry["feature"]: frozenset(entry["clients"]) for entry in json.loads(text)["accepted"]}
