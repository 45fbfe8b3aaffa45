"""HTTP/1.1 over httptools as uvicorn has it, bounded in size and time, h2c upgrades declined.

Uvicorn's protocol takes headers of any length. It also drops the body of a request that offers to
upgrade to HTTP/2 (`Upgrade: h2c`), as Java's HttpClient does by default; a server may ignore such
an offer (RFC 9110 section 7.8), and must read the body then. And it waits for ever for a
request that is begun, and for a client to read its answer: clients that hold as many as a process
may have files open would take the site down.
"""

import asyncio
import socket
import struct

import h11
import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 65_536
"""Bytes of the address and all headers of a request, together; also how many may come in before
there is anything to tell of, as in a header that never ends, which httptools keeps whole."""
RECEIVE_SECONDS = 60.0
"""How long a request may take to come in, from the connection or its first byte to its last; looked
at so often, so that the slowest has twice as long."""
MIN_TAKEN_BYTES = 16_384
"""Of an answer that a client has to read in that time, if it is not all of it."""
_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\n"
    b"content-type: text/plain\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_OFFER = (b"upgrade", b"connection", b"http2-settings")


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _header_bytes = 0
    _untold_bytes = 0
    """Bytes that came in since the parser last told of any."""
    _refused = False
    _declined = False
    _waiting_since: float | None = None
    """Since when a request is awaited; None while there is one to answer."""
    _timer: asyncio.TimerHandle | None = None
    _unread: int | None = None
    """Bytes of answers that the client had not read when it was last looked at."""
    _successor: H11Protocol | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        self._timer = self.loop.call_later(RECEIVE_SECONDS, self._check_time)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the wait."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came; a request that offers an upgrade goes on over h11, which reads it all."""
        if self._refused:
            return
        # An offer's own bytes end where httptools says; what comes after them is its body.
        self._unset_keepalive_if_required()
        self._untold_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._declined:
                self._go_on_over_h11(data[upgrade.args[0] :])
            else:
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            if not self._refused:
                self.send_400_response("Invalid HTTP request received.")
        if self._untold_bytes > MAX_HEADER_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        self._header_bytes = self._untold_bytes = 0
        self._waiting_since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if not self._refused:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._declined = self.parser.should_upgrade() and not self._should_upgrade()
        if not self._refused and not self._declined:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._untold_bytes = 0
        if not self._refused and not self._declined:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._waiting_since = None
        self._untold_bytes = 0
        if not self._refused and not self._declined:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request; who gets one answer after another does read them."""
        self._unread = None
        super().on_response_complete()

    def _check_time(self) -> None:
        """Close the connection if its request takes too long, or its answer; else look again."""
        unread, before = self.transport.get_write_buffer_size(), self._unread
        if self.transport.is_closing() and not unread:
            return
        if unread and before is not None and before - unread < MIN_TAKEN_BYTES:
            self._reset()
            return
        self._unread = unread or None
        self._timer = self.loop.call_later(RECEIVE_SECONDS, self._check_time)
        now, since = self.loop.time(), self._waiting_since
        if self._successor is not None and not _is_coming_in(self._successor):
            since = now
        is_late = since is not None and now - since >= RECEIVE_SECONDS
        if is_late and not self.transport.is_closing():
            if self._successor is None:
                self.transport.write(_TOO_SLOW)
            self.transport.close()

    def _reset(self) -> None:
        """End the connection at once: closed, it would wait for its client to read the rest."""
        line = self.transport.get_extra_info("socket")
        if line is not None:
            # No lingering (socket(7)): the system would hold what is left for minutes.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _count(self, size: int) -> None:
        self._untold_bytes = 0
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            self._refuse()

    def _refuse(self) -> None:
        if not self._refused:
            self._refused = True
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _go_on_over_h11(self, rest: bytes) -> None:
        """Hand the connection to uvicorn's other protocol, without the offer."""
        self.connections.discard(self)
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            if name not in _OFFER:
                head += [name, b": ", value, b"\r\n"]
        protocol = H11Protocol(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        self._successor, self._waiting_since = protocol, self.loop.time()
        protocol.data_received(b"".join([*head, b"\r\n", rest]))


def _is_coming_in(protocol: H11Protocol) -> bool:
    """Return whether a request has begun and not ended."""
    connection = protocol.conn
    return connection.their_state is h11.SEND_BODY or bool(connection.trailing_data[0])
