"""Keys of the tests, and another project's verifier (dkimpy) that knows their records."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.deliver.providers.dkim.keys import DkimKey
from digest.deliver.providers.dkim.signer import Signer

DOMAIN = "verdicts.example"


@cache
def rsa_key(bits: int = 2_048) -> DkimKey:
    return DkimKey("r2026", generate_private_key(65_537, bits))


@cache
def ed25519_key() -> DkimKey:
    return DkimKey("e2026", Ed25519PrivateKey.generate())


def both_keys() -> list[DkimKey]:
    return [rsa_key(), ed25519_key()]


def signer(keys: Sequence[DkimKey] | None = None, domain: str = DOMAIN) -> Signer:
    return Signer(domain, keys or both_keys())


def keep_key(path: Path, key: DkimKey) -> None:
    """Writes the private key as a PEM file."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key.private.private_bytes(*form))


def verdicts(message: bytes, signer: Signer) -> list[bool]:
    """What the verifier says of each signature on `message`, first to last."""
    records = {
        f"{key.selector}._domainkey.{signer.domain}.".encode(): key.record.encode()
        for key in signer.keys
    }
    count = message.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [_verdict(message, place, records) for place in range(count)]


def _verdict(message: bytes, place: int, records: dict[bytes, bytes]) -> bool:
    try:
        found: bool = dkim.DKIM(message).verify(place, lambda name, **_: records.get(name))
    except dkim.DKIMException:
        return False
    return found


def signed_names(message: bytes) -> list[list[str]]:
    """What each signature on `message` has under h=."""
    head = message.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"").decode()
    fields = [line for line in head.split("\r\n") if line.startswith("DKIM-Signature:")]
    tags = [dict(tag.strip().split("=", 1) for tag in field.split(";")) for field in fields]
    return [tag["h"].split(":") for tag in tags]
