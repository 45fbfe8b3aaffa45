"""Reads a date or time that is meant in a schedule's zone."""

from datetime import UTC, datetime

import typer

from schedules.recurrence import parse_zone


def parse_in_zone(text: str, zone: str, option: str) -> datetime:
    """Return the moment: one without an offset is of `zone`, a bare date its first minute.

    Raises typer.BadParameter, which names `option`.
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=parse_zone(zone))).astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        msg = f"{option}: {text!r} is no time; it should look like 2026-11-23 or 2026-11-23T08:00"
        raise typer.BadParameter(msg) from None
