"""Checks settings against what they name, so that every command tells of a fault at its start.

A command that only reads opens neither provider nor templates: these checks import no more of
them than they need, and refuse what `bootstrap` would refuse.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from digest.settings import ProviderName, Settings, SettingsError

if TYPE_CHECKING:
    from digest.deliver.providers.dkim.keys import DkimKey

MOST_NAMED = 20
"""Names that are no settings, each told with the setting that is likest."""
_LONGEST_NAME = 80


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


def unknown_settings(environment: Mapping[str, str], dotenv: str = ".env") -> list[str]:
    """Return a line for each name that begins like a setting but is none: a typing error.

    They stand in the environment or in the file `dotenv`. Each with the setting that is likest.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - few processes look for it

    from dotenv import dotenv_values  # noqa: PLC0415 - see above

    known = {f"DIGEST_{name.upper()}" for name in Settings.model_fields}
    given = {*environment, *(name.upper() for name in dotenv_values(dotenv))}
    unknown = sorted(name for name in given if name.startswith("DIGEST_") and name not in known)
    lines = [
        f"{name[:_LONGEST_NAME]} is no setting of this version"
        + "".join(f" (did you mean {one}?)" for one in get_close_matches(name, known, 1))
        for name in unknown[:MOST_NAMED]
    ]
    if len(unknown) > MOST_NAMED:
        lines.append(f"{len(unknown) - MOST_NAMED:,} more names are no settings of this version")
    return lines
