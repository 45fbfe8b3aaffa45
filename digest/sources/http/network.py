"""Connects to the very address that was checked, and ends a request when its time is up.

Name resolution and connection are one step here: a name whose answer changes in between (DNS
rebinding) leads nowhere else. TLS still checks the certificate against the name.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore2
import httpx2

from digest.sources.errors import FetchError
from digest.sources.http.addresses import AddressPolicy

SocketOption = Any
ERRORS = (
    httpx2.HTTPError,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.UnsupportedProtocol,
)
TIMEOUTS = (httpx2.TimeoutException, httpcore2.TimeoutException)


class Deadline:
    """When the request under way has to be over, by a clock that only ever goes on."""

    def __init__(self, tick: Callable[[], float], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._end = tick() + seconds

    def start(self) -> None:
        """Begin the time of the next request."""
        self._end = self._tick() + self._seconds

    def within(self, timeout: float | None) -> float:
        """Return how long one step may take. Raises FetchError when the time is up."""
        left = self._end - self._tick()
        if left <= 0:
            raise FetchError(f"no whole answer within {self._seconds:g} seconds")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore2.NetworkStream):
    """A connection each of whose steps ends with the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        within = self._deadline.within(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, within), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _CheckedBackend(httpcore2.NetworkBackend):
    """Opens connections to addresses that the policy allows."""

    def __init__(self, policy: AddressPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._policy.addresses(host, port)
        for last, address in enumerate(addresses, 1):
            try:
                stream = self._inner.connect_tcp(
                    address, port, self._deadline.within(timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if last == len(addresses):
                    raise
            else:
                return _Stream(stream, self._deadline)
        raise httpcore2.ConnectError("no address")  # pragma: no cover - the last one raises


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class CheckedTransport(httpx2.BaseTransport):
    """HTTP/1.1 over connections to checked addresses; knows no proxy and no other way out."""

    def __init__(
        self, policy: AddressPolicy, deadline: Deadline, tls: ssl.SSLContext | None = None
    ) -> None:
        self._deadline = deadline
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or httpx2.create_ssl_context(),
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=15,
            retries=0,
            network_backend=_CheckedBackend(policy, deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._deadline.start()
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=b"",
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()
