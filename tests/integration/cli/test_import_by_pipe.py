"""Lists through real pipes, by processes of their own: whole, slow, cut off, closed."""

import fcntl
import json
import os
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO

import pytest

from tests.parts.servers.processes import ROOT
from tests.parts.waiting import until

ROWS = 6_000
"""More than a pipe holds, and than one chunk."""
SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")} | {
    "PYTHONPATH": str(ROOT)
}
PIPE = subprocess.PIPE


def digest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "digest", "subscribers", *arguments]


def ran(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        digest(*arguments), cwd=folder, env=SETTINGS, input=given, capture_output=True, check=False
    )


def waiting_bytes(pipe: IO[bytes]) -> int:
    """How many bytes lie in a pipe that nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def content(rows: int = ROWS) -> bytes:
    lines = "".join(f"reader{number}@example.org,Reader\n" for number in range(rows))
    return f"email,first_name\n{lines}nobody at all,x\n".encode()


def status_of(folder: Path, email: str) -> str:
    return str(json.loads(ran(folder, "show", email, "--json").stdout)["status"])


def test_cat_file_into_the_import(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content())
    cat = subprocess.Popen(["cat", "list.csv"], cwd=tmp_path, stdout=PIPE)
    got = subprocess.run(
        digest("import", "-", "--status", "active"),
        cwd=tmp_path, env=SETTINGS, stdin=cat.stdout, capture_output=True, check=False,
    )  # fmt: skip
    assert cat.wait() == 0
    assert got.returncode == 1, "a row was refused"
    assert got.stdout.startswith(
        b"6000 added, 0 already there, 0 repeated, 0 suppressed, 1 refused"
    )
    assert b"Traceback" not in got.stderr
    refused = (tmp_path / "standard-input.refused.csv").read_text(encoding="utf-8-sig")
    assert refused.splitlines()[1].startswith("nobody at all,x,6002,")
    assert status_of(tmp_path, "reader5999@example.org") == "active"


def test_a_writer_that_is_slow_is_waited_for(tmp_path: Path) -> None:
    """It writes on only after what was there has been read."""
    process = subprocess.Popen(
        digest("import", "-"), cwd=tmp_path, env=SETTINGS, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdin is not None
    whole = content(40)
    for start in range(0, len(whole), 401):
        process.stdin.write(whole[start : start + 401])
        process.stdin.flush()
        until(lambda: not waiting_bytes(process.stdin), "the import to read")  # type: ignore[arg-type]
        assert process.poll() is None, "it waits for the end"
    out, err = process.communicate()
    assert out.startswith(b"40 added"), err


def test_a_pipe_of_its_own_by_name(tmp_path: Path) -> None:
    """As a shell's `<(cat list.csv)`: refused rows go into the working directory."""
    read, write = os.pipe()
    process = subprocess.Popen(
        digest("import", f"/dev/fd/{read}"),
        cwd=tmp_path, env=SETTINGS, stdout=PIPE, stderr=PIPE, pass_fds=(read,),
    )  # fmt: skip
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        pipe.write(content(3))
    out, err = process.communicate()
    assert out.startswith(b"3 added"), err
    assert (tmp_path / "standard-input.refused.csv").exists()


@pytest.mark.parametrize("command", ["import", "export"])
def test_whoever_reads_the_result_may_have_gone(tmp_path: Path, command: str) -> None:
    """`digest ... | true`: no traceback, and what was imported stays."""
    (tmp_path / "list.csv").write_bytes(content())
    if command == "export":
        ran(tmp_path, "import", "list.csv")
    arguments = ("import", "list.csv") if command == "import" else ("export",)
    read, write = os.pipe()
    os.close(read)
    got = subprocess.run(
        digest(*arguments), cwd=tmp_path, env=SETTINGS, stdout=write, stderr=PIPE, check=False
    )
    os.close(write)
    assert got.returncode == 1
    assert b"Traceback" not in got.stderr
    assert b"Exception" not in got.stderr
    assert status_of(tmp_path, "reader5999@example.org") == "pending"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_crash(tmp_path: Path, closed: str) -> None:
    (tmp_path / "list.csv").write_bytes(b"email\nana@example.org\n")
    shell = f'cat list.csv | "$@" {closed}'
    got = subprocess.run(
        ["sh", "-c", shell, "sh", *digest("import", "-")],
        cwd=tmp_path, env=SETTINGS, capture_output=True, check=False,
    )  # fmt: skip
    assert b"Traceback" not in got.stderr
    if "<&-" in closed:
        assert got.returncode == 1
        assert closed != "<&-" or got.stderr == (
            b"standard input is closed: pipe a list in, or name a file\n"
        )
    else:
        assert got.returncode == 0
        assert status_of(tmp_path, "ana@example.org") == "pending"


def test_an_export_whose_reader_is_slow_arrives_whole(tmp_path: Path) -> None:
    """Nothing is read before the pipe is full; then piece by piece."""
    (tmp_path / "list.csv").write_bytes(content())
    ran(tmp_path, "import", "list.csv")
    ran(tmp_path, "export", "whole.csv")
    process = subprocess.Popen(digest("export"), cwd=tmp_path, env=SETTINGS, stdout=PIPE)
    assert process.stdout is not None
    full = fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ)
    until(lambda: waiting_bytes(process.stdout) > full // 2, "the pipe to fill")  # type: ignore[arg-type]
    assert process.poll() is None
    pieces = []
    while piece := process.stdout.read1(1_000):  # type: ignore[attr-defined]
        pieces.append(piece)
    assert process.wait() == 0
    got = b"".join(pieces).decode()
    assert got == (tmp_path / "whole.csv").read_bytes().decode("utf-8-sig")
    assert got.count("\n") == ROWS + 1


def test_a_folder_that_can_t_hold_refused_rows_is_said_before_anybody_is_added(
    tmp_path: Path,
) -> None:
    (tmp_path / "list.csv").write_bytes(content(3))
    got = ran(tmp_path, "import", "list.csv", "--report", "no/folder.csv")
    assert got.returncode == 1
    assert got.stderr.startswith(b"--report: refused rows can't be written to no/folder.csv")
    assert ran(tmp_path, "show", "reader1@example.org").returncode == 1
