"""A scheme that is wrong for the port is named, and the right one with it."""

import ssl

import pytest

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.client import open_client
from digest.deliver.providers.smtp.url import SmtpUrl, Tls
from tests.parts.servers.pipelining_server import PipeliningServer


def test_smtps_on_a_port_without_tls_names_smtp() -> None:
    with PipeliningServer() as server:
        target = SmtpUrl("127.0.0.1", server.port, Tls.IMPLICIT)
        with pytest.raises(ProviderError, match=f"use smtp://127.0.0.1:{server.port}"):
            open_client(target, ssl.create_default_context(), 5, 5)


def test_smtp_on_465_names_smtps() -> None:
    target = SmtpUrl("127.0.0.1", 465)
    with pytest.raises(ProviderError, match=r"use smtps://127\.0\.0\.1"):
        open_client(target, ssl.create_default_context(), 2, 2)
