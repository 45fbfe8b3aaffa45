"""kill -9 between message and answer, against a server that keeps a record of both.

Who is uncertain afterwards is who the server had not answered: nobody else, and nobody fewer.
"""

import signal
from pathlib import Path

import pytest

from digest.deliver.journal.format import read_notes
from digest.deliver.tables import DeliveryState
from store.engine import open_store
from tests.integration.test_killed_process import deliveries
from tests.parts.servers.pipelining_server import STYLES, PipeliningServer
from tests.parts.servers.processes import BOUND, environment, start
from tests.parts.waiting import until
from tests.parts.world import add_approved, add_people

PEOPLE, ANSWERED = 130, 7
IN_FLIGHT = {"BDAT": 7, "DATA": 1}
"""Bodies that wait for a reply after seven were accepted: the window grows with each, or is one."""


def answers_noted(journals: Path) -> int:
    """How many answers the process has read by now."""
    found = [read_notes(path.read_bytes()) for path in journals.glob("*")]
    return sum(len(one.outcomes) for one in found if one)


@pytest.mark.parametrize("style", ["BDAT", "DATA"])
def test_who_is_uncertain_is_who_the_server_had_not_answered(
    database_url: str, style: str, tmp_path: Path
) -> None:
    store = open_store(database_url)
    people = add_people(store, PEOPLE)
    number = add_approved(store)
    journals = tmp_path / "journals"
    with PipeliningServer(answers=ANSWERED, **STYLES[style]) as server:
        settings = environment(database_url, server.port) | {"DIGEST_JOURNAL_DIR": str(journals)}
        settings["DIGEST_SMTP_URL"] += "&connections=1"
        process = start(["issue", "send", str(number)], settings, tmp_path)
        until(lambda: len(server.received) == ANSWERED + IN_FLIGHT[style], "a full window")
        until(lambda: answers_noted(journals) == ANSWERED, "all answers to be read")
        process.send_signal(signal.SIGKILL)
        assert process.wait(BOUND) == -signal.SIGKILL
        in_doubt = set(server.recipients) - set(server.replied)
        assert len(in_doubt) == IN_FLIGHT[style]

        server.answers = None
        process = start(["issue", "send", str(number)], settings, tmp_path)
        out, err = process.communicate(timeout=BOUND)
        assert process.returncode == 0, err
    assert f"{len(in_doubt)} are uncertain" in out + err
    assert deliveries(store, DeliveryState.UNCERTAIN) == in_doubt
    assert sorted(server.recipients) == sorted(people), "each of them once"
    assert list(journals.glob("*")) == []
    store.close()
