"""Imports and exports in small transactions: what spans two of them is held by short files."""

import pytest

from subscribers.transfer import export, run


@pytest.fixture(autouse=True)
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (run, export):
        monkeypatch.setattr(module, "CHUNK", 100)
