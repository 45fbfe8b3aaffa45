"""Ports that stay the test's own while nobody listens on them."""

import socket


def closed_port() -> socket.socket:
    """A bound socket that does not listen: connections to its port are refused.

    While it is open the system gives the port to no other socket, neither to one that asks
    for any port nor to an outgoing connection. A server that names the port, and sets
    SO_REUSEADDR as servers do, may listen on it, end, and listen again.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held
