"""Holds what the outside sees to a file; DIGEST_RENEW_GOLDEN=1 renews them."""

import json
import os
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parent / "files"
RENEW = os.environ.get("DIGEST_RENEW_GOLDEN") == "1"


def hold(name: str, lines: Iterable[str]) -> None:
    """Fails with each line that is gone (-) or new (+) since the file was written."""
    now = [part for line in lines for part in line.splitlines() or [""]]
    path = FILES / name
    if RENEW:
        path.write_text("".join(f"{line}\n" for line in now), encoding="utf-8")
    was = path.read_text(encoding="utf-8").splitlines()
    if now != was:
        diff = unified_diff(was, now, "as it was", "as it is", lineterm="", n=0)
        pytest.fail(f"{name}: gone (-) and new (+)\n" + "\n".join(diff), pytrace=False)


def hold_json(name: str, value: Any) -> None:
    """The same for a value, written as JSON with its keys in order."""
    hold(name, [json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)])


def key_paths(value: Any, path: str = "") -> set[str]:
    """`path: type` of everything in JSON; what a list holds is one path for all its items."""
    kind = type(value).__name__
    if isinstance(value, dict):
        found = {f"{path or '.'}: {kind}"}
        return found.union(*(key_paths(one, f"{path}.{name}") for name, one in value.items()))
    if isinstance(value, list):
        found = {f"{path or '.'}: {kind}"}
        return found.union(*(key_paths(one, f"{path}[]") for one in value))
    return {f"{path or '.'}: {kind}"}
