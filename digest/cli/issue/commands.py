"""digest issue: registers the commands about one issue, in the order of an issue's life."""

import typer

from digest.cli.issue import (
    actions,
    approval,
    diff,
    editing,
    picks,
    reading,
    report,
    revisions,
    showing,
    texts,
)

app = typer.Typer(help="Issues: drafted, checked, approved, sent.", no_args_is_help=True)
app.command("draft", epilog="Example: digest issue draft --schedule weekly")(editing.draft)
app.command("list", epilog="Example: digest issue list --json")(reading.list_)
app.command("show", epilog="Example: digest issue show 3")(showing.show)
app.command("add", epilog="Example: digest issue add 3 smollm3-vs-phi-4 --at 2")(picks.add)
app.command("drop", epilog='Example: digest issue drop 3 smollm3-vs-phi-4 --because "not out yet"')(
    picks.drop
)
app.command("move", epilog="Example: digest issue move 3 smollm3-vs-phi-4 --to 2")(picks.move)
app.command("lead", epilog="Example: digest issue lead 3 smollm3-vs-phi-4")(picks.lead)
app.command("edit", epilog='Example: digest issue edit 3 --subject "SmolLM3 splits the panel"')(
    texts.edit
)
app.command(
    "quote", epilog="Example: digest issue quote 3 smollm3-vs-phi-4 left --review 2 --sentence 1"
)(picks.quote)
app.command("ungroup", epilog="Example: digest issue ungroup 3 smollm3-vs-phi-4")(picks.ungroup)
app.command("group", epilog="Example: digest issue group 3 smollm3-vs-phi-4")(picks.group)
app.command("hide-brief", epilog="Example: digest issue hide-brief 3 smollm3-vs-phi-4")(
    picks.hide_brief
)
app.command("show-brief", epilog="Example: digest issue show-brief 3 smollm3-vs-phi-4")(
    picks.show_brief
)
app.command("pin", epilog="Example: digest issue pin 3 smollm3-vs-phi-4")(picks.pin)
app.command("unpin", epilog="Example: digest issue unpin 3 smollm3-vs-phi-4")(picks.unpin)
app.command("log", epilog="Example: digest issue log 3 --json")(revisions.log)
app.command("undo", epilog="Example: digest issue undo 3")(revisions.undo)
app.command("redo", epilog="Example: digest issue redo 3")(revisions.redo)
app.command("proposals", epilog="Example: digest issue proposals 3 --json")(showing.proposals)
app.command("diff", epilog="Example: digest issue diff 3")(diff.diff)
app.command("render", epilog="Example: digest issue render 3 --out build/")(editing.render)
app.command("test", epilog="Example: digest issue test 3 --to me@example.org")(editing.test)
app.command("check", epilog="Example: digest issue check 3")(approval.check)
app.command("approve", epilog="Example: digest issue approve 3")(approval.approve)
app.command("schedule", epilog="Example: digest issue schedule 3 --at 2026-11-23T08:00+01:00")(
    actions.schedule
)
app.command("unschedule", epilog="Example: digest issue unschedule 3")(actions.unschedule)
app.command("pause", epilog="Example: digest issue pause 3")(actions.pause)
app.command("resume", epilog="Example: digest issue resume 3")(actions.resume)
app.command("cancel", epilog="Example: digest issue cancel 3")(actions.cancel)
app.command("send", epilog="Example: digest issue send 3")(actions.send)
app.command("status", epilog="Example: digest issue status 3 --json")(reading.status)
app.command("resend", epilog="Example: digest issue resend 3 --failed")(actions.resend)
app.command("give-up", epilog="Example: digest issue give-up 3")(actions.give_up)
app.command("preview", epilog="Example: digest issue preview 3")(editing.preview)
app.command("report", epilog="Example: digest issue report 3 --json")(report.issue_report)
