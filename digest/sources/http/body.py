"""Reads the body of an answer: bounded before and after it is decompressed."""

import zlib
from collections.abc import Iterable

from digest.sources.errors import FetchError

_GZIP_OR_ZLIB = 47
_RAW_DEFLATE = -15
GZIP_MAGIC = b"\x1f\x8b"


def read_body(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Return the whole body, decompressed. Raises FetchError beyond `limit` bytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _bounded(chunks, limit)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(
            f"found the encoding {encoding[:40]}, expected gzip or none", is_final=True
        )
    return _decompressed(chunks, limit)


def gunzip(data: bytes, limit: int) -> bytes:
    """Return what a .gz file holds, such as a sitemap. Raises FetchError."""
    return _decompressed([data], limit)


def _bounded(chunks: Iterable[bytes], limit: int) -> bytes:
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > limit:
            raise _too_large(limit)
    return bytes(whole)


def _decompressed(chunks: Iterable[bytes], limit: int) -> bytes:
    whole = bytearray()
    unpack = None
    read = 0
    for chunk in chunks:
        if not chunk:
            continue
        read += len(chunk)
        if read > limit:
            raise _too_large(limit)
        if unpack is None:
            # Some servers send deflate without the zlib header that RFC 9110 asks for.
            is_raw = chunk[:2] != GZIP_MAGIC and (chunk[0] & 0x0F) != zlib.DEFLATED
            unpack = zlib.decompressobj(_RAW_DEFLATE if is_raw else _GZIP_OR_ZLIB)
        try:
            whole += unpack.decompress(chunk, limit + 1 - len(whole))
        except zlib.error:
            raise FetchError("the compressed body is damaged") from None
        if len(whole) > limit:
            raise _too_large(limit)
    if unpack is not None and not unpack.eof:
        raise FetchError("the compressed body ends in the middle")
    return bytes(whole)


def _too_large(limit: int) -> FetchError:
    most = f"{limit / 2**20:g} MiB"
    return FetchError(f"found more than {most}, expected {most} at most", is_final=True)
