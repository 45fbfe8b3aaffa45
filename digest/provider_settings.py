"""Checks what settings say of the provider, so that every command names a fault at its start.

A command that only reads opens no provider; this imports no more of one than the check needs.
"""

from typing import TYPE_CHECKING

from digest.settings import ProviderName, Settings, SettingsError

if TYPE_CHECKING:
    from digest.deliver.providers.dkim.keys import DkimKey


def check_provider(settings: Settings) -> None:
    """Raise SettingsError where the provider can't be opened with these settings."""
    if settings.provider is ProviderName.SENDGRID:
        from digest.deliver.providers.sendgrid.credentials import (  # noqa: PLC0415 - see above
            check_credentials,
        )

        try:
            check_credentials(settings.sendgrid_api_key.get_secret_value(), settings.sendgrid_host)
        except ValueError as error:
            raise SettingsError(f"DIGEST_{error}") from None
    if settings.provider is ProviderName.SMTP and settings.dkim_files:
        read_dkim_keys(settings)


def read_dkim_keys(settings: Settings) -> "list[DkimKey]":
    """Read the private keys that mail is signed with. Raises SettingsError."""
    from digest.deliver.providers.dkim.keys import (  # noqa: PLC0415 - see the module's docstring
        DkimKeyError,
        read_key,
    )

    try:
        return [read_key(selector, path) for selector, path in settings.dkim_files.items()]
    except DkimKeyError as error:
        raise SettingsError(f"DIGEST_DKIM_KEY_FILE: {error}") from None
