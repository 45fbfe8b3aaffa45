"""Checks settings against what they name, so that every command tells of a fault at its start.

A command that only reads opens neither provider nor templates: these checks import no more of
them than they need, and refuse what `bootstrap` would refuse.
"""

from typing import TYPE_CHECKING

from digest.settings import ProviderName, Settings, SettingsError

if TYPE_CHECKING:
    from digest.deliver.providers.dkim.keys import DkimKey


def check_settings(settings: Settings) -> None:
    """Raise SettingsError or TemplateError where `bootstrap` would, without opening anything."""
    if settings.templates and not (settings.templates / "email").is_dir():
        from digest.render.environment import email_environment  # noqa: PLC0415 - it raises

        email_environment(settings.templates)
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
