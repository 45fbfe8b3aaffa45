"""Logging in to a mailbox: by password in any script, or by access token where none is taken."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.bootstrap import open_mailbox
from digest.deliver.access_token import AccessTokenError, TokenCommand
from digest.settings import Settings
from digest.track.bounces.mailbox.base import Mailbox, MailboxError, MailboxUrl
from digest.track.bounces.mailbox.imap import ImapMailbox
from digest.track.bounces.mailbox.imap_names import encode_folder
from tests.parts.servers.imap_server import USER, ImapServer
from tests.parts.servers.token_server import TokenServer, token_server

LETTER = b"Subject: hello\r\n\r\nHello.\r\n"


def names(mailbox: Mailbox) -> list[str]:
    return [name for name, _ in mailbox.unread((), 10)]


def url(server: ImapServer, password: str = "", folder: str = "INBOX") -> MailboxUrl:
    return MailboxUrl("imap", "127.0.0.1", server.port, USER, password, folder)


@pytest.fixture
def exchange() -> Iterator[TokenServer]:
    with token_server() as server:
        yield server


def test_a_password_of_any_script_is_taken() -> None:
    with ImapServer(password="zażółć \U0001f511") as server:
        server.put(LETTER)
        assert names(ImapMailbox(url(server, "zażółć \U0001f511"))) == ["7.1"]
        with pytest.raises(MailboxError, match="refused") as error:
            names(ImapMailbox(url(server, "żle")))
    assert "żle" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("Rückläufer", "R&APw-ckl&AOQ-ufer"),
        ("台北", "&U,BTFw-"),
        ("R&D", "R&-D"),
        ("Entw&APw-rfe", "Entw&APw-rfe"),
        ("\U0001f4ec", "&2D3c7A-"),
        ("INBOX", "INBOX"),
    ],
)
def test_a_folder_of_any_script_is_named_as_imap_spells_it(name: str, spelt: str) -> None:
    assert encode_folder(name) == spelt
    with ImapServer(folder=spelt) as server:
        server.put(LETTER)
        assert names(ImapMailbox(url(server, 'pa ss"word', name))) == ["7.1"]


def test_a_letter_that_the_server_can_not_read_does_not_hide_the_others() -> None:
    with ImapServer(unreadable=1) as server:
        server.put(LETTER)
        server.put(LETTER)
        assert names(ImapMailbox(url(server, 'pa ss"word'))) == ["7.2"]


def test_a_server_that_wants_an_access_token_gets_what_the_command_prints(tmp_path: Path) -> None:
    script = tmp_path / "token.py"
    script.write_text("print('secret-token')")
    with ImapServer(access_token="secret-token") as server:
        server.put(LETTER)
        settings = Settings(
            _env_file=None,
            bounce_mailbox=f"imap://{USER.replace('@', '%40')}@127.0.0.1:{server.port}/INBOX",
            bounce_token_command=f"{sys.executable} {script}",
        )
        mailbox = open_mailbox(settings)
        assert mailbox is not None
        assert names(mailbox) == ["7.1"]
        mailbox.mark_done(["7.1"])
        assert names(mailbox) == []
        with pytest.raises(MailboxError, match="BAD"):
            names(ImapMailbox(url(server, "a password")))


def test_a_refresh_token_is_exchanged_when_the_access_token_ends_or_is_refused(
    exchange: TokenServer,
) -> None:
    clock = [0.0]
    tokens = exchange.refresh_token(clock)
    with ImapServer(access_token="t1") as server:
        server.put(LETTER)
        mailbox = ImapMailbox(url(server), access_tokens=tokens)
        assert names(mailbox) == names(mailbox) == ["7.1"]
        assert len(exchange.asked) == 1
        assert exchange.asked[0]["scope"] == ["mail"]
        server.access_token = "t2"  # the old one was withdrawn before its time
        assert names(mailbox) == ["7.1"]
        assert len(exchange.asked) == 2
        clock[0] = 41.0  # a minute before it would end
        with pytest.raises(MailboxError, match="invalid_grant") as error:
            names(mailbox)
    assert "r2" not in str(error.value)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit('no keyring')", "ended with 1: no keyring"),
        ("pass", "gave no access token"),
        ("print('two\\nlines')", "gave no access token"),
    ],
)
def test_a_command_that_gives_no_token_is_named_in_one_line(code: str, why: str) -> None:
    command = f'{sys.executable} -c "{code}"'
    with pytest.raises(AccessTokenError, match=why):
        TokenCommand(command).get()
    with pytest.raises(AccessTokenError, match="can't be run"):
        TokenCommand("/no/such/program").get()


def test_settings_for_a_token_that_do_not_fit_together_are_named() -> None:
    with pytest.raises(ValueError, match="DIGEST_BOUNCE_TOKEN_URL"):
        Settings(_env_file=None, bounce_refresh_token="r")
    with pytest.raises(ValueError, match="should look like https"):
        Settings(_env_file=None, bounce_token_url="http://login.example.org/token")
