"""A backup from the middle of a send, restored while and after it goes on: nobody gets it twice."""

import signal
from pathlib import Path

import pytest

from digest.deliver.tables import DeliveryState
from store.engine import Store
from tests.integration.test_killed_process import deliveries, server
from tests.integration.test_stopped_serve import listening
from tests.parts.servers.processes import BOUND, Trap, environment, start
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import add_approved, add_people

__all__ = ["server"]
PEOPLE = 400


def digest(command: str, settings: dict[str, str], folder: Path) -> tuple[int, str, str]:
    process = start(command.split(), settings, folder)
    out, err = process.communicate(timeout=BOUND)
    return process.returncode, out, err


@pytest.mark.parametrize("when", ["while it goes on", "afterwards"])
def test_restored_in_mid_send_nobody_is_mailed_twice_and_nobody_is_lost(
    sqlite_store: Store, server: SmtpServer, tmp_path: Path, when: str
) -> None:
    people = set(add_people(sqlite_store, PEOPLE))
    number = add_approved(sqlite_store)
    settings = environment(f"sqlite:///{sqlite_store.path}", server.port)
    trap = Trap(server, 30)
    sender = start(["issue", "send", str(number)], settings, tmp_path)
    trap.send_signal(sender, signal.SIGSTOP)
    assert digest("database backup nightly.db", settings, tmp_path)[0] == 0
    sender.send_signal(signal.SIGCONT)
    if when == "afterwards":
        assert sender.wait(BOUND) == 0
    code, out, err = digest("database restore nightly.db", settings, tmp_path)
    assert code == 0, err
    assert f"issue {number} is paused" in out
    sender.communicate(timeout=BOUND)
    taken = len(server.recipients)
    code, _, err = digest(f"issue send {number}", settings, tmp_path)
    assert (code, "digest database release" in err) == (1, True)
    assert err.count("\n") == 1
    site = start(["serve", "--port", "0"], settings, tmp_path)
    listening(site)
    assert site.stderr is not None
    assert "nothing is sent from this database: it was restored" in site.stderr.readline()
    site.send_signal(signal.SIGTERM)
    assert site.wait(BOUND) == 0
    assert len(server.recipients) == taken
    assert len(set(server.recipients)) == taken, "somebody was mailed twice"
    known = {
        one
        for state in (DeliveryState.QUEUED, DeliveryState.UNCERTAIN, DeliveryState.SUBMITTED)
        for one in deliveries(sqlite_store, state)
    }
    assert known == people
    in_doubt = deliveries(sqlite_store, DeliveryState.SUBMITTED)
    assert in_doubt <= set(server.recipients)
