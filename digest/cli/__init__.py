"""The command line: one module per noun.

Comes in: arguments, settings. Goes out: lines or JSON on stdout, an exit status. Commands are
thin: they call the rooms, and import what they call when they run.

Exit 0 done, 1 refused or a check failed (one line why, on stderr), 2 usage.
"""

import gc
import os
import sys

import typer

from digest.cli import (
    comparisons,
    demo,
    doctor,
    editors,
    monitoring,
    processes,
    schedule,
    service,
    source,
    status,
    studio,
    template,
)
from digest.cli.common import CommandError, error_line, open_closed_streams
from digest.cli.database import commands as database
from digest.cli.issue import commands, report
from digest.cli.readers import bounces, subscribers, suppressions
from digest.logs.setup import log_warnings

app = typer.Typer(
    name="digest",
    help="Weekly AI Tool Verdicts: pick, render, approve, deliver and track a newsletter digest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(comparisons.app, name="comparisons")
app.add_typer(commands.app, name="issue")
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(bounces.app, name="bounces")
app.add_typer(schedule.app, name="schedule")
app.add_typer(service.app, name="service")
app.add_typer(source.app, name="source")
app.add_typer(editors.app, name="editors")
app.add_typer(database.app, name="database")
app.add_typer(monitoring.app, name="monitoring")
app.add_typer(template.app, name="template")
app.command("demo")(demo.demo)
app.command("serve")(processes.serve)
app.command("web")(processes.web)
app.command("worker")(processes.worker)
app.command("scheduler")(processes.scheduler)
app.command("studio")(studio.studio)
app.command("report")(report.report)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; known errors become one line and exit status 1."""
    # Nothing that an import makes is garbage: looking for it takes a tenth of a short command's
    # time. Whatever opens the database switches this on again.
    gc.disable()
    open_closed_streams()
    log_warnings()
    try:
        try:
            app()
        finally:
            # Here and not as the interpreter ends, which would report a reader that has gone.
            sys.stdout.flush()
    except CommandError as error:
        if str(error):
            print(error, file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        line = error_line(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
        sys.exit(1)
    finally:
        gc.enable()
