"""Every email's bytes, as approved by eye; DIGEST_RENEW_GOLDEN=1 renews them."""

import os
import re
from difflib import unified_diff
from pathlib import Path
from tempfile import mkdtemp

import pytest

from digest.render.environment import email_environment, templates_folder
from tests.golden.emails import EMAILS
from tests.golden.pictures import chromium, take

FILES = Path(__file__).parent / "files"
RENEW = os.environ.get("DIGEST_RENEW_GOLDEN") == "1"


@pytest.mark.parametrize("part", ["html", "text"])
@pytest.mark.parametrize("name", EMAILS)
def test_the_email_is_the_one_that_was_looked_at(name: str, part: str) -> None:
    """Fails with a diff, a tag or rule a line, when a template or library changes the mail."""
    rendered = EMAILS[name](email_environment(templates_folder()))
    path = FILES / f"{name}.{'html' if part == 'html' else 'txt'}"
    now = getattr(rendered, part)
    if RENEW:
        path.write_bytes(now.encode())
    was = path.read_bytes().decode()
    if now != was:
        seen = _pictures(name, was, now) if part == "html" else ""
        pytest.fail(_difference(was, now) + seen, pytrace=False)


def _difference(was: str, now: str) -> str:
    before, after = (re.sub(r"(?<=>)(?=<)|(?<=})", "\n", text).splitlines() for text in (was, now))
    diff = "\n".join(unified_diff(before, after, "golden", "rendered", lineterm="", n=2))
    return f"{diff}\n\nIf this is meant, renew the files with DIGEST_RENEW_GOLDEN=1."


def _pictures(name: str, was: str, now: str) -> str:
    """The two as pictures, phone-wide, where there is a browser; where they are."""
    if not chromium():
        return ""
    folder = Path(mkdtemp(prefix=f"{name}-"))
    take(
        {
            folder / f"{which}.png": (html, 375, "light")
            for which, html in (("was", was), ("is", now))
        }
    )
    return f"\nAs pictures: {folder}/was.png and is.png"
