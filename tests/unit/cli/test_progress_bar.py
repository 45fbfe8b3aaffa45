"""A bar on a terminal, plain lines elsewhere."""

import io

import pytest

from digest.cli.progress_bar import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with ProgressBar(10) as bar:
        assert bar.is_due()
        bar.show(5, "5 of [10]")
    assert "5 of [10]" in screen.getvalue()
    assert "━" in screen.getvalue()


def test_a_pipe_gets_the_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter((0.0, 1.0, 3.0, 4.0))
    with ProgressBar(10, lambda: next(times)) as bar:
        due = [bar.is_due() for _ in range(3)]
        bar.show(5, "5 of 10")
    assert due == [False, True, False], "a line every two seconds"
    assert capsys.readouterr().err == "5 of 10\n"
