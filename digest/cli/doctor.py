"""digest doctor: configuration, database, provider, and what mailbox providers would object to."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.cli.frame import Refused, opened

if TYPE_CHECKING:
    from digest.bootstrap import App


MARKS = {True: "ok  ", None: "note", False: "BAD "}
"""A note is fine for trying it out and not for real mail."""


def doctor() -> None:
    """Check configuration, database and provider.

    Example: digest doctor
    """
    bad = 0
    with opened() as app:
        for fine, line in _findings(app):
            bad += fine is False
            print(f"{MARKS[fine]} {line}")
    if bad:
        raise Refused(f"{bad} to mend")


def _findings(app: "App") -> Iterator[tuple[bool | None, str]]:
    from digest.deliver.provider import ProviderError
    from digest.settings import ProviderName, unknown_settings

    settings = app.settings
    where = app.store.name
    yield True, f"database {where} is up to date"
    try:
        app.provider.check()
    except ProviderError as error:
        yield False, f"provider {settings.provider}: {error}"
    else:
        yield True, f"provider {settings.provider} answers"
    real = settings.provider is not ProviderName.OUTBOX
    public = settings.public_url.startswith("https://")
    yield (
        public or (False if real else None),
        f"public address {settings.public_url}"
        + (
            "" if public else " (readers can't reach it: set DIGEST_PUBLIC_URL to an https address)"
        ),
    )
    address = bool(settings.postal_address.strip())
    yield (
        address or (False if real else None),
        "postal address " + ("is set" if address else "is missing: set DIGEST_POSTAL_ADDRESS"),
    )
    yield True, f"mail is from {settings.sender}"
    for name in unknown_settings(os.environ):
        yield None, f"{name} is no setting of this version"
