"""Finds bursts of clicks, and what lies near machines' visits, in time linear in the hits.

One reader can ask for the links of one mail thousands of times, so nothing here compares hits
pairwise. Pure functions over `(moment, place)` pairs sorted by moment.
"""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta

Timed = tuple[datetime, int]
"""When a hit was made, and its place in the list of hits."""


def burst_places(
    clicks: Sequence[Timed], keys: Sequence[tuple[int, str]], most: int, within: timedelta
) -> set[int]:
    """Returns the clicks in any window of `within` that has `most` different links or more.

    `keys` has link and method of each place. Of several clicks on one key in a window only the
    first: a scanner takes each link once, and a later click may well be the reader's.
    """
    burst: set[int] = set()
    window: dict[tuple[int, str], deque[int]] = defaultdict(deque)
    links: Counter[int] = Counter()
    # Keys with a first click in the window that is in no burst so far.
    fresh: set[tuple[int, str]] = set()
    start = 0
    for at, place in clicks:
        while at - clicks[start][0] > within:
            _leave(keys[clicks[start][1]], window, links, fresh)
            start += 1
        key = keys[place]
        if not window[key]:
            fresh.add(key)
            links[key[0]] += 1
        window[key].append(place)
        if len(links) >= most:
            burst.update(window[one][0] for one in fresh)
            fresh.clear()
    return burst


def _leave(
    key: tuple[int, str],
    window: dict[tuple[int, str], deque[int]],
    links: Counter[int],
    fresh: set[tuple[int, str]],
) -> None:
    """Takes the oldest click on `key` out of the window."""
    window[key].popleft()
    if window[key]:
        fresh.add(key)
        return
    fresh.discard(key)
    links[key[0]] -= 1
    if not links[key[0]]:
        del links[key[0]]


class Moments:
    """Answers whether a moment lies near one of a group's, by binary search."""

    def __init__(self, timed: Iterable[tuple[Hashable, datetime]]) -> None:
        self._by_group: dict[Hashable, list[datetime]] = defaultdict(list)
        for group, at in timed:
            self._by_group[group].append(at)
        for moments in self._by_group.values():
            moments.sort()

    def has_near(self, group: Hashable, at: datetime, distance: timedelta) -> bool:
        """Returns whether the group has a moment at most `distance` before or after `at`."""
        moments = self._by_group.get(group, [])
        place = bisect_left(moments, at - distance)
        return place < len(moments) and moments[place] - at <= distance
