"""Reads which proxies are trusted to say where a request comes from, from `.env` too."""

import os
from collections.abc import Mapping

VARIABLE = "FORWARDED_ALLOW_IPS"


def named_proxies(environment: Mapping[str, str] = os.environ, dotenv: str = ".env") -> str:
    """Return addresses and networks, separated by commas; empty if none are named.

    Uvicorn looks for the variable in the environment alone, where systemd and Compose put the
    lines of `.env`; whoever starts a process by hand has them in the file.
    """
    if named := environment.get(VARIABLE, "").strip():
        return named
    from dotenv import dotenv_values

    return (dotenv_values(dotenv).get(VARIABLE) or "").strip()
