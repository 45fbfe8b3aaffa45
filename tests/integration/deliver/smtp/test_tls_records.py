"""A full TLS socket: what is counted as sent is what the other side can read, to the octet.

OpenSSL writes several records in one call, and where the socket fills up in between it does not
say how many of them left.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from digest.deliver.providers.smtp.transport import SocketTransport
from tests.integration.deliver.conftest import Certificates

Pair = tuple[ssl.SSLSocket, ssl.SSLSocket]


@pytest.fixture
def pair(certificates: Certificates) -> Iterator[Pair]:
    """A client's socket and the server's, both secure."""
    ours, theirs = socket.socketpair()
    served: list[ssl.SSLSocket] = []
    greet = threading.Thread(
        target=lambda: served.append(certificates.server.wrap_socket(theirs, server_side=True))
    )
    greet.start()
    client = certificates.client.wrap_socket(ours, server_hostname="127.0.0.1")
    greet.join()
    served[0].setblocking(False)
    with client, served[0]:
        yield client, served[0]


def read_all(sock: ssl.SSLSocket) -> bytearray:
    """Whatever can be read now."""
    found = bytearray()
    with suppress(ssl.SSLWantReadError):
        while True:
            found += sock.recv(1 << 16)
    return found


@pytest.mark.parametrize("size", [100, 5_000, 16_384, 49_000, 300_000])
def test_what_is_counted_as_sent_is_what_can_be_read(pair: Pair, size: int) -> None:
    client, server = pair
    transport = SocketTransport(client)
    expected, received = bytearray(), bytearray()
    for turn in range(40):
        while transport.backlog < 400_000 and turn < 20:
            message = bytes([turn + 1]) * size
            transport.queue(message)
            expected += message
        blocked = not transport.flush()
        received += read_all(server)
        assert len(received) == transport.sent
        assert blocked or not transport.backlog
    assert received == expected
