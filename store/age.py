"""Encrypts backups by age (https://age-encryption.org/v1), which `age -d` can open as well.

The recipient's public key is all that this machine has: a backup is proved by a key that is drawn
for it, is one more recipient, and is forgotten.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from store.engine import StoreError

MAGIC = b"age-encryption.org/"
SUFFIX = ".age"
_BLOCK = 1 << 20
_SHAPE = "it should look like age1..., or ssh-ed25519 AAAA..."


class BackupKeyError(StoreError):
    """A recipient or an identity of backups can't be used."""


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def parse_recipients(text: str) -> list[Any]:
    """Read recipients separated by commas. Raises ValueError."""
    from pyrage import RecipientError, ssh, x25519  # noqa: PLC0415 - few commands need it

    found: list[Any] = []
    for one in filter(None, map(str.strip, text.split(","))):
        kind = ssh if one.startswith("ssh-") else x25519
        try:
            found.append(kind.Recipient.from_str(one))
        except RecipientError:
            msg = f"{one[:80]!r} is no recipient; {_SHAPE}"
            raise ValueError(msg) from None
    return found


def read_identities(path: Path) -> list[Any]:
    """Read the file of an age identity, or an SSH private key. Raises BackupKeyError."""
    from pyrage import IdentityError, ssh, x25519  # noqa: PLC0415 - as above

    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"the identity {path} can't be read: {error.strerror}"
        raise BackupKeyError(msg) from None
    try:
        if content.startswith(b"-----BEGIN"):
            return [ssh.Identity.from_buffer(content)]
        lines = [one.strip() for one in content.decode("utf-8", "replace").splitlines()]
        found = [x25519.Identity.from_str(one) for one in lines if one and one[0] != "#"]
    except IdentityError:
        found = []
    if not found:
        msg = f"{path} holds no identity; it should hold a line AGE-SECRET-KEY-1..., or an SSH key"
        raise BackupKeyError(msg)
    return found


def encrypt(plain: Path, target: Path, recipients: Sequence[Any]) -> None:
    """Write `plain` into `target`, encrypted for `recipients`, and prove it by reading it back.

    Raises BackupKeyError where what was written does not open to the same bytes.
    """
    from pyrage import EncryptError, encrypt_io, x25519  # noqa: PLC0415 - as above

    proof = x25519.Identity.generate()
    try:
        with plain.open("rb") as source, target.open("wb") as sink:
            encrypt_io(source, sink, [*recipients, proof.to_public()])
    except EncryptError as error:
        msg = f"{target} can't be encrypted: {error}"
        raise BackupKeyError(msg) from None
    hashed = _Hashed()
    with target.open("rb") as source:
        _decrypt(source, hashed, [proof])
    if hashed.digest() != _digest(plain):
        msg = f"{target} does not open to what was written"
        raise BackupKeyError(msg)


def decrypt(source: Path, target: Path, identities: Sequence[Any]) -> None:
    """Write the plain bytes of `source` into `target`. Raises BackupKeyError."""
    with source.open("rb") as file, target.open("wb") as sink:
        _decrypt(file, sink, identities)


def _decrypt(source: Any, sink: Any, identities: Sequence[Any]) -> None:
    from pyrage import DecryptError, decrypt_io  # noqa: PLC0415 - as above

    try:
        decrypt_io(source, sink, list(identities))
    except (DecryptError, OSError) as error:
        # The library says by an OSError of its own, without a number, that the bytes are damaged.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        msg = f"{source.name} can't be decrypted: it is for another identity, or damaged"
        raise BackupKeyError(msg) from None


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class _Hashed:
    """A file to write into that keeps nothing but the hash."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, block: bytes) -> int:
        self._hash.update(block)
        return len(block)

    def flush(self) -> None: ...

    def digest(self) -> bytes:
        return self._hash.digest()
