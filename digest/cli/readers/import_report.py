"""Runs `digest subscribers import`: progress, the rows that were refused, counts at the end."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from digest.cli.common import CommandError, open_app
from digest.cli.progress_bar import ProgressBar

if TYPE_CHECKING:
    from datetime import datetime

    from digest.bootstrap import App
    from subscribers.tables import SubscriberStatus
    from subscribers.transfer.refused_rows import ImportReport

IMPORT_WORDING = "Imported from {source}; the operator states that consent was given."


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The arguments of one import; `file` is "-" for standard input."""

    file: str
    status: "SubscriberStatus | None" = None
    report_to: Path | None = None
    dry: bool = False
    maps: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    encoding: str | None = None
    dates: str | None = None
    consent: str = ""
    consent_at: "datetime | None" = None


def import_file(request: ImportRequest) -> None:
    """Import a file. Raises CommandError if it or a row of it was refused."""
    from subscribers.transfer.cells.dates import DateOrder
    from subscribers.transfer.formats.detect import UnclearColumnError, column_choices
    from subscribers.transfer.refused_rows import RefusedFile
    from subscribers.transfer.run import ImportRefusedError, import_csv

    file, path = request.file, _report_path(request)
    with (
        open_app() as app,
        _source(file) as (rows, size),
        RefusedFile(path) as refused,
        ProgressBar(size) as bar,
    ):
        try:
            report = import_csv(
                app.store,
                app.hasher,
                rows,
                source=file,
                status=request.status,
                now=app.clock(),
                wording=request.consent or IMPORT_WORDING.format(source=file),
                consent_at=request.consent_at,
                refused=refused,
                dry=request.dry,
                choices=column_choices(request.maps, request.ignored),
                encoding=request.encoding,
                order=DateOrder(request.dates) if request.dates else None,
                progress=_progress(bar, size),
            )
        except (ImportRefusedError, UnclearColumnError) as error:
            raise CommandError(f"{file}: {error}") from None
        foreign = _of_other_secrets(report, app)
    _account(report, path, dry=request.dry)
    for line in foreign:
        print(line, file=sys.stderr)
    if report.refused_count:
        raise CommandError


def _report_path(request: ImportRequest) -> Path:
    """Return where refused rows go. Raises CommandError where they can't, before anybody is added.

    What comes through a pipe has no folder of its own: theirs is the working directory.
    """
    file = Path(request.file)
    if request.file == "-" or file.is_relative_to("/dev"):
        file = Path("standard-input")
    path = request.report_to or file.with_name(f"{file.name}.refused.csv")
    if request.file != "-" and path.resolve() == Path(request.file).resolve():
        raise CommandError(f"--report: {path} is the file to import; name another")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise CommandError(
            f"--report: refused rows can't be written to {path}; name a file in a folder of yours"
        )
    return path


def _of_other_secrets(report: "ImportReport", app: "App") -> list[str]:
    """Return a line for each thing of an export that does not work with the secrets here."""
    if not report.secrets:
        return []
    from subscribers.addresses import HASHES
    from subscribers.hash_key import fingerprint_of

    lines = []
    links = {one for one in report.secrets if not one.startswith(HASHES)}
    if other := sorted(links - {fingerprint_of(one) for one in app.settings.secrets}):
        lines.append(
            "links in mail sent before will not open here: they were made with another secret "
            f"(fingerprint {' or '.join(other)}); to read them too, put it after the own one: "
            "DIGEST_SECRET_KEY=own,other"
        )
    if report.erased and report.secrets - links and app.hasher.fingerprint() not in report.secrets:
        lines.append(
            f"{report.erased} who were erased there are not known here: their hashes were made "
            "with another key; erase whom you know of by digest subscribers erase EMAIL"
        )
    return lines


def _account(report: "ImportReport", path: Path, *, dry: bool) -> None:
    print(f"read as {report.read_as}", file=sys.stderr)
    for refused in report.refused:
        print(refused, file=sys.stderr)
    if report.refused_count > len(report.refused):
        print(f"and {report.refused_count - len(report.refused)} more", file=sys.stderr)
    if report.refused_count:
        print(f"all refused rows are in {path}: correct them there and import it", file=sys.stderr)
    if report.unreadable_dates:
        print(
            f"{report.unreadable_dates} dates could not be read; "
            "their rows were taken without them "
            "(expected 2026-11-23 or 2026-11-23 08:00:00)",
            file=sys.stderr,
        )
    if report.no_names:
        print(f"{report.no_names} names were no names, such as NULL; left empty", file=sys.stderr)
    if report.unused:
        print(f"no place here for the columns: {', '.join(report.unused)}", file=sys.stderr)
    if report.run is not None and report.added + report.departed:
        undo = f"digest subscribers import --undo {report.run}"
        print(f"this was import {report.run}; to take it back: {undo}", file=sys.stderr)
    print(
        f"{'dry run: ' if dry else ''}{report.added} added, {report.already} already there, "
        f"{report.repeated} repeated, {report.suppressed} suppressed, "
        f"{report.refused_count} refused, {report.departed} kept as departed"
    )


@contextmanager
def _source(file: str) -> Iterator[tuple[BinaryIO, int]]:
    """Yield the file and its size in bytes, 0 for a pipe."""
    if file == "-":
        # Python has none where its descriptor was closed (`<&-`).
        if cast("object", sys.stdin) is None:
            raise CommandError("standard input is closed: pipe a list in, or name a file")
        yield sys.stdin.buffer, 0
        return
    with Path(file).open("rb") as rows:
        yield rows, Path(file).stat().st_size


def _progress(bar: ProgressBar, size: int) -> Callable[[int], None]:
    """Return the callback for the bytes read so far; it shows nothing for a pipe."""

    def show(done: int) -> None:
        if size and bar.is_due():
            bar.show(done, f"{100 * done / size:.0f} % of {size / 1e6:,.1f} MB")

    return show
