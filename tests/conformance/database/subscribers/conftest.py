"""Imports in small transactions: what spans two of them is held by short files."""

import pytest

from subscribers.transfer import run


@pytest.fixture(autouse=True)
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK", 1_000)
