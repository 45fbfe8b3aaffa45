"""Reports faults to a Sentry-compatible service, where one is set and its library installed."""

from typing import Any

from digest.logs.redaction import redact
from store.errors import UserError

MISSING = (
    "DIGEST_SENTRY_DSN is set and sentry-sdk is not installed; "
    'install it with: pip install "verdict-digest[sentry]"'
)


class SentryError(UserError):
    """The service is set, and can't be used."""


def report_faults(dsn: str, release: str) -> None:
    """Send log records of level error, and exceptions, to `dsn`; nothing of a person goes along.

    Raises SentryError where the library is missing or the DSN is none.
    """
    try:
        import sentry_sdk  # noqa: PLC0415 - an extra that few install
        from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415 - as above
    except ImportError:
        raise SentryError(MISSING) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            release=release,
            include_local_variables=False,
            max_request_body_size="never",
            before_send=lambda event, _: without_people(event),
            # Warnings are no faults, and breadcrumbs would carry other people's requests along.
            integrations=[LoggingIntegration(level=None)],
            default_integrations=False,
            auto_session_tracking=False,
        )
    except ValueError as error:
        msg = f"DIGEST_SENTRY_DSN: {error}; it should look like https://key@sentry.example.org/1"
        raise SentryError(msg) from None


def without_people(event: Any) -> Any:
    """Return an event, or any part of one, with its texts redacted and its request left out."""
    if isinstance(event, str):
        return redact(event)
    if isinstance(event, dict):
        return {
            name: without_people(value)
            for name, value in event.items()
            if name not in ("request", "user", "breadcrumbs", "server_name")
        }
    return [without_people(one) for one in event] if isinstance(event, list | tuple) else event
