"""Units for systemd, read by systemd's own checker; and the messages to it."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from digest.service.notify import READY, notify
from digest.service.units import Part, Scope, ServiceError, folder_of, state_folder, unit
from tests.parts.servers.machine import without

EXPOSURE = 20
"""Tenths, of 100: systemd calls up to 50 tolerable."""


def analyze(*arguments: str, runtime: Path) -> "subprocess.CompletedProcess[str]":
    """Runs systemd's own checker."""
    program = shutil.which("systemd-analyze")
    if program is None:
        without("systemd-analyze is not installed; it comes with systemd")
    return subprocess.run(
        [program, *arguments],
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder: Path, part: Part, scope: Scope, program: Path) -> Path:
    made = unit(part, scope, program)
    path = folder / made.name
    path.write_text(made.text)
    return path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program whose path would break out of a careless unit."""
    path = tmp_path / "a 100 % $HOME" / "digest"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("part", Part)
def test_systemd_finds_nothing(part: Part, scope: Scope, program: Path, tmp_path: Path) -> None:
    path = written(tmp_path, part, scope, program)
    done = analyze("verify", f"--{scope}", "--man=no", str(path), runtime=tmp_path)
    assert done.returncode == 0, done.stderr
    assert path.name not in done.stderr


def test_little_is_exposed(program: Path, tmp_path: Path) -> None:
    path = written(tmp_path, Part.WEB, Scope.SYSTEM, program)
    bound = f"--threshold={EXPOSURE}"
    done = analyze("security", "--offline=true", bound, str(path), runtime=tmp_path)
    assert done.returncode == 0, done.stdout[-200:]


def test_what_systemd_can_not_start_is_refused() -> None:
    with pytest.raises(ServiceError, match="without quotes"):
        unit(Part.WEB, Scope.USER, Path('/a "b"/digest'))


def test_names_and_places() -> None:
    assert unit(Part.SERVE, Scope.USER, Path("/x/digest")).name == "digest.service"
    worker = unit(Part.WORKER, Scope.SYSTEM, Path("/x/digest"))
    assert worker.name == "digest-worker.service"
    assert 'ExecStart="/x/digest" worker\n' in worker.text
    assert folder_of(Scope.SYSTEM, Path("/home/a")) == Path("/etc/systemd/system")
    assert folder_of(Scope.USER, Path("/home/a")) == Path("/home/a/.config/systemd/user")
    assert state_folder(Scope.USER, Path("/home/a")) == Path("/home/a/.local/state/digest")


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify(READY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert notify(READY)
        assert sock.recv(100) == b"READY=1"
    assert not notify(READY)  # it has gone


def test_systemd_is_told_at_an_abstract_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0digest-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@digest-test-{os.getpid()}")
        assert notify(READY)
        assert sock.recv(100) == b"READY=1"
