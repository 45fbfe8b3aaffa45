"""Bursts and neighbours, found in linear time: the same as comparing each hit with each."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.track.hits.bot_detection import DeliveryContext, ObservedHit, classify
from digest.track.hits.patterns import Moments, burst_places
from tests.parts.traces import ARRIVED

CLICKS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 5), st.sampled_from(["GET", "HEAD"])), max_size=40
)


@given(CLICKS, st.integers(1, 5), st.integers(0, 30))
def test_a_burst_is_found_as_by_looking_at_every_window(
    clicks: list[tuple[int, int, str]], most: int, seconds: int
) -> None:
    keys = [(link, method) for _, link, method in clicks]
    timed = sorted(
        (ARRIVED + timedelta(seconds=at), place) for place, (at, _, _) in enumerate(clicks)
    )
    within = timedelta(seconds=seconds)
    expected: set[int] = set()
    for end, (at, _) in enumerate(timed):
        window = [place for moment, place in timed[: end + 1] if at - moment <= within]
        first = {keys[place]: place for place in reversed(window)}
        if len({link for link, _ in first}) >= most:
            expected.update(first.values())
    assert burst_places(timed, keys, most, within) == expected


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100))),
    st.tuples(st.sampled_from("abc"), st.integers(0, 100)),
    st.integers(0, 20),
)
def test_a_moment_is_near_another_as_by_looking_at_each(
    moments: list[tuple[str, int]], asked: tuple[str, int], distance: int
) -> None:
    at = {second: ARRIVED + timedelta(seconds=second) for second in range(101)}
    found = Moments((group, at[second]) for group, second in moments).has_near(
        asked[0], at[asked[1]], timedelta(seconds=distance)
    )
    assert found == any(
        group == asked[0] and abs(second - asked[1]) <= distance for group, second in moments
    )


def test_many_hits_on_few_links_are_classified_in_steps_linear_in_their_number() -> None:
    """Counts the calls of the innermost steps, not the time."""

    def steps(number: int) -> int:
        counted: Counter[str] = Counter()

        class Counting(ObservedHit):
            def __getattribute__(self, name: str) -> object:
                counted["read"] += 1
                return super().__getattribute__(name)

        hits = [
            Counting(
                ARRIVED + timedelta(hours=2, seconds=place / 200),
                1 + place % 13,
                "GET",
                f"Mozilla/5.0 (X11; Linux) a{place % 8}",
            )
            for place in range(number)
        ]
        classify(hits, DeliveryContext(ARRIVED, 12))
        return counted["read"]

    once = steps(500)
    assert once > 0
    assert steps(4_000) <= 9 * once
