"""Reads the setting that names hosts on private networks; imports nothing, as settings need."""


def parse_allowed(text: str) -> frozenset[str]:
    """Return the host names in `text`, separated by commas or spaces. Raises ValueError."""
    hosts = [one.strip("[]").lower().rstrip(".") for one in text.replace(",", " ").split()]
    for host in hosts:
        if not host or any(char in host for char in "/@*"):
            raise ValueError(
                f"{host!r} is no host name; it should look like wiki.example.internal, 10.0.0.5"
            )
    return frozenset(hosts)
