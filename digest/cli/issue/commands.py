"""digest issue: registers the commands about one issue, in the order of an issue's life."""

import typer

from digest.cli.issue import actions, approval, changes, editing, reading

app = typer.Typer(help="Issues: drafted, checked, approved, sent.", no_args_is_help=True)
app.command("draft", epilog="Example: digest issue draft --schedule weekly")(editing.draft)
app.command("list", epilog="Example: digest issue list --json")(reading.list_)
app.command("show", epilog="Example: digest issue show 3")(reading.show)
app.command("edit", epilog='Example: digest issue edit 3 --subject "SmolLM3 splits the panel"')(
    editing.edit
)
app.command("proposals", epilog="Example: digest issue proposals 3 --json")(reading.proposals)
app.command("diff", epilog="Example: digest issue diff 3")(changes.diff)
app.command("render", epilog="Example: digest issue render 3 --out build/")(editing.render)
app.command("test", epilog="Example: digest issue test 3 --to me@example.org")(editing.test)
app.command("check", epilog="Example: digest issue check 3")(approval.check)
app.command("approve", epilog="Example: digest issue approve 3")(approval.approve)
app.command("schedule", epilog="Example: digest issue schedule 3 --at 2026-11-23T08:00+01:00")(
    actions.schedule
)
app.command("pause", epilog="Example: digest issue pause 3")(actions.pause)
app.command("resume", epilog="Example: digest issue resume 3")(actions.resume)
app.command("cancel", epilog="Example: digest issue cancel 3")(actions.cancel)
app.command("send", epilog="Example: digest issue send 3")(actions.send)
app.command("status", epilog="Example: digest issue status 3 --json")(reading.status)
app.command("resend", epilog="Example: digest issue resend 3 --failed")(actions.resend)
app.command("give-up", epilog="Example: digest issue give-up 3")(actions.give_up)
app.command("preview", epilog="Example: digest issue preview 3")(editing.preview)
