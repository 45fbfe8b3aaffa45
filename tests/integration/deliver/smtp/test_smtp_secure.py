"""TLS and AUTH: nothing secret leaves over a connection that is not what SMTP_URL asks for."""

import ssl

import pytest

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl, parse_smtp_url
from tests.integration.deliver.conftest import Certificates
from tests.integration.deliver.peers import ADA, smtp
from tests.parts.mail import personalizations, submit
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import Clock

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def provider(server: SmtpServer, rest: str, tls: ssl.SSLContext | None = None) -> SmtpProvider:
    """`rest` is what SMTP_URL has around host and port: the user, the @ and the options."""
    scheme = "smtps" if server.implicit_tls else "smtp"
    target = parse_smtp_url(f"{scheme}://{rest.replace('@', f'@127.0.0.1:{server.port}')}")
    return SmtpProvider(target, Clock(), tls=tls, timeout=60, body_timeout=60)


def test_starttls_secures_the_connection_where_it_is_offered(certificates: Certificates) -> None:
    with SmtpServer(tls=certificates.server) as server:
        submit(provider(server, "@", tls=certificates.client), *personalizations([ADA]))

    assert [message.secured for message in server.received] == [True]


def test_smtps_is_secure_from_the_first_byte(certificates: Certificates) -> None:
    with SmtpServer(tls=certificates.server, implicit_tls=True) as server:
        sender = provider(server, "@", tls=certificates.client)
        submit(sender, *personalizations([ADA]))
        sender.close()

    assert [message.secured for message in server.received] == [True]


def test_starttls_never_stays_in_the_clear(certificates: Certificates) -> None:
    with SmtpServer(tls=certificates.server) as server:
        submit(
            provider(server, "@?starttls=never", tls=certificates.client), *personalizations([ADA])
        )

    assert [message.secured for message in server.received] == [False]


def test_starttls_require_stops_where_it_is_not_offered(server: SmtpServer) -> None:
    with pytest.raises(ProviderError, match="does not offer STARTTLS"):
        submit(provider(server, "@?starttls=require"), *personalizations([ADA]))
    assert server.received == []


def test_a_password_does_not_cross_a_network_in_the_clear() -> None:
    """127.1 is this machine too, but is not known as such without a look-up."""
    with SmtpServer(users={"me": "secret"}) as server:
        open_line = f"smtp://me:secret@127.1:{server.port}"
        guarded = SmtpProvider(parse_smtp_url(open_line), Clock(), timeout=60, body_timeout=60)
        with pytest.raises(ProviderError, match="must not cross the network in the clear"):
            guarded.check()
        allowed = parse_smtp_url(f"{open_line}?starttls=never")
        SmtpProvider(allowed, Clock(), timeout=60, body_timeout=60).check()


@pytest.mark.parametrize("options", ["@", "@?starttls=require"])
def test_a_certificate_of_somebody_else_stops_before_the_password(
    certificates: Certificates, options: str
) -> None:
    with SmtpServer(tls=certificates.elsewhere, users={"me": "secret"}) as server:
        sender = provider(server, f"me:secret{options}", tls=certificates.client)
        with pytest.raises(ProviderError, match="certificate does not hold"):
            submit(sender, *personalizations([ADA]))
        with pytest.raises(ProviderError, match="certificate does not hold"):
            sender.check()
    assert server.received == []


def test_a_certificate_of_an_unknown_maker_is_not_trusted(certificates: Certificates) -> None:
    with (
        SmtpServer(tls=certificates.server, implicit_tls=True) as server,
        pytest.raises(ProviderError, match="certificate does not hold"),
    ):
        provider(server, "@").check()


@pytest.mark.parametrize(
    ("user", "password"), [("me", "secret"), ("me@example.com", "pä:ss/w?r#d%")]
)
def test_user_and_password_are_taken_whatever_they_hold(
    certificates: Certificates, user: str, password: str
) -> None:
    with SmtpServer(tls=certificates.server, users={user: password}) as server:
        target = SmtpUrl("127.0.0.1", server.port, user=user, password=password)
        sender = SmtpProvider(target, Clock(), tls=certificates.client, timeout=60, body_timeout=60)
        submit(sender, *personalizations([ADA]))

    assert [message.user for message in server.received] == [user]


def test_a_wrong_password_is_said_before_any_outcome_and_not_repeated() -> None:
    with SmtpServer(users={"me": "secret"}) as server:
        sender = provider(server, "me:wr0ng@")
        with pytest.raises(ProviderError, match="refuses the user or the password") as failed:
            submit(sender, *personalizations([ADA]))
    assert "wr0ng" not in str(failed.value)


def test_a_server_that_wants_a_password_we_have_not_fails_nobody() -> None:
    with (
        SmtpServer(users={"me": "secret"}) as server,
        pytest.raises(ProviderError, match="530"),
    ):
        submit(smtp(server), *personalizations([ADA]))
