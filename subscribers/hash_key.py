"""The key of the address hashes: it outlives every secret that the links are made with.

The store keeps it wrapped (RFC 3394) with each secret that was in use, beside that secret's
fingerprint. So a secret that is put before the old one takes it over, and the old one can go
without the erased being forgotten; and a secret that is none of them is noticed before it makes
a link.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import inspect
from sqlmodel import Session, select

from store.engine import Store
from store.errors import UserError
from store.insertion import insert_new
from subscribers.addresses import AddressHasher, hash_key_of
from subscribers.tables import KnownSecret

FINGERPRINT_LENGTH = 16


class UnknownSecretError(UserError):
    """The secret is not one that this store's links were made with; one line what to do."""


def fingerprint_of(secret: str) -> str:
    """Returns what names a secret and tells nothing of it: 16 hexadecimal digits."""
    return hmac.digest(secret.encode(), b"verdict-digest fingerprint", "sha256").hex()[
        :FINGERPRINT_LENGTH
    ]


def remember_secrets(session: Session, secrets: Sequence[str], now: datetime) -> None:
    """Keeps the fingerprints of `secrets`, newest first, and the hash key for each.

    A store that knows none yet takes the key that the oldest made so far. Raises
    UnknownSecretError if it knows others alone.
    """
    known = {one.fingerprint: one.wrapped_hash_key for one in session.exec(select(KnownSecret))}
    check_secrets(list(known), secrets)
    key = _unwrapped(known, secrets) or hash_key_of(secrets[-1])
    for secret in secrets:
        fingerprint = fingerprint_of(secret)
        if fingerprint not in known:
            row = {
                "fingerprint": fingerprint,
                "wrapped_hash_key": _wrap(secret, key),
                "first_seen": now,
            }
            session.connection().execute(insert_new(session, KnownSecret).values(**row))


def accept_secrets(session: Session, secrets: Sequence[str], now: datetime) -> None:
    """Goes on with secrets that the store does not know: links sent so far stay dead.

    The hash key is lost with the secrets before: who was erased is no longer kept off by it.
    """
    for row in session.exec(select(KnownSecret)):
        session.delete(row)
    session.flush()
    remember_secrets(session, secrets, now)


def ensure_secrets(store: Store, secrets: Sequence[str], now: datetime) -> None:
    """Does what `remember_secrets` does; writes only where there is something new."""
    with store.read() as session:
        known = set(session.exec(select(KnownSecret.fingerprint)))
    if all(fingerprint_of(secret) in known for secret in secrets):
        return
    with store.write() as session:
        remember_secrets(session, secrets, now)


def check_secrets(known: Sequence[str], secrets: Sequence[str]) -> None:
    """Raises UnknownSecretError if `known` are fingerprints of other secrets alone."""
    if known and not {fingerprint_of(secret) for secret in secrets} & set(known):
        raise UnknownSecretError(unknown_secret_line(sorted(known)))


def unknown_secret_line(known: Sequence[str]) -> str:
    """Returns the one line that says which secret is missing, and what to do."""
    return (
        "DIGEST_SECRET_KEY is not the secret that the links of this store were made with "
        f"(fingerprint {' or '.join(known)}): set that one, or put the secret.key that lay beside "
        "the database back; to go on without it, every link sent so far dead: "
        "digest database accept-secret"
    )


class StoredAddressHasher(AddressHasher):
    """Hashes with the key that the store keeps, read at the first hash."""

    def __init__(self, store: Store, secrets: Sequence[str]) -> None:
        self._key: Callable[[], bytes] = lambda: _stored_key(store, secrets)
        self._is_ready = False

    def hash(self, key: str) -> str:
        self._get_ready()
        return super().hash(key)

    def hash_all(self, keys: Iterable[str]) -> dict[str, str]:
        self._get_ready()
        return super().hash_all(keys)

    def _get_ready(self) -> None:
        if not self._is_ready:
            self._set_key(self._key())
            self._is_ready = True


def _stored_key(store: Store, secrets: Sequence[str]) -> bytes:
    """The hash key; what the oldest secret makes where the store has none yet."""
    with store.read() as session:
        if not inspect(session.connection()).has_table("known_secret"):
            return hash_key_of(secrets[-1])
        known = {one.fingerprint: one.wrapped_hash_key for one in session.exec(select(KnownSecret))}
    return _unwrapped(known, secrets) or hash_key_of(secrets[-1])


def _unwrapped(known: dict[str, str], secrets: Sequence[str]) -> bytes | None:
    from cryptography.hazmat.primitives.keywrap import aes_key_unwrap  # noqa: PLC0415 - as tokens

    for secret in secrets:
        wrapped = known.get(fingerprint_of(secret))
        if wrapped is not None:
            return aes_key_unwrap(_wrapping_key(secret), bytes.fromhex(wrapped))
    return None


def _wrap(secret: str, key: bytes) -> str:
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap  # noqa: PLC0415 - as tokens

    return aes_key_wrap(_wrapping_key(secret), key).hex()


def _wrapping_key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"verdict-digest wrapping key", "sha256")
