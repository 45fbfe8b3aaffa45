"""Words moments in an issue's zone, and reads those that a form states in it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from digest.language.language import ENGLISH
from schedules.recurrence import parse_zone
from schedules.tables import Schedule
from schedules.timetable import next_words
from schedules.words import place_words


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return `Monday 23 November 2026, 08:00 (Europe/Berlin)`."""
    local = moment.astimezone(zone)
    return f"{local:%A} {ENGLISH.written_date(local.date())}, {local:%H:%M} ({zone.key})"


def drafts_next(schedule: Schedule, now: datetime) -> str:
    """Return `drafts next on Mon 30 Nov 2026 08:00, sends ... (Berlin)`, or that it is paused."""
    words = next_words(schedule, now)
    if "next: " not in words or words.endswith("never"):
        return words.replace("next: never", "drafts nothing more")
    said = words.replace("next: ", "drafts next on ")
    return f"{said} ({place_words(parse_zone(schedule.zone))})"


def clock_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return `23 November 2026, 08:00`, for tables."""
    local = moment.astimezone(zone)
    return f"{ENGLISH.written_date(local.date())}, {local:%H:%M}"


def form_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Return the moment as a field of type `datetime-local` holds it."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def parse_form_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a `datetime-local` field states in `zone`, in UTC; None for none."""
    try:
        stated = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (stated if stated.tzinfo else stated.replace(tzinfo=zone)).astimezone(UTC)
