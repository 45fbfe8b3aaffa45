"""Who is told what, on the command line."""

import json

from digest.editors.kinds import NoticeKind
from tests.integration.cli.conftest import Run


def test_addresses_are_added_listed_and_removed(run: Run) -> None:
    assert "nobody is told" in run("editors", "list").out
    told = run("editors", "add", "ana@example.org", "--about", "held, draft")
    assert told.out == "ana@example.org is told when a draft waits, a send hangs\n"
    run("editors", "add", "bob@example.org")
    ana, bob = json.loads(run("editors", "list", "--json").out)
    assert (ana["email"], ana["about"]) == ("ana@example.org", ["draft", "held"])
    assert bob["about"] == list(NoticeKind)
    assert "bob@example.org" in run("editors", "list").out
    assert run("editors", "remove", "ana@example.org").status == 0
    assert [one["email"] for one in json.loads(run("editors", "list", "--json").out)] == [
        "bob@example.org"
    ]


def test_what_cant_be_added_or_removed_is_one_line(run: Run) -> None:
    for arguments, line in (
        (("add", "ana@example.org", "--about", "nope"), "there is no 'nope'"),
        (("add", "no address"), "no address"),
        (("remove", "ana@example.org"), "is told nothing"),
    ):
        refused = run("editors", *arguments)
        assert refused.status == 1
        assert line in refused.err
        assert refused.err.count("\n") == 1
