"""Checks the key and host that SendGrid is used with, before anything is opened."""

from urllib.parse import urlsplit


def check_credentials(api_key: str, host: str) -> None:
    """Raise ValueError for a key or host that can't be one, without repeating the key."""
    if not (api_key.isascii() and api_key.isprintable()) or " " in api_key or not api_key:
        raise ValueError("SENDGRID_API_KEY should look like SG.xxxx.yyyy, in one piece")
    if not _is_host(host):
        raise ValueError("SENDGRID_HOST should look like https://api.sendgrid.com")


def _is_host(url: str) -> bool:
    """Return whether `url` names a host: https, since the key goes there, or this machine."""
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
        name.encode("idna")
        local = name in {"localhost", "127.0.0.1", "::1"}
        port = parts.port != 0
    except ValueError:
        return False
    bare = not (parts.username or parts.query or parts.fragment)
    return (
        bool(name)
        and port
        and bare
        and (parts.scheme == "https" or (local and parts.scheme == "http"))
    )
