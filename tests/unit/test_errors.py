"""The tree of errors has one root, and is drawn as it is."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import digest
import digest.errors
import schedules
import store
import subscribers
from digest.errors import DigestError

_LINE = re.compile(r"(?:    )?((?:(?:│ {3}| {4})*[├└]── )?[A-Z]\w+)(?= {2}|$)")


def _modules() -> Iterator[object]:
    for package in (digest, schedules, store, subscribers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Importing these runs something: Alembic's environment, and the command line.
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                yield importlib.import_module(module.name)


def _own_errors() -> set[type[Exception]]:
    return {
        value
        for module in _modules()
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Exception)
        and value.__module__.split(".")[0] in {"digest", "schedules", "store", "subscribers"}
        and not value.__name__.startswith("_")
    }


def _drawn(root: type[Exception], own: set[type[Exception]], lead: str = "") -> Iterator[str]:
    below = sorted((one for one in own if root in one.__bases__), key=lambda one: one.__name__)
    for one in below:
        last = one is below[-1]
        yield f"{lead}{'└── ' if last else '├── '}{one.__name__}"
        yield from _drawn(one, own, lead + ("    " if last else "│   "))


def test_every_error_derives_from_the_root() -> None:
    assert [one.__name__ for one in _own_errors() if not issubclass(one, DigestError)] == []


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    found = (
        _LINE.match(line) for line in inspect.cleandoc(digest.errors.__doc__ or "").split("\n")
    )
    drawing = [line.group(1) for line in found if line]
    drawn = ["DigestError", *_drawn(DigestError, _own_errors())]
    assert drawing == drawn, "digest/errors.py should draw:\n" + "\n".join(drawn)
