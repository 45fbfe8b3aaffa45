"""XOAUTH2: signing in by access token to a server that takes no password."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.bootstrap import open_providers
from digest.deliver.access_token import AccessTokens, TokenCommand
from digest.deliver.providers.base import ProviderBusyError, ProviderError
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.settings import Settings
from tests.integration.deliver.conftest import Certificates
from tests.integration.deliver.peers import ADA, THE_FOUR
from tests.parts.mail import personalizations, submit
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.servers.token_server import TokenServer, token_server
from tests.parts.world import Clock

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
USER = "news@d.example"


@pytest.fixture
def exchange() -> Iterator[TokenServer]:
    with token_server() as server:
        yield server


def provider(server: SmtpServer, tokens: AccessTokens, **options: object) -> SmtpProvider:
    target = SmtpUrl("127.0.0.1", server.port, user=USER, connections=1, messages=1)
    return SmtpProvider(
        target,
        Clock(),
        access_tokens=tokens,
        timeout=60,
        body_timeout=60,
        **options,  # type: ignore[arg-type]
    )


class Fixed:
    """One token, whatever becomes of it."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.refused: list[str] = []

    def get(self, *, refused: str = "") -> str:
        self.refused.append(refused)
        return self.token


@pytest.mark.parametrize("challenges", [True, False], ids=["by a challenge", "at once"])
def test_a_token_that_expired_is_exchanged_once_and_all_goes_on(
    exchange: TokenServer, *, challenges: bool
) -> None:
    clock = [0.0]
    tokens = exchange.refresh_token(clock)
    with SmtpServer(access_token="t1", challenges=challenges) as server:
        sender = provider(server, tokens)
        submit(sender, *personalizations([ADA]))
        server.access_token = "t2"  # withdrawn before its time
        submit(sender, *personalizations(THE_FOUR))
    assert [one.user for one in server.received] == [USER] * 5
    assert len(exchange.asked) == 2, "a message a connection, and one exchange for all of them"


def test_a_fresh_token_that_is_refused_as_well_is_one_clear_error() -> None:
    with SmtpServer(access_token="right") as server:
        tokens = Fixed("wr0ng-token")
        with pytest.raises(ProviderError, match="refuses the access token") as failed:
            submit(provider(server, tokens), *personalizations([ADA]))
    assert tokens.refused == ["", "wr0ng-token"], "one refresh"
    assert server.connections == 2
    assert "535 5.7.3" in str(failed.value)
    assert "wr0ng" not in str(failed.value)
    assert "\n" not in str(failed.value)
    assert server.received == []


def test_an_exchange_that_fails_is_named_and_no_secret_with_it(exchange: TokenServer) -> None:
    clock = [0.0]
    with SmtpServer(access_token="t1") as server:
        sender = provider(server, exchange.refresh_token(clock))
        sender.check()
        clock[0] = 41.0
        server.access_token = "t2"
        sender.check()
        clock[0] = 90.0  # the second token ends, and the server knows no third exchange
        with pytest.raises(ProviderError, match="can't sign in to 127") as failed:
            sender.check()
    assert "invalid_grant" in str(failed.value)
    assert "r2" not in str(failed.value)


def test_a_refusal_for_now_is_waited_for_and_asks_for_no_other_token() -> None:
    tokens = Fixed("t1")
    with SmtpServer(access_token="t1") as server:

        async def busy(*_: object) -> str:
            return "454 4.7.0 Temporary authentication failure"

        server.handle_AUTH = busy  # type: ignore[attr-defined]
        with pytest.raises(ProviderBusyError, match=r"454 4\.7\.0"):
            provider(server, tokens).check()
    assert tokens.refused == [""]


def test_a_server_without_xoauth2_is_told_from_one_that_refuses() -> None:
    tokens = Fixed("secret-token")
    with (
        SmtpServer(users={"me": "secret"}) as server,
        pytest.raises(ProviderError, match="does not offer AUTH XOAUTH2"),
    ):
        provider(server, tokens).check()
    assert server.token_log == [], "no token was shown to it"


def test_a_token_does_not_cross_a_network_in_the_clear() -> None:
    with SmtpServer(access_token="t1") as server:
        target = SmtpUrl("127.1", server.port, user=USER)
        sender = SmtpProvider(
            target, Clock(), access_tokens=Fixed("t1"), timeout=60, body_timeout=60
        )
        with pytest.raises(ProviderError, match="must not cross the network in the clear"):
            sender.check()
    assert server.token_log == []


def test_a_token_goes_over_tls_where_that_is_offered(certificates: Certificates) -> None:
    with SmtpServer(access_token="t1", tls=certificates.server) as server:
        submit(provider(server, Fixed("t1"), tls=certificates.client), *personalizations([ADA]))
    assert [(one.secured, one.user) for one in server.received] == [(True, USER)]


def test_a_token_too_long_for_a_line_is_sent_when_it_is_asked_for() -> None:
    token = "t" * 15_000
    with SmtpServer(access_token=token) as server:
        submit(provider(server, Fixed(token)), *personalizations([ADA]))
    assert server.token_log == ["asked for the token", token]


def settings(server: SmtpServer, **more: str) -> Settings:
    return Settings(
        _env_file=None,
        provider="smtp",
        smtp_url=f"smtp://{USER.replace('@', '%40')}@127.0.0.1:{server.port}",
        postal_address="1 Road",
        **more,  # type: ignore[arg-type]
    )


def test_the_settings_name_a_command_that_prints_the_token(tmp_path: Path) -> None:
    script = tmp_path / "token.py"
    script.write_text("print('secret-token')")
    with SmtpServer(access_token="secret-token") as server:
        command = f"{sys.executable} {script}"
        for sender in open_providers(settings(server, smtp_token_command=command), Clock()):
            submit(sender, *personalizations([ADA]))
            sender.close()
    assert len(server.received) == 2


def test_settings_for_a_token_that_do_not_fit_together_are_named() -> None:
    with SmtpServer() as server:
        with pytest.raises(ValueError, match=r"DIGEST_SMTP_TOKEN_URL"):
            settings(server, smtp_refresh_token="r")
        with pytest.raises(ValueError, match="not both"):
            settings(
                server,
                smtp_refresh_token="r",
                smtp_token_url="https://login.example.org/token",
                smtp_client_id="id",
                smtp_token_command="oama",
            )
        with pytest.raises(ValueError, match=r"DIGEST_SMTP_URL .* a user needs a password"):
            settings(server)
        with pytest.raises(ValueError, match=r"DIGEST_SMTP_URL .* a user and no password"):
            Settings(
                _env_file=None,
                provider="smtp",
                smtp_url="smtp://me:secret@127.0.0.1",
                postal_address="1 Road",
                smtp_token_command="oama",
            )


def test_a_command_is_run_again_for_each_connection() -> None:
    command = TokenCommand(f"{sys.executable} -c 'print(1234567)'")
    assert command.get() == command.get(refused="1234567") == "1234567"
