"""Every command with every parameter, as scripts and cron jobs out there spell them."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import typer

from tests.golden.seams import product
from tests.golden.seams.held import hold
from tests.golden.seams.outside import Outside


def test_every_command_and_parameter_is_as_it_was() -> None:
    """Names in all spellings, required or not, defaults, types, flags; hidden ones too."""
    hold("commands.txt", sorted(_lines(typer.main.get_command(product.app()), "digest")))


def test_every_help_says_what_it_said(outside: Outside) -> None:
    """On a terminal of 100 columns."""
    outside.patch.setenv("COLUMNS", "100")
    outside.patch.setenv("TERMINAL_WIDTH", "100")
    lines = []
    for path in _paths(typer.main.get_command(product.app()), "digest"):
        lines += [f"$ {path} --help", outside.done(*path.split()[1:], "--help"), ""]
    hold("help.txt", lines)


def test_the_package_runs_as_a_module(outside: Outside) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "digest", "issue", "show", "99"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1), ran.stderr


def _paths(command: Any, path: str) -> Iterator[str]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from _paths(inner, f"{path} {name}")


def _lines(command: Any, path: str) -> Iterator[str]:
    hidden = "  hidden" if command.hidden else ""
    yield f"{path}{hidden}"
    for parameter in command.params:
        yield f"{path}  {_told(parameter)}"
    for name, inner in getattr(command, "commands", {}).items():
        yield from _lines(inner, f"{path} {name}")


def _told(parameter: Any) -> str:
    names = " ".join([*parameter.opts, *parameter.secondary_opts])
    facts = [
        parameter.param_type_name,
        _type(parameter),
        "required" if parameter.required else f"default {_default(parameter.default)}",
        "flag" if getattr(parameter, "is_flag", False) else "",
        "many" if parameter.multiple or parameter.nargs != 1 else "",
        "hidden" if getattr(parameter, "hidden", False) else "",
    ]
    return f"{names}: {', '.join(filter(None, facts))}"


def _type(parameter: Any) -> str:
    """With the least and the most that is taken."""
    kind = parameter.type_descriptor.annotation
    bounds = [f"{name} {getattr(parameter, name, None)}" for name in ("min", "max")]
    said = [one for one in bounds if not one.endswith("None")]
    return " ".join([kind.__name__ if isinstance(kind, type) else str(kind), *said])


def _default(value: Any) -> str:
    return str(value) if callable(getattr(value, "as_posix", None)) else repr(value)
