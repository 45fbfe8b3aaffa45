"""Writes the reference of commands, settings and metrics from the code itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from prometheus_client import CollectorRegistry
from typer.main import get_command

from digest.cli import app
from digest.web.middleware.request_id import RequestMetrics

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ("__init__.py", "operation.py", "access_tokens.py")


def write_reference(folder: Path) -> None:
    """Write `commands.md`, `settings.md` and `metrics.md` into `folder`."""
    folder.mkdir(exist_ok=True)
    for name, lines in (
        ("commands", commands()),
        ("settings", settings()),
        ("metrics", metrics()),
    ):
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def commands() -> list[str]:
    """Return every command with its help, as `--help` prints it."""
    lines = ["# Commands", "", "Exit 0 done, 1 refused or a check failed, 2 usage.", ""]
    root = get_command(app)
    for path, command in _walk("digest", root):
        context = typer.Context(command, info_name=path)
        lines += [f"## {path}", "", "```", command.get_help(context).strip(), "```", ""]
    return lines


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    parts = getattr(command, "commands", None)
    if parts is None:
        yield path, command
        return
    for name, part in parts.items():
        yield from _walk(f"{path} {name}", part)


def settings() -> list[str]:
    """Return every setting: its variable, default and what is written of it."""
    lines = ["# Settings", "", "Environment variables, or lines of `.env`.", ""]
    lines += ["| variable | default | what it is |", "| --- | --- | --- |"]
    for source in SETTINGS:
        lines += _of_class(
            ast.parse((ROOT / "digest/settings" / source).read_text(encoding="utf-8"))
        )
    return lines


def _of_class(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.ClassDef) and node.name.endswith("Settings")):
            continue
        for place, part in enumerate(node.body):
            if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
                continue
            after = node.body[place + 1] if place + 1 < len(node.body) else None
            said = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                said = " ".join(str(after.value.value).split())
            found.append(f"| `DIGEST_{part.target.id.upper()}` | {_default(part.value)} | {said} |")
    return found


def _default(value: ast.expr | None) -> str:
    text = ast.unparse(value) if value is not None else ""
    if found := re.search(r"default=([^,)]+)", text):
        text = found[1]
    text = re.sub(r"^SecretStr\((.*)\)$", r"\1", text)
    text = re.sub(r"^Path\((.*)\)$", r"\1", text).strip("'\"")
    return f"`{text}`" if text and text != "None" else ""


def metrics() -> list[str]:
    """Return every metric with its labels and help."""
    source = (ROOT / "digest/monitoring/metrics.py").read_text(encoding="utf-8")
    registry = CollectorRegistry()
    RequestMetrics(registry)
    families = [(one.name, one.documentation) for one in registry.collect()]
    families += re.findall(r"\"(digest_[a-z_]+)\",\s+\"([^\"]+)\"", source)
    lines = ["# Metrics", "", "[Monitoring](../monitoring.md) says how they are read.", ""]
    lines += ["| metric | what it is |", "| --- | --- |"]
    return [*lines, *(f"| `{name}` | {what} |" for name, what in sorted(families))]
