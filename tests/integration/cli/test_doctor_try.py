"""digest doctor --try: an SMTP session up to RCPT and RSET, in the server's words; never DATA."""

from collections.abc import Iterator

import pytest

from tests.integration.cli.conftest import Run
from tests.parts.output import one_line
from tests.parts.servers.pipelining_server import PipeliningServer, ScriptedRefusal
from tests.parts.servers.ports import closed_port
from tests.parts.servers.smtp_server import SmtpServer

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
ME = "me@example.org"


@pytest.fixture
def server() -> Iterator[PipeliningServer]:
    with PipeliningServer() as running:
        yield running


def use(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> None:
    for name, value in {
        "SENDER": "V <digest@d.example>",
        "PROVIDER": "smtp",
        "SMTP_URL": url,
        "POSTAL_ADDRESS": "1 Road, Town",
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "https://127.0.0.1:9",
        **more,
    }.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)


def test_every_step_is_told_in_the_servers_words_and_nobody_is_mailed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpServer(users={"me": "s3cret"}) as server:
        use(monkeypatch, f"smtp://me:s3cret@127.0.0.1:{server.port}")
        got = run("doctor", "--try", ME)
    assert (got.status, got.err) == (0, "")
    lines = got.out.splitlines()
    assert lines[0] == (
        f"ok   relay 127.0.0.1:{server.port}, from digest@d.example to me@example.org"
    )
    assert [line.split(": ")[0] for line in lines[1:]] == [
        "ok   CONNECT",
        "ok   EHLO",
        "ok   AUTH",
        "ok   MAIL",
        "ok   RCPT",
        "ok   RSET",
    ]
    assert lines[3] == "ok   AUTH: 235 2.7.0 Authentication successful"
    assert lines[5] == "ok   RCPT: 250 2.1.5 OK"
    assert server.received == []
    assert "s3cret" not in got.out


def test_data_is_never_said(
    run: Run, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(
        monkeypatch,
        f"smtp://127.0.0.1:{server.port}",
        BOUNCE_ADDRESS="b+*@d.example",
        BOUNCE_MAILBOX="maildir:///var/mail/b",
    )
    got = run("doctor", "--try", "Jörg@bücher.example")
    assert "takes no address outside ASCII" in got.out
    assert got.status == 1
    got = run("doctor", "--try", "jorg@bücher.example")
    assert got.status == 0
    assert "from b+try@d.example" in got.out
    assert set(server.verbs) == {"EHLO", "MAIL", "RCPT", "RSET", "QUIT"}


STEPS = {
    "CONNECT": ("421 4.3.2 Too many connections", 1, "BAD  CONNECT: 421 4.3.2 Too many"),
    "EHLO": ("550 5.7.1 Go away", 1, "note EHLO: 550 5.7.1 Go away"),
    "MAIL": ("553 5.7.1 Sender not verified", 1, "BAD  MAIL: 553 5.7.1 Sender not verified; it do"),
    "RCPT": ("550 5.7.1 Relaying denied", 1, "BAD  RCPT: 550 5.7.1 Relaying denied; it does not"),
    "RSET": ("554 5.5.1 Too many", 1, "BAD  RSET: 554 5.5.1 Too many"),
}


@pytest.mark.parametrize("stage", STEPS)
def test_a_refusal_is_told_at_its_step_with_what_to_do(
    run: Run, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    reply, status, line = STEPS[stage]
    server.faults = [ScriptedRefusal(stage, reply)]
    use(monkeypatch, f"smtp://127.0.0.1:{server.port}")
    got = run("doctor", "--try", ME)
    assert got.status == status
    assert line in got.out
    assert one_line(got.err)
    assert not {"DATA", "BDAT"} & set(server.verbs)


def test_a_refusal_for_now_of_the_address_is_a_note(
    run: Run, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "450 4.7.1 Greylisted")]
    use(monkeypatch, f"smtp://127.0.0.1:{server.port}")
    got = run("doctor", "--try", ME)
    assert got.status == 0
    assert "note RCPT: 450 4.7.1 Greylisted" in got.out


def test_a_server_that_is_not_there_or_refuses_the_password_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as dead:
        use(monkeypatch, f"smtp://127.0.0.1:{dead.getsockname()[1]}")
        got = run("doctor", "--try", ME)
    assert got.status == 1
    assert "BAD  can't reach 127.0.0.1" in got.out
    with SmtpServer(users={"me": "right"}) as server:
        use(monkeypatch, f"smtp://me:wr0ng@127.0.0.1:{server.port}")
        got = run("doctor", "--try", ME)
    assert got.status == 1
    assert "BAD  AUTH: 535 5.7.8" in got.out
    assert "wr0ng" not in got.out + got.err


def test_the_relay_to_fall_back_to_is_tried_as_well(
    run: Run, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as dead:
        use(
            monkeypatch,
            f"smtp://127.0.0.1:{server.port}",
            SMTP_FALLBACK_URL=f"smtp://127.0.0.1:{dead.getsockname()[1]}",
        )
        got = run("doctor", "--try", ME)
    assert got.status == 1
    assert "ok   RSET" in got.out
    assert "ok   fallback 127.0.0.1" in got.out
    assert "BAD  can't reach" in got.out


def test_what_does_not_speak_smtp_can_not_be_tried(run: Run) -> None:
    got = run("doctor", "--try", ME)
    assert got.status == 1
    assert one_line(got.err)
    assert "digest issue test" in got.err


def test_an_address_that_is_none_is_refused_before_anything_is_said(
    run: Run, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, f"smtp://127.0.0.1:{server.port}")
    got = run("doctor", "--try", "me@example.org>\r\nDATA")
    assert got.status == 1
    assert server.connections == 0
