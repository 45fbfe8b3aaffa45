"""digest issue check and approve: what the gate says, and what an editor says to it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    Number,
    acting_user,
    format_time,
    open_app,
    print_json,
)
from digest.cli.issue.edit_common import By

if TYPE_CHECKING:
    from digest.gate import Finding


def check(number: Number, as_json: AsJson = False) -> None:
    """The gate: every finding; exit 1 if one blocks."""
    from digest.gate import blocking

    with open_app() as app:
        findings = app.issues.findings(number)
        despite = {one.code for one in app.issues.overrides(number)}
    against = blocking(findings, despite)
    if as_json:
        print_json(
            [
                _as_json(one) | {"blocks": one in against, "let_pass": one.code in despite}
                for one in findings
            ]
        )
    else:
        for finding in findings:
            print(f"{finding} (let pass)" if finding.code in despite else finding)
    if against:
        raise CommandError(f"issue {number} may not go out: {len(against)} block it")
    if not as_json:
        print(f"issue {number} may go out")


def approve(
    number: Number,
    despite: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Let this finding of the gate pass; may be repeated."),
    ] = None,
    because: Annotated[str, typer.Option(help="Why; kept with the issue.")] = "",
    seen: Annotated[
        int | None,
        typer.Option(
            "--seen",
            min=0,
            metavar="REVISION",
            help="The revision that you looked at; no other is approved.",
        ),
    ] = None,
    by: By = None,
) -> None:
    """Freeze what is previewed: those bytes will be sent, and no others."""
    from digest.pipeline.scheduled_sends import ScheduledSends

    with open_app() as app:
        sha256 = app.issues.approve(
            number, by=by or acting_user(), despite=despite or (), because=because, seen=seen
        )
        sends = ScheduledSends(app.store, app.issues, app.clock, app.guard.released_at)
        send_at = sends.planned(number)
    print(f"issue {number} is approved, frozen as {sha256[:16]}")
    if send_at is None:
        print(f"send it with: digest issue send {number}")
        return
    print(f"goes out {format_time(send_at)}, if digest serve or digest worker runs then")
    print(f"to send it now: digest issue send {number}")


def _as_json(finding: "Finding") -> dict[str, Any]:
    """Return a finding under the keys of `--json`, where `mend` is the fix."""
    return {
        "level": finding.level,
        "code": finding.code,
        "where": finding.where,
        "what": finding.what,
        "mend": finding.fix,
    }
