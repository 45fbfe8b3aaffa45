"""Rows that travel as one parameter arrive as they were, whatever text is in them."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.engine import Store
from store.rows import Row, as_rows, ids_given, ids_parameter, texts_given, texts_parameters

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


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(st.integers(0, 2**31 - 1), TEXTS), max_size=6))
@example(rows=[(0, ""), (1, None), (2, 'a"b\\c'), (3, "NULL"), (4, "{,}"), (5, " a ")])
def test_rows_of_a_kept_statement_arrive_as_they_were(store: Store, rows: list[Row]) -> None:
    sqlite = store.is_sqlite
    ids = [one for one, _ in rows]
    with store.read() as session:
        run = session.connection().execute
        texts = run(texts_given(sqlite=sqlite), texts_parameters(rows, sqlite=sqlite))
        assert sorted(map(tuple, texts), key=repr) == sorted(rows, key=repr)
        found = run(ids_given(sqlite=sqlite), {"ids": ids_parameter(ids, sqlite=sqlite)})
        assert sorted(found.scalars()) == sorted(ids)
