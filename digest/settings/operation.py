"""Reads the settings of whoever runs it: logs, metrics, faults, messages to editors, backups."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from digest.logs.formatters import LogFormat, LogLevel
from digest.settings.access_tokens import AccessTokenSettings
from digest.settings.validators import backup_every_text, backup_recipient_text, web_address
from store.durations import parse_minutes


class OperationSettings(AccessTokenSettings):
    """How an operator learns of what happens, and what is kept of it."""

    studio_url: Annotated[str, AfterValidator(web_address)] = "http://localhost:8026"
    """Where the button of a message to editors leads."""
    editors_webhook: SecretStr = SecretStr("")
    """Like https://hooks.example.org/digest: what editors are told is posted there as JSON."""
    metrics_token: SecretStr = SecretStr("")
    """The bearer token that /metrics asks for; if empty, nobody sees it."""
    log_format: LogFormat = LogFormat.TEXT
    """How the lines of `digest serve`, `web`, `worker` and `scheduler` look: text or json."""
    log_level: LogLevel = LogLevel.INFO
    sentry_dsn: SecretStr = SecretStr("")
    """Like https://key@sentry.example.org/1: where faults are reported to; if empty, nowhere."""
    backup_every: Annotated[str, AfterValidator(backup_every_text)] = ""
    """How often a worker makes a backup, like 1d or 12h; if empty, never."""
    backup_keep: int = Field(default=7, ge=1, le=10_000)
    """How many of these backups are kept."""
    backup_folder: Path = Path("var/backups")
    backup_recipient: Annotated[str, AfterValidator(backup_recipient_text)] = ""
    """Public keys that backups are encrypted for, like age1..., separated by commas."""

    @property
    def backup_minutes(self) -> int:
        """Minutes from one backup to the next; 0 if none are made."""
        return parse_minutes(self.backup_every)
