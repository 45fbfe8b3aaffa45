"""In every zone and year, each local time that a rule names comes due once (RFC 5545, 3.3.5)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedules.recurrence import Recurrence

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
SPAN = timedelta(days=10)
DAY = timedelta(days=1)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows at `moment`."""
    return moment.astimezone(zone).replace(tzinfo=None)


def names(wall: datetime, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether `moment` is when `wall` comes due: shown then, or skipped just before."""
    there = moment.astimezone(zone)
    if there.replace(tzinfo=None) == wall:
        return there.fold == 0  # the first of two
    ahead = there.replace(tzinfo=None) - wall
    if not timedelta() < ahead <= DAY:
        return False
    # Skipped: no instant shows it, and `moment` would, had the clock not gone forward.
    instants = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    before = moment - ahead - timedelta(minutes=1)
    old = before.astimezone(zone).utcoffset() or timedelta()
    return (
        all(shown(one, zone) != wall for one in instants)
        and moment.replace(tzinfo=None) + old == wall
    )


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(1971, 1, 10), date(2120, 12, 1)),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    weekdays=st.sampled_from(["*", "mon,sat"]),
)
@example(ZoneInfo("Europe/Berlin"), date(2026, 3, 27), 2, 30, "*")
@example(ZoneInfo("Europe/Berlin"), date(2026, 10, 23), 2, 30, "*")
@example(ZoneInfo("Australia/Lord_Howe"), date(2026, 10, 1), 2, 15, "*")
@example(ZoneInfo("Pacific/Apia"), date(2011, 12, 27), 8, 0, "*")
@example(ZoneInfo("America/Sao_Paulo"), date(2018, 11, 1), 0, 0, "*")
@example(ZoneInfo("Africa/Monrovia"), date(1972, 1, 5), 0, 30, "*")
@example(ZoneInfo("Pacific/Kwajalein"), date(1993, 8, 18), 12, 0, "*")
def test_each_local_time_comes_due_once(
    zone: ZoneInfo, day: date, hour: int, minute: int, weekdays: str
) -> None:
    """Ten days, often with a change of the clocks in them, and every wall-clock time named."""
    rule = f"{minute} {hour} * * {weekdays}"
    start = datetime.combine(day, time(12), UTC)
    found = Recurrence.parse(rule, zone.key).due_times(start, start + SPAN)
    assert found == sorted(set(found))
    first = day - 3 * DAY
    walls = [
        datetime.combine(first + n * DAY, time(hour, minute))
        for n in range(17)
        if weekdays == "*" or (first + n * DAY).isoweekday() in (1, 6)
    ]
    served: dict[datetime, list[datetime]] = {wall: [] for wall in walls}
    for moment in found:
        of_it = [wall for wall in walls if names(wall, moment, zone)]
        assert of_it, f"{moment} is no time of {rule}"
        for wall in of_it:
            served[wall].append(moment)
    assert all(len(moments) <= 1 for moments in served.values())
    # Those well inside the span all came: none is lost to a change of the clocks.
    inside = [
        wall
        for wall in walls
        if start + 2 * DAY <= wall.replace(tzinfo=UTC) <= start + SPAN - 2 * DAY
    ]
    assert all(served[wall] for wall in inside)


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(1971, 1, 10), date(2120, 12, 1)),
    cut=st.integers(0, 10 * 24 * 60),
)
def test_two_spans_in_a_row_hold_what_one_does(zone: str, day: date, cut: int) -> None:
    """Nothing comes due twice, and nothing is lost, wherever a tick falls."""
    rule = Recurrence.parse("*/30 0-3 * * *", zone)
    start = datetime.combine(day, time(0), UTC)
    middle, end = start + timedelta(minutes=cut), start + SPAN
    halves = rule.due_times(start, middle) + rule.due_times(middle, end)
    assert halves == rule.due_times(start, end)
