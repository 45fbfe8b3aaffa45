"""What major mail clients do not draw, by caniemail.com's tables (npm package `caniemail`).

A mail can't do without everything that some client lacks; it has to do without each of those
things without harm. `accepted.json` lists what the templates use all the same and what a reader
sees instead, so that only something new is told.
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
SECONDS = 60
_INSTALL = "install Node.js, and the tables with: npm install caniemail"


@dataclass(frozen=True, slots=True)
class ClientTables:
    """`node` runs `caniemail.mjs`; `package` is the folder of the npm package."""

    node: Path
    package: Path


def check_clients(mail: SampleMessage, tables: ClientTables | None) -> Iterator[Finding]:
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
    """The clients that lack each feature which `html` uses.

    Raises OSError, ValueError or SubprocessError when the program fails.
    """
    script = str(files("digest.gate") / "caniemail.mjs")
    run = subprocess.run(  # noqa: S603 - both paths are settings or ours; no shell
        [str(tables.node), script, str(tables.package)],
        input=json.dumps({"clients": CLIENTS, "html": html}),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    if run.returncode:
        lines = run.stderr.strip().splitlines() or ["no answer"]
        raise ValueError(next((line for line in lines if "Error" in line), lines[-1]))
    return {feature: frozenset(clients) for feature, clients in json.loads(run.stdout).items()}


@lru_cache(maxsize=1)
def accepted() -> Mapping[str, frozenset[str]]:
    """The clients in which each feature may be missing, since something else stands in for it."""
    text = (files("digest.gate") / "accepted.json").read_text(encoding="utf-8")
    return {entry["feature"]: frozenset(entry["clients"]) for entry in json.loads(text)["accepted"]}
