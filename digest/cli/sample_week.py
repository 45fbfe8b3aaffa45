"""Runs the demo: imports sample data, drafts, approves and sends an issue, and tells each step."""

import os
import shutil
import sys
from pathlib import Path

from pydantic import SecretStr

from digest.bootstrap import App, bootstrap
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import PageError
from digest.catalog.upsert import Change, upsert_page
from digest.cli.common import CommandError, collect_garbage_again
from digest.cli.issue.send import send_in_foreground
from digest.cli.processes import run_studio
from digest.database import ensure_current
from digest.issues.lifecycle import find_issue
from digest.number_words import count_of
from digest.pipeline.drafting import NothingNewError
from digest.samples import comparisons, subscribers
from digest.settings import ProviderName, read_settings
from schedules.registry import add_schedule, all_schedules
from subscribers.tables import SubscriberStatus
from subscribers.transfer.run import import_csv

SCHEDULE = "weekly"


def run_sample_week(folder: Path, *, studio_port: int | None = None) -> None:
    """Import, draft, check, approve and send; a second run says what is new.

    With `studio_port` the draft is left to an editor: the studio opens on it.
    """
    settings = read_settings(
        database_url=f"sqlite:///{folder}/digest.db",
        provider=ProviderName.OUTBOX,
        outbox_dir=folder / "outbox",
        postal_address="Verdict Digest, 12 Sample Street, 1010 Exampleton",
        public_url="http://localhost:8000",
        secret_key=SecretStr(""),
    )
    app = bootstrap(settings)
    try:
        ensure_current(app.store)
        collect_garbage_again()
        _import(app)
        _subscribe(app)
        number = _draft(app)
        if studio_port is not None:
            run_studio(app, number, studio_port)
            return
        if number is not None:
            _send(app, number, folder)
        _say_what_to_open(app, folder)
    finally:
        app.close()


def _import(app: App) -> None:
    tally = dict.fromkeys(Change, 0)
    for page in read_sources([str(comparisons())], None):
        if isinstance(page, PageError):
            raise CommandError(str(page))
        with app.store.write() as session:
            tally[upsert_page(session, page, app.clock()).change] += 1
    print(
        f"1  comparisons: {tally[Change.NEW]} new, {tally[Change.CHANGED]} changed, "
        f"{tally[Change.SAME]} unchanged"
    )


def _subscribe(app: App) -> None:
    with subscribers().open("rb") as rows:
        report = import_csv(
            app.store,
            app.hasher,
            rows,
            source="demo",
            status=SubscriberStatus.ACTIVE,
            now=app.clock(),
            wording="Sample data: nobody was asked, and nobody is mailed.",
        )
    print(f"2  subscribers: {report.added} new, {report.already} already there")
    with app.store.write() as session:
        if not all_schedules(session):
            add_schedule(session, SCHEDULE, "0 8 * * mon", "Europe/Berlin", now=app.clock())


def _draft(app: App) -> int | None:
    try:
        number = app.issues.draft(SCHEDULE)
    except NothingNewError as empty:
        print(f"3  no new issue: {empty}")
        print("   an empty week is skipped, not sent; change or add a comparison and run again")
        return None
    with app.store.read() as session:
        issue = find_issue(session, number)
        content = app.renderer.content(session, number)
    grouped = sum(len(group.matchups) for group in content.groups)
    print(f"3  issue {number} drafted: “{issue.subject}”")
    print(
        f"   lead {content.lead.title}; {count_of(grouped, 'comparison')} in groups, "
        f"{count_of(len(content.briefs), 'comparison')} in brief"
    )
    return number


def _send(app: App, number: int, folder: Path) -> None:
    from digest.message.personalization import slot_text

    findings = app.issues.findings(number)
    print(f"4  checked: {'; '.join(f'{one.where}: {one.what}' for one in findings)}")
    sha256 = app.issues.approve(number, by="demo")
    print(f"5  approved and frozen as {sha256[:16]}")
    print("6  ", end="", flush=True)
    send_in_foreground(app, number, detach=False)
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    personalization = app.renderer.sample_personalization(edition)
    (folder / f"issue-{number}.html").write_text(
        slot_text(edition.html, personalization, as_html=True), encoding="utf-8"
    )
    (folder / f"issue-{number}.txt").write_text(
        slot_text(edition.text, personalization, as_html=False), encoding="utf-8"
    )


def _say_what_to_open(app: App, folder: Path) -> None:
    pages = sorted(folder.glob("issue-*.html"))
    messages = sorted((app.settings.outbox_dir / "new").glob("*.eml"))
    print("\nOpen and look at")
    if pages:
        print(f"  {pages[-1]}   the issue, in a browser")
    if messages:
        print(f"  {messages[-1]}   a message as a reader gets it, in a mail program")
        print(f"  {app.settings.outbox_dir / 'new'}/   all {len(messages)} of them")
    environment = f"DIGEST_DATABASE_URL=sqlite:///{folder}/digest.db"
    print(f"  {environment} {_command()} studio   the studio: the issue, and what came of it")
    print("\nFinish an issue yourself, in the studio")
    print(f"  {_command()} demo --studio --folder {folder}-studio")


def _command() -> str:
    """Return how to call `digest` here: its virtualenv may not be on the path."""
    if shutil.which("digest"):
        return "digest"
    return os.path.relpath(sys.argv[0])
