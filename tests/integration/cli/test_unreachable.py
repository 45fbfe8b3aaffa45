"""A provider that can't be reached: one line why, and how to go on."""

import pytest

from digest.samples import comparisons
from tests.integration.cli.conftest import Run


def test_a_send_that_reaches_nobody_says_why_and_how_to_go_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER", "smtp")
    # Nobody listens there: the port is reserved (RFC 863, discard).
    monkeypatch.setenv("DIGEST_SMTP_URL", "smtp://127.0.0.1:9?starttls=never")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_SECRET_KEY", "a secret of the tests that is long enough")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "false")
    assert run("comparisons", "import", str(comparisons())).status == 0
    assert run("subscribers", "add", "a@example.org", "--status", "active").status == 0
    assert run("issue", "draft").status == 0
    approved = run("issue", "approve", "1")
    assert approved.status == 0, approved.err
    told = run("issue", "send", "1")
    assert told.status == 1
    assert told.err.startswith("can't reach 127.0.0.1:9: ")
    assert told.err.endswith("are still queued: go on with digest issue send 1\n")
    assert len(told.err.splitlines()) == 1
