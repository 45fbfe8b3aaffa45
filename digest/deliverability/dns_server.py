"""Parses the setting that names a DNS server."""

from ipaddress import ip_address

PORT = 53


def parse_server(text: str) -> tuple[str, int]:
    """Return the IP address and the port, 53 by default. Raises ValueError."""
    host, port = text.strip(), str(PORT)
    if host.startswith("[") or host.count(":") == 1:
        host, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", port)
    try:
        address = str(ip_address(host.strip("[]")))
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 1 << 16:
        msg = "should look like 9.9.9.9 or 127.0.0.1:5353"
        raise ValueError(msg)
    return address, number
