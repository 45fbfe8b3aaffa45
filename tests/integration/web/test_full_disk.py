"""A SQLite disk without room: `/ready` says so, pages go on, and it is ready again with room."""

import http.client
import signal
from pathlib import Path

from tests.integration.test_stopped_serve import listening
from tests.parts.servers.processes import BOUND, environment
from tests.parts.servers.small_disk import MEGABYTES, seen_by, start_on_small_disk
from tests.parts.waiting import until


def ask(port: int, path: str) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def test_a_site_whose_disk_is_full_is_not_ready_and_is_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    settings = environment(f"sqlite:///{tmp_path}/digest.db", 9)
    process = start_on_small_disk(["web", "--port", "0"], settings, tmp_path)
    port = listening(process)
    until(lambda: ask(port, "/ready")[0] == 200, "the site")
    ballast = seen_by(process, tmp_path / "ballast")
    ballast.write_bytes(bytes((MEGABYTES - 6) * 1024 * 1024))
    assert ask(port, "/ready") == (503, '{"status":"the database\'s disk is full"}')
    assert ask(port, "/health")[0] == 200
    assert ask(port, "/issues/")[0] == 200, "what is read can still be read"
    ballast.unlink()
    assert ask(port, "/ready")[0] == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(BOUND) == 0
    assert "not ready: the disk of sqlite:///" in process.stderr.read() if process.stderr else ""
