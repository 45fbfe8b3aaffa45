"""Key files: what can sign, and one line on what can't."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from digest.deliver.providers.dkim.keys import DkimKeyError, read_key, world_readable
from tests.parts.signatures import ed25519_key, rsa_key

SMALL = b"""\
-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAwSIjYOgCZ5g9U4Hp
eM7Cfyrw08AIgnrW6UAa1YFty0uzoL/BRgOOJHX70ytg1t8o1Wb5Q8qUMQwSJBZQ
ScqlHQIDAQABAkA6GIzP37qpcvAvqIqUno1/N2mOKNvmdBElxPTNeMuQNURkA8g5
fUP3iGOV6o0Fbnn+pF8AlgvteucCFN2Sz6gBAiEA/tuP55L3qDNTyvJLGjzi+EhF
Mtr1XkIoBbk6HfARAwECIQDB/8AKWnBPh/8qvsYcRLObaLcdeqldQo9S0CZ0D/NO
HQIgGHzOOej0JNQxs+lN8ApzoHmJNJa3RsRChjJC9EdxywECIQCWPf45Rm9CeL16
GkMNc3txuThPgUaXLkwXQ5L0QcIZVQIgAWFsQpXP4JDy/R1QqY04ViArb4K9t5zZ
XKm2LFQ2hsc=
-----END PRIVATE KEY-----
"""
"""Of 512 bits, as no library of today makes one."""


def pem(
    private: PrivateKeyTypes,
    key_format: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption | None = None,
) -> bytes:
    return private.private_bytes(Encoding.PEM, key_format, lock or NoEncryption())


def kept(folder: Path, content: bytes) -> Path:
    path = folder / "dkim.pem"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("key_format", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_rsa_key_is_read_in_either_form(tmp_path: Path, key_format: PrivateFormat) -> None:
    key = read_key("s", kept(tmp_path, pem(rsa_key().private, key_format)))
    assert key.algorithm == "rsa-sha256"
    assert key.record == rsa_key().record
    assert key.record.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert not key.is_short


def test_an_ed25519_key_is_read(tmp_path: Path) -> None:
    key = read_key("s", kept(tmp_path, pem(ed25519_key().private)))
    assert key.algorithm == "ed25519-sha256"
    assert key.record == ed25519_key().record
    assert len(key.record) == len("v=DKIM1; k=ed25519; p=") + 44


def test_a_key_of_1024_bits_signs_and_is_called_short(tmp_path: Path) -> None:
    assert read_key("s", kept(tmp_path, pem(rsa_key(1_024).private))).is_short


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (b"\xff\x00 der", "no private key"),
        (
            rsa_key()
            .private.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "a public key",
        ),
        (pem(rsa_key().private, lock=BestAvailableEncryption(b"secret")), "passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an RSA nor an Ed25519"),
        (pem(dsa.generate_private_key(1_024)), "neither an RSA nor an Ed25519"),
    ],
)
def test_what_can_not_sign_is_told_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = kept(tmp_path, content)
    with pytest.raises(DkimKeyError, match=says) as refused:
        read_key("s", path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_key_that_no_verifier_must_take_is_refused(tmp_path: Path) -> None:
    """OpenSSL reads such keys, so the refusal is ours."""
    path = kept(tmp_path, SMALL)
    with pytest.raises(DkimKeyError, match="512 bits; 1024 to 4096"):
        read_key("s", path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkimKeyError, match=r"gone\.pem: No such file"):
        read_key("s", tmp_path / "gone.pem")
    with pytest.raises(DkimKeyError, match="Is a directory"):
        read_key("s", tmp_path)


@pytest.mark.parametrize(("mode", "everybody"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_file_that_everybody_can_read_is_noticed(
    tmp_path: Path, mode: int, *, everybody: bool
) -> None:
    path = kept(tmp_path, b"")
    path.chmod(mode)
    assert world_readable(path) is everybody
