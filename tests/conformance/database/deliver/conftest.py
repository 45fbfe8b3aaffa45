"""What the tests of delivery share."""

import pytest

from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()
