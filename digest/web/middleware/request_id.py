"""Gives each request an id, which stands in its answer and in the log lines that it causes."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.logs.request_id import HEADER, request_id, request_id_of

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Seconds."""
NO_ROUTE = "none"


class RequestMetrics:
    """Counts requests by route, method and status, and how long they took, of this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "digest_http_requests",
            "Requests that this process answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "digest_http_request_seconds",
            "Seconds until a request was answered whole.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )


class RequestIdMiddleware:
    """Sets `logs.request_id` while a request is answered, and counts it.

    Clicks and opens are answered before this, so that nothing stands in their way.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: RequestMetrics,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        name = request_id_of(given[:65].decode("latin-1"))
        status = 500
        began = self.clock()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, name.encode())]
            await send(message)

        # Never reset: each request is a task with a context of its own, and what answers a fault
        # stands outside of this.
        request_id.set(name)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            route = route_of(scope)
            self.metrics.requests.labels(method_of(scope), route, status).inc()
            self.metrics.seconds.labels(route).observe(self.clock() - began)


def route_of(scope: Scope) -> str:
    """Return the pattern of the path, as the application has it: a path may hold a token."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def method_of(scope: Scope) -> str:
    """Return the method, or `other`: a client may send any word."""
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"} else "other"
