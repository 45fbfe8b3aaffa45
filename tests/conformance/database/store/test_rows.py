"""Rows that travel as one parameter arrive as they were, whatever text is in them."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.engine import Store
from store.rows import Row, as_rows

TEXTS = st.none() | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.sampled_from("\x1e\x1f")
)
"""PostgreSQL stores no NUL."""


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(st.integers(0, 2**31 - 1), TEXTS), max_size=6))
@example(rows=[(0, "")])
@example(rows=[(0, ""), (1, None), (2, "a\x1fb"), (3, "\x1e")])
def test_rows_arrive_as_they_were(store: Store, rows: list[Row]) -> None:
    with store.read() as session:
        found = [(int(one[0]), one[1]) for one in session.execute(as_rows(session, rows))]
    assert sorted(found, key=repr) == sorted(rows, key=repr)
