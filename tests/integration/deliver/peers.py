"""Providers before servers of the tests."""

from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.parts.servers.sendgrid_server import SendGridServer
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import Clock

ADA, GRACE, LINUS, ALAN = THE_FOUR = [
    "ada@example.com",
    "grace@example.org",
    "linus@example.net",
    "alan@example.edu",
]
THE_THREE = THE_FOUR[:3]
PATIENCE = 60.0
"""Seconds for an answer that comes, on any machine."""


def smtp(server: SmtpServer, *, body_timeout: float = PATIENCE) -> SmtpProvider:
    """`body_timeout` is in seconds, for the reply to a body."""
    return SmtpProvider(
        SmtpUrl("127.0.0.1", server.port, connections=1),
        Clock(),
        timeout=PATIENCE,
        body_timeout=body_timeout,
    )


def sendgrid(server: SendGridServer, *, timeout: float = PATIENCE) -> SendGridProvider:
    return SendGridProvider(server.key, host=server.url, timeout=timeout, clock=Clock())
