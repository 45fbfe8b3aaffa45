"""Tells when a template was changed: by the newest time and the number of the files in its folders.

The folders are few and small, so that a look at them is cheaper than a notification of the system,
which containers and network drives do not pass on.
"""

from collections.abc import Iterator
from os import scandir
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader

MAX_DEPTH = 8


def template_mark(environment: Environment) -> str:
    """Return a text that changes when a file of the environment's folders does."""
    stats = [stat for folder in _folders(environment.loader) for stat in _stats(folder, MAX_DEPTH)]
    return f"{len(stats)}-{max(stats, default=0)}-{sum(stats) % 1_000_000_007}"


def read_anew(environment: Environment) -> None:
    """Let every template be read anew: a file may stand before another that was read already."""
    if environment.cache is not None:
        environment.cache.clear()


def _folders(loader: BaseLoader | None) -> Iterator[Path]:
    if isinstance(loader, ChoiceLoader):
        for one in loader.loaders:
            yield from _folders(one)
    elif isinstance(loader, FileSystemLoader):
        yield from map(Path, loader.searchpath)


def _stats(folder: Path, depth: int) -> Iterator[int]:
    try:
        entries = list(scandir(folder))
    except OSError:  # removed meanwhile, which is a change too
        return
    for entry in entries:
        try:
            if entry.is_file():
                yield entry.stat().st_mtime_ns
            elif depth and entry.is_dir(follow_symlinks=False):
                yield from _stats(Path(entry.path), depth - 1)
        except OSError:
            continue
