"""Tells which part of a domain name somebody registered, by the Public Suffix List.

The list comes with the package `publicsuffixlist`; nothing is fetched. Its private section counts
too: two names below `github.io` belong to two different people.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def organizational_domain(domain: str) -> str:
    """Return the registered domain (RFC 7489 section 3.2): `example.co.uk` of `a.example.co.uk`.

    A name that is a public suffix itself, as `co.uk` is, is returned as it is.
    """
    name = domain.lower().rstrip(".")
    return _public_suffixes().privatesuffix(name) or name


def is_public_suffix(domain: str) -> bool:
    """Return whether anybody can register names directly below `domain`, as below `co.uk`."""
    return bool(_public_suffixes().is_public(domain.lower().rstrip(".")))


def same_organization(one: str, other: str) -> bool:
    """Return whether both names are below, or are, the same registered domain."""
    return organizational_domain(one) == organizational_domain(other)


@cache
def _public_suffixes() -> "PublicSuffixList":
    # Reading the list takes 50 ms, which a command that does not need it should not wait for.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - see above

    return PublicSuffixList()
