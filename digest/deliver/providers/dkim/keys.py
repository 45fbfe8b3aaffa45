"""Private keys that sign mail, and the public records that go with them.

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

FEWEST_BITS, MOST_BITS = 1_024, 4_096
"""RFC 8301 section 3.2: what every verifier has to take."""
GOOD_BITS = 2_048
_PADDING, _HASH = PKCS1v15(), Prehashed(SHA256())


class DkimKeyError(UserError):
    """A key can't be used; the message is one line why, and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key under the name that verifiers look its public half up by."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record(self) -> str:
        """The text of the TXT record at `selector._domainkey.domain`."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind, form = "rsa", (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, form = "ed25519", (Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={b64encode(public.public_bytes(*form)).decode()}"

    @property
    def short(self) -> bool:
        """RFC 8301 section 3.2 asks for 2,048 bits, and allows 1,024."""
        return isinstance(self.private, RSAPrivateKey) and self.private.key_size < GOOD_BITS

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256 digest; Ed25519 signs the digest as its message."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _HASH)
        return self.private.sign(digest)


def read_key(selector: str, path: Path) -> Key:
    """The key in a PEM file. Raises DkimKeyError."""
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
        return Key(selector, private)
    if not isinstance(private, RSAPrivateKey):
        msg = f"{path} is neither an RSA nor an Ed25519 key"
        raise DkimKeyError(msg)
    if not FEWEST_BITS <= private.key_size <= MOST_BITS:
        msg = f"{path} has {private.key_size} bits; {FEWEST_BITS} to {MOST_BITS} can be verified"
        raise DkimKeyError(msg)
    return Key(selector, private)


def open_to_others(path: Path) -> bool:
    """Whether every user of the machine may read the file."""
    return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)
