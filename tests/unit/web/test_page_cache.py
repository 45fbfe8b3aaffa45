"""A page is the one of its version, and no more are kept than the bound."""

from hypothesis import given
from hypothesis import strategies as st

from digest.web.page_cache import PageCache


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=40))
def test_a_page_is_always_that_of_the_version_asked_for(asked: list[tuple[int, int]]) -> None:
    cache = PageCache(most=3)
    for name, version in asked:
        page = f"{name} as of {version}".encode()
        assert cache.get(name, version, lambda page=page: page) == page  # type: ignore[misc]
        assert len(cache._pages) <= 3


def test_a_page_is_made_once_a_version() -> None:
    cache = PageCache()
    made: list[str] = []

    def make() -> bytes:
        made.append("once")
        return b"page"

    for version in (1, 1, 1, 2, 2, 1):
        cache.get("issue", version, make)
    assert len(made) == 3
