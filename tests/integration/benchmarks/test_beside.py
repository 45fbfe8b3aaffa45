"""The driver of another sender speaks its API as documented, and counts what arrived."""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.beside import listmonk
from benchmarks.beside.__main__ import main, table
from benchmarks.beside.listmonk import Tuning
from benchmarks.beside.measure import Side, theirs
from benchmarks.beside.message import Campaign, campaign
from benchmarks.beside.postgresql import Server, free_port
from store.errors import UserError
from tests.parts.mail import long_edition
from tests.parts.servers import listmonk_double

PEOPLE = 20
HTML = (
    "<p>~~greeting~~</p><a href='https://d.example/l/3/~~click~~'>Read</a>"
    "<a href='https://d.example/vote/~~vote~~?tool=a&amp;say=ship'>Ship</a>"
    "<a href='https://d.example/unsubscribe/~~unsubscribe~~'>Leave</a>"
    "<img alt='' src='https://d.example/o/~~open~~.gif'>"
)
MAIL = Campaign("A week", "Hello {{ .Subscriber.FirstName }}, " * 100, "Hello")
NO_SERVER = Server(port=1, postmaster=os.getpid())
"""The double needs none."""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    folder.mkdir()
    program = folder / "listmonk"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {listmonk_double.__file__} "$@"\n')
    program.chmod(0o755)
    return folder


def test_a_list_is_imported_and_a_campaign_sent(built: Path, tmp_path: Path) -> None:
    found = theirs(built, NO_SERVER, tmp_path, PEOPLE, MAIL, tuning=Tuning(2, 10))
    assert found.name == "listmonk"
    assert 1_000 < found.octets < 6_000
    assert min(found.rate, found.stored, found.mb) > 0


def test_settings_are_changed_and_the_others_kept(built: Path) -> None:
    installed = listmonk.install(built, NO_SERVER, "listmonk")
    with listmonk.running(installed) as api:
        api.tune(2525, Tuning(7, 11))
    with listmonk.running(installed) as api:
        settings = api.client.get(f"{api.url}/settings").json()["data"]
    assert (settings["app.concurrency"], settings["app.batch_size"]) == (7, 11)
    assert settings["app.site_name"] == "Mailing list"
    (smtp,) = settings["smtp"]
    assert (smtp["uuid"], smtp["port"], smtp["max_conns"]) == ("u-1", 2525, 7)


def test_an_answer_that_refuses_is_told_with_its_words(built: Path) -> None:
    installed = listmonk.install(built, NO_SERVER, "listmonk")
    with listmonk.running(installed) as api:
        number = api.add_campaign(MAIL, list_id=1)
        api.send(number)
        with pytest.raises(UserError, match="finished does not become running"):
            api.send(number)


def test_a_port_that_somebody_took_meanwhile_is_left(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = listmonk.install(built, NO_SERVER, "listmonk")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ports = iter([taken.getsockname()[1], free_port()])
        monkeypatch.setattr(listmonk, "free_port", lambda: next(ports))
        with listmonk.running(installed) as api:
            assert api.add_list() == 1


def test_a_folder_without_the_program_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--postgresql", str(tmp_path)]) == 1
    assert "holds no initdb" in capsys.readouterr().err
    with pytest.raises(UserError, match="no program called listmonk"):
        listmonk.install(tmp_path, NO_SERVER, "listmonk")


def test_our_issue_is_put_into_their_words() -> None:
    edition = replace(long_edition(5_000), html=HTML, text="~~greeting~~ ~~ghost~~")
    with pytest.raises(ValueError, match="no word here for ~~ghost~~"):
        campaign(edition)
    found = campaign(replace(edition, text="~~greeting~~"))
    assert found == Campaign(
        edition.subject,
        "<p>Hello {{ .Subscriber.FirstName }},</p>"
        "<a href='https://digest.example/comparisons/3@TrackLink'>Read</a>"
        "<a href='https://d.example/vote/{{ .Subscriber.UUID }}?tool=a&amp;say=ship'>Ship</a>"
        "<a href='{{ UnsubscribeURL }}'>Leave</a>{{ TrackView }}",
        "Hello {{ .Subscriber.FirstName }},",
    )


def test_the_table_says_how_many_times() -> None:
    sides = [
        Side("listmonk", 2_277, 1_935, 1_962, 5_755, 49_100),
        Side("ours, SQLite", 22_770, 19_350, 107, 57_550, 49_008),
    ]
    lines = table(sides).splitlines()
    assert lines[0] == "| | listmonk | ours, SQLite | aim |"
    assert lines[2] == "| messages a second over SMTP | 2,277 | 22,770 (x 10.00) | x 10 |"
    assert lines[4] == "| peak memory, MB | 1,962 | 107 (x 0.05) |  |"
