"""Finds what major mail clients do not support, by caniemail.com's tables (npm `caniemail`).

No mail can do without everything that some client lacks, but it has to stay readable there.
`accepted.json` lists the features that the templates use all the same and what a reader sees
instead, so that only new ones are reported.
"""

import json
import re
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
VERSION = "2.0.2"
"""The release of caniemail whose answers `accepted.json` was written for."""
_OLDEST = 2
"""Earlier ones take `text-transform` for `transform`, and warn of mail that is sound."""
_INSTALL = f"install Node.js 22 or later, and the tables with: npm install caniemail@{VERSION}"


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
    version = installed_version(tables)
    if version and version != VERSION:
        yield _other_version(version)
    if version and int(version.partition(".")[0]) < _OLDEST:
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


def installed_version(tables: ClientTables) -> str:
    """Return the version of the package; empty if it has none that can be read."""
    try:
        text = (tables.package / "package.json").read_text(encoding="utf-8")
        version = str(json.loads(text)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return version if re.fullmatch(r"[0-9]{1,9}(\.[0-9A-Za-z.+-]+)?", version) else ""


def _other_version(version: str) -> Finding:
    major = int(version.partition(".")[0])
    used = "so nothing was looked up" if major < _OLDEST else "whose answers may differ"
    what = f"caniemail {version} was found and {VERSION} is expected, {used}"
    code = Code.CLIENTS_UNCHECKED if major < _OLDEST else Code.CLIENTS_VERSION
    return found(code, "html", what, _INSTALL)


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
