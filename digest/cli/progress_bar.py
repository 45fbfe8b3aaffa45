"""Shows the progress of long work on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Self

LINE_EVERY_SECONDS = 2.0
BAR_WIDTH = 30


class ProgressBar:
    """Shows progress within a with-block. `total` is in the unit of `show`, `clock` in seconds."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_terminal = sys.stderr.isatty()
        self._clock = clock
        self._next_line = clock() + LINE_EVERY_SECONDS
        if self.is_terminal:
            # Imported here, since rich is slow to import and only a terminal needs it.
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                BarColumn(BAR_WIDTH),
                TextColumn("{task.description}", markup=False),
                console=Console(file=sys.stderr),
                auto_refresh=False,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        if self.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_terminal:
            self._bar.stop()

    def is_due(self) -> bool:
        """Return whether `show` should be called: always on a terminal, else every two seconds."""
        now = self._clock()
        if not self.is_terminal and now < self._next_line:
            return False
        self._next_line = now + LINE_EVERY_SECONDS
        return True

    def show(self, done: int, words: str) -> None:
        """Draw the bar at `done` with `words` behind it; elsewhere print `words` as a line."""
        if self.is_terminal:
            self._bar.update(self._task, completed=done, description=words, refresh=True)
        else:
            print(words, file=sys.stderr, flush=True)
