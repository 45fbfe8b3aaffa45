"""Every setting, as .env files and compose files out there name it."""

import re
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from tests.golden.seams import product
from tests.golden.seams.held import hold
from tests.golden.seams.outside import Outside

EXAMPLE = Path(__file__).parents[3] / ".env.example"
NEEDS: dict[str, dict[str, str]] = {
    "provider smtp": {"provider": "smtp"},
    "provider smtp with a url": {"provider": "smtp", "smtp_url": "smtp://mail.example.org"},
    "provider sendgrid": {"provider": "sendgrid"},
    "provider sendgrid with a key": {"provider": "sendgrid", "sendgrid_api_key": "SG.x.y"},
    "a postal address, postgresql": {
        "database_url": "postgresql://127.0.0.1:1/x",
        "postal_address": "1 Road, Town",
    },
    "a bounce address": {"bounce_address": "bounces+*@example.org"},
    "a selector": {"dkim_selector": "s2026"},
    "a key file": {"dkim_key_file": "dkim.pem"},
    "another domain": {"dkim_domain": "elsewhere.example"},
    "a short secret": {"secret_key": "short"},
}
"""Settings that make others required, or are refused."""


def test_every_setting_is_as_it_was(outside: Outside) -> None:
    """Name, type and default; then which others each of NEEDS asks for, by name."""
    fields = product.settings_class().model_fields
    lines = [f"{_name(name)}: {_type(field)}, {_default(field)}" for name, field in fields.items()]
    lines += [f"with {case}: {_asked_for(outside, given)}" for case, given in NEEDS.items()]
    hold("settings.txt", sorted(lines))


def test_the_example_names_every_setting() -> None:
    """All but the host that SendGrid is reached at."""
    named = set(re.findall(r"DIGEST_[A-Z_]+", EXAMPLE.read_text(encoding="utf-8")))
    known = {_name(name) for name in product.settings_class().model_fields}
    assert (known - named, named - known) == ({"DIGEST_SENDGRID_HOST"}, set())


def test_a_file_called_env_is_read(outside: Outside) -> None:
    """Beneath what the environment says."""
    (outside.home / ".env").write_text("DIGEST_PUBLIC_URL=nonsense\n", encoding="utf-8")
    assert outside.run("issue", "list").status == 1
    assert outside.run("issue", "list", public_url="https://digest.example.org").status == 0


def _name(field: str) -> str:
    prefix = product.settings_class().model_config["env_prefix"]
    return f"{prefix}{field}".upper()


def _type(field: Any) -> str:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " | ".join(str(one.value) for one in kind)
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _default(field: Any) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"default {str(value)!r}"


def _asked_for(outside: Outside, given: dict[str, str]) -> str:
    ran = outside.run("issue", "list", **given)
    words = re.findall(r"DIGEST_[A-Z_]+", ran.err)
    return f"exit {ran.status}, " + (", ".join(dict.fromkeys(words)) or "nothing named")
