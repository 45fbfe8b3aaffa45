"""Keeps the secret of a first trial in a file beside its SQLite database."""

import contextlib
import os
import secrets
from pathlib import Path

from store.files import make_folder

SHORTEST_SECRET = 32


def local_secret(folder: Path) -> str:
    """Return the secret kept beside the database; one is made if there is none.

    Raises ValueError with a line that says what to do.
    """
    path = folder / "secret.key"
    try:
        make_folder(folder)
        if not path.exists():
            _write_secret(path)
        kept = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        kept = ""
    except OSError as error:
        msg = f"no secret can be kept in {folder} ({error.strerror}); set DIGEST_SECRET_KEY"
        raise ValueError(msg) from None
    if len(kept) < SHORTEST_SECRET:
        msg = (
            f"{path} holds no secret of at least {SHORTEST_SECRET} characters: put back the one "
            "that was there; or delete the file for a new one, and every link sent so far is dead"
        )
        raise ValueError(msg)
    return kept


def _write_secret(path: Path) -> None:
    """Make a secret that is there whole or not at all, and its owner's alone.

    Of two processes that make one at the same moment, both go on with the first.
    """
    made = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink()
