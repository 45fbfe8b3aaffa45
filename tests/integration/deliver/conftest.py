"""Servers on this machine that take mail, and certificates for them, made on the spot."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import trustme

from tests.parts.second_try import give_second_try
from tests.parts.servers.sendgrid_server import SendGridServer
from tests.parts.servers.smtp_server import SmtpServer

REAL_SERVERS = {"test_mail_servers.py", "test_postfix.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    give_second_try(one for one in items if one.path.name in REAL_SERVERS)


@dataclass(frozen=True, slots=True)
class Certificates:
    """`server` is for 127.0.0.1, `elsewhere` for another host; `client` trusts their maker."""

    server: ssl.SSLContext
    elsewhere: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    maker = trustme.CA()
    contexts = []
    for host in ("127.0.0.1", "elsewhere.example"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        maker.issue_cert(host).configure_cert(context)
        contexts.append(context)
    client = ssl.create_default_context()
    maker.configure_trust(client)
    return Certificates(contexts[0], contexts[1], client)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A server that takes everything until it is told otherwise."""
    with SmtpServer() as running:
        yield running


@pytest.fixture
def sendgrid_server() -> Iterator[SendGridServer]:
    """A SendGrid that goes by its rules until it is told otherwise."""
    with SendGridServer() as running:
        yield running
