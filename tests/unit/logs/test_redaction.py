"""No log line holds an address or a token, whatever stands around it."""

import string

from hypothesis import given
from hypothesis import strategies as st

from digest.logs.redaction import MAX_LINE, redact
from subscribers.tokens import Purpose, Tokens

TOKENS = Tokens(["a secret of the tests that is long enough"])
LOCALS = st.text(
    string.ascii_letters + string.digits + "!#$%&*+-/=?^_{|}~.éß", min_size=1, max_size=64
)
AROUND = st.sampled_from(
    ["", " ", "<", ">", '"', "'", "(", ")", ",", ";", ":", "mailto:", "\n", "["]
)


@given(LOCALS, AROUND, AROUND)
def test_addresses(local: str, before: str, after: str) -> None:
    line = redact(f"450 try later{before}{local}@example.org{after} twice {local}@example.org")
    assert f"{local}@" not in line.replace("***@", "")
    assert line.count("***@example.org") == 2


@given(
    st.integers(0, 2**55),
    st.sampled_from(Purpose),
    AROUND,
    st.sampled_from(["", "/", "?x=1", ".gif"]),
)
def test_tokens(person: int, purpose: Purpose, before: str, after: str) -> None:
    token = TOKENS.make(purpose, person, 7)
    line = redact(f"a fault in{before} /unsubscribe/{token}{after}")
    assert token not in line
    assert "***" in line


def test_what_names_nobody_stays() -> None:
    for text in (
        "issue 12 waits: 421 4.7.0 mx.example.org closes",
        "comparison a-comparison-of-twos",  # as long as a token
        "ix_delivery_issue_number",
        "2026-11-29 08:00 UTC",
        "digest.deliver.providers.smtp",
    ):
        assert redact(text) == text


def test_a_long_line_is_cut_before_it_is_matched() -> None:
    assert len(redact("a" * 1_000_000)) == MAX_LINE
    assert redact("@" * 1_000_000).count("@") == MAX_LINE
