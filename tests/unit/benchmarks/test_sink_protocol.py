"""The benchmarks' sink counts what came, however it was cut on its way."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sink_protocol import Protocol

BODY = b"Message-ID: <%d@d.example>\r\n\r\nMAIL is a word here.\r\n..\r\n" + b"x" * 70 + b"\r\n"


def _as_data(place: int) -> bytes:
    lines = b"RCPT of no weight, a line of a body.\r\n" * (place * 40)
    return _envelope(place) + b"DATA\r\n" + BODY % place + lines + b".\r\n"


def _as_chunk(place: int) -> bytes:
    body = BODY % place + b"\r\n.\r\n" + b"x" * (place * 1_500)
    first = body[: place * 100]
    return b"%bBDAT %d\r\n%bBDAT %d LAST\r\n%b" % (
        _envelope(place), len(first), first, len(body) - len(first), body[len(first) :],
    )  # fmt: skip


def _envelope(place: int) -> bytes:
    return b"MAIL FROM:<a@d.example>\r\nRCPT TO:<reader%d@example.org>\r\n" % place


def _hear(protocol: Protocol, parts: list[bytes]) -> None:
    """Hand over the parts; drop, like its caller, what need not be seen."""
    for part in parts:
        rest = bytearray(part)
        while rest:
            if many := min(protocol.may_drop, len(rest)):
                protocol.drop(many)
                del rest[:many]
            else:
                protocol.hear(rest, len(rest))
                rest.clear()
            while protocol.resting:
                protocol.go_on()


@given(
    chunks=st.lists(st.booleans(), min_size=1, max_size=4),
    cuts=st.lists(st.integers(1, 12_000), max_size=6),
    heads=st.booleans(),
    rests=st.booleans(),
)
def test_messages_are_the_same_however_they_are_cut(
    chunks: list[bool], cuts: list[int], *, heads: bool, rests: bool
) -> None:
    taken: list[tuple[bytes, bytes]] = []
    protocol = Protocol(
        lambda recipient, head: taken.append((recipient, head)), keeps_heads=heads, rests=rests
    )
    for place, chunked in enumerate(chunks):
        # A group ends with DATA: nothing more is sent before its reply.
        group = (_as_chunk if chunked else _as_data)(place)
        borders = [0, *sorted(cut for cut in cuts if cut < len(group)), len(group)]
        _hear(protocol, [group[a:b] for a, b in itertools.pairwise(borders)])
    assert [one for one, _ in taken] == [b"reader%d@example.org" % n for n in range(len(chunks))]
    assert protocol.replies.count(b"250 2.0.0 taken\r\n") == len(chunks)
    if heads:
        found = [re.search(rb"<(\d+)@", head) for _, head in taken]
        assert [int(one[1]) for one in found if one] == list(range(len(chunks)))


def test_the_next_commands_may_stand_in_the_group_that_ends_a_body() -> None:
    taken: list[bytes] = []
    protocol = Protocol(lambda recipient, _: taken.append(recipient))
    after = _as_data(0).index(b"DATA\r\n") + 6
    first, then = _as_data(0), _as_data(1)
    border = then.index(b"DATA\r\n") + 6
    _hear(protocol, [first[:after], first[after:] + then[:border], then[border:] + b"QUIT\r\n"])
    assert taken == [b"reader0@example.org", b"reader1@example.org"]
    assert protocol.leaving


def test_an_empty_body_and_an_empty_chunk_are_messages() -> None:
    taken: list[bytes] = []
    protocol = Protocol(lambda recipient, _: taken.append(recipient))
    _hear(protocol, [_envelope(0) + b"DATA\r\n", b".\r\n" + _envelope(1) + b"BDAT 0 LAST\r\n"])
    assert taken == [b"reader0@example.org", b"reader1@example.org"]
