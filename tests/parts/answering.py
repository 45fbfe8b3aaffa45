"""A server of HTTP that answers whatever it is asked with bytes of the test's choice."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def answering(first: bytes, forever: bytes = b"", pause: float = 0) -> Iterator[str]:
    """Yields its address; it sends `first`, then `forever` again and again, each after `pause`."""
    ended = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(OSError):
                self.request.sendall(first)
                while forever and not ended.wait(pause):
                    self.request.sendall(forever)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        ended.set()
        server.shutdown()
