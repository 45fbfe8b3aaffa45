"""Gives tests of somebody else's program, a browser or a mail server, a second try.

Only where DIGEST_TESTS_SECOND_TRY asks for it, as `.ci/run` does; docs/decisions/0035 says why.
"""

import os
from collections.abc import Iterable

import pytest


def give_second_try(items: Iterable[pytest.Item]) -> None:
    """Let each of these run once more after a failure; a second failure counts."""
    if os.environ.get("DIGEST_TESTS_SECOND_TRY"):
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=1))
