"""digest issue send: its exit status where somebody is left without the issue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.samples import comparisons
from tests.integration.cli.conftest import Ran, Run
from tests.parts.servers.pipelining_server import PipeliningServer, ScriptedRefusal

PEOPLE = 30


@pytest.fixture
def server() -> Iterator[PipeliningServer]:
    with PipeliningServer() as running:
        yield running


@pytest.fixture
def send(run: Run, home: Path, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """An approved issue to 30 readers; `digest issue send 1`, through the server."""
    emails = "".join(f"r{number}@example.org\n" for number in range(PEOPLE))
    (home / "list.csv").write_text(f"email\n{emails}")
    for name, value in {
        "PROVIDER": "smtp",
        "SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "POSTAL_ADDRESS": "1 Road, Town",
        "SECRET_KEY": "x" * 40,
        "SENDER": "V <digest@d.example>",
        "GATE_TOOLS": "no",
    }.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    assert run("issue", "approve", "1").status == 0

    def command(*more: str) -> Ran:
        return run("issue", "send", "1", *more)

    return command


def test_somebody_refused_for_what_is_ours_ends_with_1_and_the_words(
    send: Run, run: Run, server: PipeliningServer
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.7.1 Not from you", only="r[56]@")]
    got = send()
    assert got.status == 1
    assert "issue 1 is finished: 28 submitted, 2 failed" in got.out
    assert got.err.splitlines() == [
        "2 are left without issue 1:",
        "  2 x 550 5.7.1 Not from you (in answer to RCPT)",
    ]
    status = run("issue", "status", "1")
    assert (status.status, "2 x 550 5.7.1 Not from you" in status.out) == (0, True)


def test_dead_addresses_alone_end_with_0(send: Run, server: PipeliningServer) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.1.1 User unknown", only="r[56]@")]
    got = send()
    assert (got.status, got.err) == (0, "")
    assert "issue 1 is finished: 28 submitted, 2 failed" in got.out


def test_an_issue_that_is_held_ends_with_1_and_goes_on_when_told(
    send: Run, run: Run, server: PipeliningServer
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 relay not permitted")]
    got = send()
    assert got.status == 1
    assert "issue 1 is held: the server refused" in got.err
    assert "relay not permitted" in got.err
    assert "go on with: digest issue send 1" in got.err
    assert run("suppressions", "list").out.count("@") == 0
    server.faults = []
    got = send()
    assert (got.status, got.err) == (0, "")
    assert len(server.recipients) == PEOPLE


def test_who_was_left_out_before_counts_once(send: Run, run: Run, server: PipeliningServer) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.7.1 Not from you", only="r[56]@")]
    assert send().status == 1
    server.faults = []
    assert run("issue", "resend", "1", "--failed").status == 0
    got = send()
    assert got.status == 0, got.err
    assert len(server.recipients) == PEOPLE
