"""Providers before servers of the tests."""

from digest.deliver.providers.sendgrid.provider import SendGrid
from digest.deliver.providers.smtp.provider import Smtp, SmtpUrl
from tests.parts.sendgrid_server import SendGridServer
from tests.parts.smtp_server import SmtpServer
from tests.parts.world import Clock

ADA, GRACE, LINUS, ALAN = THE_FOUR = [
    "ada@example.com",
    "grace@example.org",
    "linus@example.net",
    "alan@example.edu",
]
THE_THREE = THE_FOUR[:3]


def smtp(server: SmtpServer, *, patience: float = 5) -> Smtp:
    """`patience` is in seconds, for the reply to a body."""
    return Smtp(
        SmtpUrl("127.0.0.1", server.port, connections=1), Clock(), timeout=5, patience=patience
    )


def sendgrid(server: SendGridServer, *, timeout: float = 5) -> SendGrid:
    return SendGrid(server.key, host=server.url, timeout=timeout, clock=Clock())
