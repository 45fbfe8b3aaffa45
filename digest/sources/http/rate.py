"""Keeps a pause between two requests to one host."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PAUSE_SECONDS = 1.0
MAX_PAUSE = 60.0
"""However long a pause a site's robots.txt asks for."""


@dataclass(slots=True)
class Rate:
    """Waits until a host may be asked again; `pause` is told for how many seconds."""

    tick: Callable[[], float]
    pause: Callable[[float], object]
    _last: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    def ask_for(self, origin: str, seconds: float | None) -> None:
        """Take the pause that a site asks for, up to a minute."""
        if seconds is not None:
            self._asked[urlsplit(origin).netloc] = min(max(seconds, 0.0), MAX_PAUSE)

    def wait(self, url: str) -> None:
        """Wait for the host of `url`; the first request to it does not."""
        host = urlsplit(url).netloc
        if host in self._last:
            pause = max(PAUSE_SECONDS, self._asked.get(host, 0.0))
            left = self._last[host] + pause - self.tick()
            if left > 0:
                self.pause(left)
        self._last[host] = self.tick()
