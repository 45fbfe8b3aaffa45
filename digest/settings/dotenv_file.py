"""Holds the file of settings to a size, before it is parsed."""

from pathlib import Path

MAX_DOTENV = 65_536
"""Bytes; a megabyte of another file takes seconds to be read as settings."""


def dotenv_fault(path: Path = Path(".env")) -> str:
    """Return what is wrong with the size of a file of settings; empty if nothing is."""
    try:
        size = path.stat().st_size
    except OSError:
        return ""
    if size <= MAX_DOTENV:
        return ""
    return f"{path} has {size:,} bytes, expected {MAX_DOTENV:,} at most: is it the right file?"
