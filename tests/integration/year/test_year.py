"""A year of an operator: every message that a person needed was sent, none twice, none missing.

The plan says for each day what happens to the installation, and what Ana, its editor, has to be
told: written by hand from the calendar, not read from the product. `Plan.acts` takes more of them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.gate import Finding
from digest.gate.findings import Code, Level
from digest.issues.tables import Issue, IssueState
from digest.web.application import create_app
from store.errors import UserError
from tests.golden.seams import product
from tests.golden.seams.outside import Outside, bare
from tests.integration.year.operator import ANA, Operator
from tests.parts.world import Clock

YEAR = 2030
FIRST, LAST = date(YEAR, 1, 6), date(YEAR, 12, 31)
"""A Sunday, and the last day."""
OLD, NEW = "a secret of the old days that is long enough", "a newer secret that is long enough too"
READERS = ("ada@example.com", "bob@example.com", "cy@example.com")
Act = Callable[[Operator], None]


def day(month: int, number: int) -> date:
    return date(YEAR, month, number)


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


@pytest.fixture
def operator(
    tmp_path: Path, sqlite_pattern: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Operator]:  # fmt: skip
    bare(monkeypatch, tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/digest.db").write_bytes(sqlite_pattern.read_bytes())
    for name, value in {
        "DIGEST_SECRET_KEY": OLD,
        "DIGEST_PUBLIC_URL": "https://digest.example.org",
        "DIGEST_POSTAL_ADDRESS": "12 Example Road, 1010 Town",
        "DIGEST_SENDER": "Weekly Verdicts <digest@example.org>",
        "DIGEST_GATE_TOOLS": "no",
    }.items():
        monkeypatch.setenv(name, value)
    clock = Clock(datetime(YEAR, 1, 5, 12, tzinfo=UTC))
    product.set_clock(monkeypatch, clock)
    made = Operator(Outside(tmp_path, monkeypatch, lambda: tuple(capsys.readouterr())), clock)
    yield made
    made.app.close()


class Plan:
    """What happens when, and what Ana is to be told of it."""

    def __init__(self) -> None:
        self.acts: dict[date, list[Act]] = defaultdict(list)
        """At noon (UTC), by day."""
        self.absent: set[date] = set()
        """Days on which nothing runs at all."""
        self.told: list[tuple[date, str]] = []
        self.sent: Counter[tuple[str, int, str]] = Counter()
        self.readers = set(READERS)
        self.drafted = 0

    def draft(self, on: date, *, told: bool = True) -> int:
        """Expect an issue that is drafted on that day; return its number."""
        self.drafted += 1
        if told:
            self.told.append((on, f"Issue {self.drafted} waits for you"))
        return self.drafted

    def through(self, on: date, number: int, series: str = "weekly") -> None:
        """Expect the issue at each reader of that day, once, and that Ana is told."""
        self.told.append((on, f"Issue {number} is through"))
        self.sent.update((series, number, email) for email in self.readers)


def approve_newest(operator: Operator, *, start: bool) -> None:
    """Ana has read her message: she approves the draft, and sends it where nothing else does."""
    with operator.app.store.read() as session:
        drafts = session.exec(select(Issue.number).where(Issue.state == IssueState.DRAFT)).all()
    for number in drafts:
        operator.app.issues.approve(number or 0, by="ana")
        if start:
            operator.app.issues.start(number or 0)


def start_approved(operator: Operator, number: int) -> None:
    operator.app.issues.approve(number, by="ana")
    operator.app.issues.start(number)


@pytest.mark.timeout(900)
def test_a_year_of_an_operator(operator: Operator) -> None:
    operator.digest("editors", "add", ANA)
    for email in READERS:
        operator.digest("subscribers", "add", email)
    operator.publish(day(1, 5))
    operator.digest(
        "source", "add", "site", str(operator.folder), "--every", "1d", "--first", "new"
    )
    operator.digest("schedule", "add", "weekly", "--zone", "Europe/Berlin")
    operator.digest("schedule", "add", "monthly", "--cron", "0 6 1 * *", "--automatic")
    plan = Plan()
    live(operator, plan)
    assert sorted(operator.relay.told) == sorted(plan.told)
    assert operator.received() == plan.sent, "each issue at each reader once"


def rounds_of(today: date, acts: list[Act]) -> tuple[int, ...]:
    """Return the hours (UTC) at which something can happen; a year has to pass quickly."""
    if today == DISK_IS_FULL:
        return (7, 8, 9, 10, 11)
    if today.isoweekday() == 5 or today == day(11, 14):
        return (7, 11)
    away = FOLDER_IS_AWAY[0] <= today <= FOLDER_IS_AWAY[1]
    return (7,) if acts or away or today.isoweekday() in (1, 7) or today.day == 1 else ()


def live(operator: Operator, plan: Plan) -> None:
    """Let the year pass: two rounds a day, more where something happens, and a person at noon."""
    first_half(plan)
    second_half(plan)
    for today in days(FIRST, LAST):
        if today in plan.absent:
            if today.isoweekday() == 6:
                operator.publish(today)
            continue
        acts = plan.acts.get(today, [])
        for hour in rounds_of(today, acts):
            operator.round(today, hour)
        for act in acts:
            operator.clock.now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
            act(operator)
        if acts:
            operator.round(today, 13)
        if today.isoweekday() == 6 and today not in SILENT and operator.folder.exists():
            operator.publish(today)


FOLDER_IS_AWAY = (day(2, 5), day(2, 12))
PAUSED = (day(4, 5), day(4, 22))
ASLEEP = (day(5, 7), day(5, 28))
UPGRADED = day(6, 12)
KEYS_CHANGED = day(7, 9)
FORGOTTEN = day(7, 19)
DISK_IS_FULL = day(8, 12)
SAVED, LOST = day(9, 8), day(9, 10)
GATE_STOPS = day(10, 1)
SILENT = set(days(day(11, 2), day(11, 23)))
NOTHING_NEW = (day(6, 14), day(11, 8), day(11, 15), day(11, 22), day(11, 29))
"""Fridays: the first one, since Monday's issue had all there was; and those of November."""
RELAY_IS_AWAY = (day(12, 13), day(12, 14))
RESTS = (date(2030, 12, 23), date(2031, 1, 5))


def monthly(plan: Plan, today: date) -> None:
    """On the first of the month an issue goes out by itself."""
    if today.day == 1:
        plan.through(today, plan.draft(today, told=False), "monthly")


def first_half(plan: Plan) -> None:
    """Drafts on Mondays; Ana approves and sends them by hand at noon."""
    plan.acts[FOLDER_IS_AWAY[0]].append(lambda op: op.folder.rename(op.folder.with_name("away")))
    plan.acts[FOLDER_IS_AWAY[1]].append(_bring_back)
    plan.acts[day(3, 18)].append(lambda op: _leave(op, "bob@example.com"))
    plan.acts[PAUSED[0]].append(
        lambda op: op.digest("schedule", "pause", "weekly", "--until", PAUSED[1].isoformat())
    )
    plan.absent |= set(days(*ASLEEP))
    woken = ASLEEP[1] + timedelta(days=1)
    plan.acts[woken].append(_run_what_was_held)
    plan.acts[UPGRADED].append(_upgrade)
    for today in days(FIRST, UPGRADED):
        monthly(plan, today)
        if today == day(2, 8):
            plan.told.append((today, "The source site fails"))
        if today == woken:
            plan.told.append((today, "weekly"))
            plan.through(today, plan.draft(today))
        if today.isoweekday() != 1 or today in plan.absent:
            continue
        if PAUSED[0] < today < PAUSED[1]:
            continue
        if FOLDER_IS_AWAY[0] < today < FOLDER_IS_AWAY[1]:
            plan.told.append((today, "weekly"))
            continue
        plan.acts[today].insert(0, lambda op: approve_newest(op, start=True))
        plan.through(today, plan.draft(today))
        if today == day(3, 18):
            plan.readers.discard("bob@example.com")


def second_half(plan: Plan) -> None:
    """Drafts on Fridays, approved by Ana at noon; what is approved goes out on Mondays."""
    _faults_of_second_half(plan)
    waiting = 0
    for today in days(UPGRADED + timedelta(days=1), LAST):
        if today == KEYS_CHANGED:
            plan.readers.add("dora@example.com")
        _month_of_second_half(plan, today)
        if today == day(11, 14):
            plan.told.append((today, "The source site is silent"))
        if today.isoweekday() == 1 and waiting:
            _monday(plan, today, waiting)
            waiting = 0
        if today.isoweekday() == 5 and today + timedelta(days=3) < RESTS[0]:
            waiting = _friday(plan, today)


def _faults_of_second_half(plan: Plan) -> None:
    one = timedelta(days=1)
    plan.acts[KEYS_CHANGED].append(_change_keys)
    plan.acts[DISK_IS_FULL - one].append(lambda op: _fail(op, "no space left on device"))
    plan.acts[DISK_IS_FULL].append(lambda op: _fail(op, ""))
    plan.acts[SAVED].append(lambda op: op.digest("database", "backup", "sunday.db"))
    plan.acts[LOST].append(_restore)
    plan.acts[GATE_STOPS - one].append(_stop_at_gate)
    plan.acts[RELAY_IS_AWAY[0] - one].append(lambda op: _fail(op, "no route to host"))
    plan.acts[RELAY_IS_AWAY[1]].append(lambda op: _fail(op, ""))
    rests = f"{RESTS[0]}..{RESTS[1]}"
    plan.acts[day(12, 2)].append(
        lambda op: op.digest("schedule", "edit", "weekly", "--skip", rests)
    )


def _month_of_second_half(plan: Plan, today: date) -> None:
    if today == GATE_STOPS:
        number = plan.draft(today, told=False)
        plan.told.append((today, f"Issue {number} did not go out"))
        plan.acts[today].append(lambda op: _pass_gate(op, number))
        plan.through(today, number, "monthly")
    elif today == day(12, 1):
        plan.told.append((today, "monthly"))  # nothing came in all of November
    else:
        monthly(plan, today)


def _monday(plan: Plan, today: date, waiting: int) -> None:
    if today == FORGOTTEN + timedelta(days=3):
        plan.told.append((today, f"Issue {waiting} did not go out"))
        later = today + timedelta(days=1)
        plan.acts[later].append(lambda op: start_approved(op, waiting))
        plan.through(later, waiting)
        return
    if today == DISK_IS_FULL:
        plan.told.append((today, f"Issue {waiting} hangs"))
    plan.through(today, waiting)


def _friday(plan: Plan, today: date) -> int:
    if today in NOTHING_NEW:
        plan.told.append((today, "weekly"))
        return 0
    told = RELAY_IS_AWAY[1] if today == RELAY_IS_AWAY[0] else today
    number = plan.draft(told)
    if today != FORGOTTEN:
        plan.acts[told].append(lambda op: approve_newest(op, start=False))
    return number


def _bring_back(operator: Operator) -> None:
    operator.folder.with_name("away").rename(operator.folder)
    operator.publish(operator.clock().date())


def _leave(operator: Operator, email: str) -> None:
    operator.round(operator.clock().date(), 12)  # the issue of that day was theirs yet
    operator.digest("subscribers", "unsubscribe", email)


def _run_what_was_held(operator: Operator) -> None:
    """The message and `schedule runs` both name the command."""
    held = operator.outside.json("schedule", "runs", "weekly")[0]
    assert (held["state"], held["issue"]) == ("held", None)
    operator.digest(*held["go_on"].split()[1:])
    operator.round(operator.clock().date(), 12)
    approve_newest(operator, start=True)


def _upgrade(operator: Operator) -> None:
    """The store is one of half a year ago, and the new version won't touch it before."""
    operator.age_store("0022")
    refused = operator.outside.run("schedule", "list")
    assert (refused.status, "digest database upgrade" in refused.err) == (1, True)
    operator.digest("database", "upgrade")
    operator.restart()
    operator.digest(
        "schedule", "edit", "weekly", "--cron", "0 12 * * fri", "--send-cron", "0 8 * * mon"
    )


def _change_keys(operator: Operator) -> None:
    """Links of mail that was sent before go on working; and somebody new comes."""
    old = product.link_tokens(OLD, "ada@example.com", 0)["preferences"]
    operator.outside.patch.setenv("DIGEST_SECRET_KEY", f"{NEW},{OLD}")
    operator.restart()
    client = TestClient(create_app(operator.app), "https://digest.example.org")
    assert client.get(f"/preferences/{old}").status_code == 200
    operator.digest("subscribers", "add", "dora@example.com")


def _fail(operator: Operator, fault: str) -> None:
    operator.relay.fault = fault


def _restore(operator: Operator) -> None:
    """Monday's issue is not sent again, though the backup of Sunday has it scheduled."""
    operator.app.close()
    operator.digest("database", "restore", "sunday.db")
    operator.restart()
    operator.round(operator.clock().date(), 12, 15)
    with pytest.raises(UserError, match="restored"):
        operator.app.guard.ensure_may_send()
    operator.digest("database", "release")


def _stop_at_gate(operator: Operator) -> None:
    operator.gate.stated.append(
        Finding(Level.BLOCKS, next(iter(Code)), "the subject", "shouts", "say it calmly")
    )


def _pass_gate(operator: Operator, number: int) -> None:
    operator.gate.stated.clear()
    start_approved(operator, number)
