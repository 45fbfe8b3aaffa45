"""Reads DKIM private keys, and writes the DNS records that publish them.

Sources: RFC 6376 section 3.6.1 (the record), RFC 8301 (sizes of RSA keys), RFC 8463 (Ed25519).
"""

import os
import stat
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from store.errors import UserError

MIN_BITS, MAX_BITS = 1_024, 4_096
"""RFC 8301 section 3.2: RSA sizes that every verifier has to take."""
RECOMMENDED_BITS = 2_048
_PADDING, _HASH = PKCS1v15(), Prehashed(SHA256())


class DkimKeyError(UserError):
    """A DKIM key can't be used. The message is one line why, and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and the selector under which verifiers find its public key."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The value of the signature's a= tag."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record(self) -> str:
        """The text of the TXT record at `selector._domainkey.domain`."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind, encoding = "rsa", (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, encoding = "ed25519", (Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={b64encode(public.public_bytes(*encoding)).decode()}"

    @property
    def is_short(self) -> bool:
        """True for an RSA key under 2,048 bits, which RFC 8301 section 3.2 advises against."""
        return isinstance(self.private, RSAPrivateKey) and self.private.key_size < RECOMMENDED_BITS

    def sign(self, digest: bytes) -> bytes:
        """Return the signature over a SHA-256 digest; Ed25519 signs the digest as its message."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _HASH)
        return self.private.sign(digest)


def read_key(selector: str, path: Path) -> DkimKey:
    """Read the key in a PEM file. Raises DkimKeyError."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise DkimKeyError(msg) from None
    try:
        private = load_pem_private_key(pem, None)
    except TypeError:
        msg = f"{path} has a passphrase; write it without one: openssl pkey -in KEY -out NEW"
        raise DkimKeyError(msg) from None
    except (ValueError, UnsupportedAlgorithm):
        what = "a public key" if b"PUBLIC KEY-----" in pem else "no private key"
        msg = f"{path} is {what}; a private key in PEM form is needed"
        raise DkimKeyError(msg) from None
    if isinstance(private, Ed25519PrivateKey):
        return DkimKey(selector, private)
    if not isinstance(private, RSAPrivateKey):
        msg = f"{path} is neither an RSA nor an Ed25519 key"
        raise DkimKeyError(msg)
    if not MIN_BITS <= private.key_size <= MAX_BITS:
        msg = f"{path} has {private.key_size} bits; {MIN_BITS} to {MAX_BITS} can be verified"
        raise DkimKeyError(msg)
    return DkimKey(selector, private)


def world_readable(path: Path) -> bool:
    """Return whether every user of the machine may read the file."""
    return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)
