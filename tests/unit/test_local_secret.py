"""The secret kept beside the database: made whole or not at all, and refused where it is not."""

import os
from pathlib import Path

import pytest

from digest.settings import SettingsError, read_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{tmp_path}/digest.db")
    return tmp_path


def test_it_is_made_once_and_is_its_owners_alone(home: Path) -> None:
    first = read_settings().secrets
    path = home / "secret.key"
    assert read_settings().secrets == first == [path.read_text(encoding="ascii")]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in home.iterdir()] == ["secret.key"], "nothing half made is left"


@pytest.mark.parametrize("held", [b"", b"\n", b"short", b"\xff\xfe" * 40])
def test_an_empty_short_or_unreadable_one_is_refused_in_one_line(home: Path, held: bytes) -> None:
    (home / "secret.key").write_bytes(held)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert "secret.key" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (home / "secret.key").read_bytes() == held, "it is left for its owner to look at"
