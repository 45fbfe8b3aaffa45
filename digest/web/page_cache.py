"""Keeps the bytes of pages whose content is frozen, so that each is made once a process."""

import threading
from collections.abc import Callable, Hashable

MOST_PAGES = 100
"""A page is some 40 KB."""


class PageCache:
    """Pages by name, each with the version it was made of. For several threads at once."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._most = most
        self._pages: dict[Hashable, tuple[Hashable, bytes]] = {}
        self._making = threading.Lock()

    def get(self, name: Hashable, version: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the page that was made of `version`, or make it now."""
        kept = self._pages.get(name)
        if kept is not None and kept[0] == version:
            return kept[1]
        page = make()
        # Two threads may do this at once: then both made the same page.
        self._pages.pop(name, None)
        for oldest in list(self._pages)[: max(0, len(self._pages) + 1 - self._most)]:
            self._pages.pop(oldest, None)
        self._pages[name] = version, page
        return page

    def get_alone(self, name: Hashable, version: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the same, made by one thread while others wait: for a page that takes long."""
        with self._making:
            return self.get(name, version, make)
