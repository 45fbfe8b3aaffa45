"""Makes and reads link tokens: opaque, for one purpose, one subscriber and one issue.

A token is one AES-256 block: the subscriber's public id (7 bytes), the epoch of their links (its
low byte), the issue's public id (4 bytes, the first bit 0), the epoch's high byte and three bytes
that are always the same, enciphered under a key derived for the purpose (HKDF, RFC 5869): the
encode-then-encipher construction of Bellare and Rogaway (ASIACRYPT 2000). An altered or invented
token deciphers to a random block: it is well-formed once in 2^25, and names one of a million
subscribers once in 2^36 of these, since the ids are random and must exist. Tokens are 22
characters of base64url whatever they carry, do not expire, and a thousand of them cost one call
of the cipher.

Tokens of the time before public ids carry row numbers: subscriber (5 bytes), issue (3 bytes),
eight zero bytes. They are still read, as `TokenClaims.legacy`.
"""

import base64
import binascii
import re
import struct
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from store.errors import DigestError
from subscribers.public_ids import EPOCHS, MAX_PUBLIC_ID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

TOKEN_LENGTH = 22
HEX_LENGTH = 32
BLOCK = 16
MAX_ISSUE_ID = 2**31
_CHECK = bytes.fromhex("d16e5702")
"""Its first byte is added to the high byte of the epoch, which had one byte once."""
_LEGACY_CHECK = bytes(8)
_FIELDS = struct.Struct(">QI4s")
"""Of a block: the subscriber with the epoch's low byte, the issue, what is always the same."""
_SPELLING = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")
_LETTERS = re.compile(r"[A-Za-z0-9_-]+")


class Purpose(StrEnum):
    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VOTE = "vote"
    CONFIRM = "confirm"
    ADDRESS = "address"
    """Confirms a new address; the second number says which of the person's changes it is."""
    TRANSACTIONAL = "letter"
    """Names a transactional message by its public id in the subscriber's place; opens nothing."""
    TEST = "test"
    """Shows the issue of a test message, by its number, whatever its state."""
    EDITOR = "editor"
    """Stops what an editor is told, by the public id of their address in the subscriber's place."""
    DELIVERY = "delivery"
    """The opaque delivery id that providers see and send back."""


class TokenError(DigestError, ValueError):
    """The token is not one of ours for this purpose."""


class TokenClaims(NamedTuple):
    """Whom a token speaks of, by public ids; `issue` is 0 where no issue is meant.

    `legacy` ones hold the row numbers of the time before instead.
    """

    subscriber: int
    issue: int
    epoch: int = 0
    legacy: bool = False


class Tokens:
    """Makes and reads tokens. `secrets` is newest first; all are read, the first one writes."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            msg = "at least one secret is needed"
            raise ValueError(msg)
        self._ciphers = {
            purpose: [_cipher(secret, purpose) for secret in secrets] for purpose in Purpose
        }

    def make(self, purpose: Purpose, subscriber: int, issue: int = 0, *, epoch: int = 0) -> str:
        return self.make_many([purpose], [subscriber], issue, epochs=[epoch])[0][0]

    def make_many(
        self,
        purposes: Sequence[Purpose],
        subscribers: Sequence[int],
        issue: int,
        *,
        epochs: Sequence[int] | None = None,
    ) -> list[list[str]]:
        """For each purpose one token each, in order; ValueError for an id that does not fit."""
        columns = self.make_columns(purposes, subscribers, issue, epochs=epochs)
        return [[token.decode("ascii") for token in column] for column in columns]

    def make_columns(
        self,
        purposes: Sequence[Purpose],
        subscribers: Sequence[int],
        issue: int,
        *,
        epochs: Sequence[int] | None = None,
    ) -> list[list[bytes]]:
        """Make the same tokens as ASCII, the form in which a message carries them."""
        if not 0 <= issue < MAX_ISSUE_ID:
            msg = f"issue {issue} is out of range"
            raise ValueError(msg)
        if subscribers and not 0 <= min(subscribers) <= max(subscribers) < MAX_PUBLIC_ID:
            msg = "a subscriber's id is out of range"
            raise ValueError(msg)
        if epochs and not 0 <= min(epochs) <= max(epochs) < EPOCHS:
            msg = "an epoch is out of range"
            raise ValueError(msg)
        named = issue.to_bytes(4, "big")
        if epochs is None:
            tail = named + _CHECK
            plain = b"".join([(one << 8).to_bytes(8, "big") + tail for one in subscribers])
        else:
            tails = {high: named + _check(high) for high in {epoch >> 8 for epoch in epochs}}
            plain = b"".join(
                [
                    (one << 8 | epoch & 0xFF).to_bytes(8, "big") + tails[epoch >> 8]
                    for one, epoch in zip(subscribers, epochs, strict=True)
                ]
            )
        return [
            _encode(self._ciphers[purpose][0].encryptor().update(plain)) for purpose in purposes
        ]

    def make_legacy(self, purpose: Purpose, numbers: Sequence[int], issue: int) -> list[str]:
        """As tokens were made of row numbers: what goes out again keeps the Message-ID it had."""
        tail = issue.to_bytes(3, "big") + _LEGACY_CHECK
        plain = b"".join([number.to_bytes(5, "big") + tail for number in numbers])
        tokens = _encode(self._ciphers[purpose][0].encryptor().update(plain))
        return [token.decode("ascii") for token in tokens]

    def read(self, purpose: Purpose, token: str) -> TokenClaims:
        """Raises TokenError unless `token` was made here for `purpose`."""
        block = _decode(token)
        for cipher in self._ciphers[purpose]:
            claims = _claims(cipher.decryptor().update(block))
            if claims is not None:
                return claims
        msg = f"not a token for {purpose}"
        raise TokenError(msg)

    def read_many(self, purpose: Purpose, tokens: Sequence[str]) -> list[TokenClaims | None]:
        """Read many tokens at once; None for each that is not a token for `purpose`."""
        found: list[TokenClaims | None] = [None] * len(tokens)
        places, blocks = _decode_many(tokens)
        made = TokenClaims._make
        for cipher in self._ciphers[purpose]:
            if not places:
                break
            plain = cipher.decryptor().update(blocks)
            missed = []
            for number, (person, issue, check) in enumerate(_FIELDS.iter_unpack(plain)):
                if check == _CHECK and issue < MAX_ISSUE_ID:  # nearly all: links that never changed
                    found[places[number]] = made((person >> 8, issue, person & 0xFF, False))
                    continue
                claims = found[places[number]] = _claims(_FIELDS.pack(person, issue, check))
                if claims is None:
                    missed.append(number)
            places, blocks = _only(missed, places, blocks)
        return found


def _check(high: int) -> bytes:
    """Return the last four bytes of a block: the epoch's high byte, and what is always the same."""
    return bytes([_CHECK[0] + high & 0xFF]) + _CHECK[1:]


def _claims(plain: bytes) -> TokenClaims | None:
    """Return what a deciphered block says; None if it is none of ours."""
    if plain[13:] == _CHECK[1:] and plain[8] < 1 << 7:
        epoch = (plain[12] - _CHECK[0] & 0xFF) << 8 | plain[7]
        return TokenClaims(
            int.from_bytes(plain[:7], "big"), int.from_bytes(plain[8:12], "big"), epoch
        )
    if plain[8:] == _LEGACY_CHECK:
        return TokenClaims(
            int.from_bytes(plain[:5], "big"), int.from_bytes(plain[5:8], "big"), legacy=True
        )
    return None


def token_to_hex(token: str) -> str:
    """Return the token in lower-case hexadecimal, for addresses, whose case may change on the way.

    ValueError for what is no token.
    """
    block = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    if len(block) != BLOCK:
        raise ValueError("not a token")
    return block.hex()


def token_from_hex(text: str) -> str:
    """Return the token that `token_to_hex` spelt, in any case; ValueError for other text."""
    block = bytes.fromhex(text)
    if len(block) != BLOCK:
        raise ValueError("not a token")
    return base64.urlsafe_b64encode(block)[:TOKEN_LENGTH].decode("ascii")


def _encode(blocks: bytes) -> list[bytes]:
    """Encode each block in base64url; two zero bytes after each make its text a whole group."""
    padded = bytearray(len(blocks) // BLOCK * (BLOCK + 2))
    for place in range(BLOCK):
        padded[place :: BLOCK + 2] = blocks[place::BLOCK]
    text = base64.urlsafe_b64encode(padded)
    return [text[start : start + TOKEN_LENGTH] for start in range(0, len(text), TOKEN_LENGTH + 2)]


def _decode(token: str) -> bytes:
    """Return the block of `token`. Raises TokenError for any but the canonical spelling."""
    try:
        block = base64.b64decode(token.encode("ascii") + b"==", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        block = b""
    canonical = base64.urlsafe_b64encode(block)[:TOKEN_LENGTH].decode("ascii")
    if len(block) != BLOCK or canonical != token:
        msg = "not a token"
        raise TokenError(msg)
    return block


def _decode_many(tokens: Sequence[str]) -> tuple[Sequence[int], bytes]:
    """Return the places of the tokens that are spelt canonically, and their blocks in a row.

    Two more letters make 18 bytes of each, and the last two are zero where it was canonical.
    """
    places: Sequence[int] = range(len(tokens))
    if set(map(len, tokens)) != {TOKEN_LENGTH} or not _LETTERS.fullmatch("".join(tokens)):
        places = [place for place, token in enumerate(tokens) if _SPELLING.fullmatch(token)]
        tokens = [tokens[place] for place in places]
    raw = base64.urlsafe_b64decode("AA".join([*tokens, ""]))
    blocks = bytearray(len(tokens) * BLOCK)
    for place in range(BLOCK):
        blocks[place::BLOCK] = raw[place :: BLOCK + 2]
    spare = [raw[BLOCK + place :: BLOCK + 2] for place in range(2)]
    if any(map(any, spare)):
        canonical = [place for place, pair in enumerate(zip(*spare, strict=True)) if not any(pair)]
        return _only(canonical, places, bytes(blocks))
    return places, bytes(blocks)


def _only(
    numbers: Sequence[int], places: Sequence[int], blocks: bytes
) -> tuple[Sequence[int], bytes]:
    """Return those of the places and blocks that have these numbers among them."""
    kept = [blocks[number * BLOCK : (number + 1) * BLOCK] for number in numbers]
    return [places[number] for number in numbers], b"".join(kept)


def _cipher(secret: str, purpose: Purpose) -> "Cipher[modes.ECB]":
    # Imported late: commands that make no token need no cryptography.
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415 - as said
        Cipher,
        algorithms,
        modes,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    key = HKDF(SHA256(), 32, salt=None, info=f"verdict-digest token {purpose}".encode()).derive(
        secret.encode()
    )
    # ECB over single independent blocks, each with its own redundancy: there is no message here.
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - see the module's docstring
