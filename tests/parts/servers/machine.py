"""What a test does where the machine lacks a part that it needs."""

import os
from typing import NoReturn

import pytest


def without(reason: str) -> NoReturn:
    """Skips; with DIGEST_TESTS_NO_SKIP=1 it fails, so that no run passes for want of the part."""
    if os.environ.get("DIGEST_TESTS_NO_SKIP") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
