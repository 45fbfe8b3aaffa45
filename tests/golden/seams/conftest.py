"""The product as somebody outside has it: arguments and settings in, status and streams out."""

from pathlib import Path

import pytest

from tests.golden.seams.outside import Outside, bare


@pytest.fixture
def outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Outside:
    """An empty folder to work in, with no DIGEST_ setting from outside."""
    bare(monkeypatch, tmp_path)
    return Outside(tmp_path, monkeypatch, lambda: tuple(capsys.readouterr()))
