"""How long a client may take to read an answer, looked at by what is left of it each time."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from digest.web.middleware.protocol import MIN_TAKEN_BYTES, RECEIVE_SECONDS, BoundedProtocol


class Transport:
    """A connection whose client has not yet read `left` bytes; `ended` says how it was ended."""

    def __init__(self) -> None:
        self.left = 0
        self.ended = ""

    def get_write_buffer_size(self) -> int:
        return self.left

    def is_closing(self) -> bool:
        return bool(self.ended)

    def get_extra_info(self, _name: str) -> None:
        return None

    def abort(self) -> None:
        self.ended = "reset"


class Loop:
    """A loop whose time passes when it is told so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[Callable[[], None]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, _seconds: float, call: Callable[[], None]) -> None:
        self.later.append(call)

    def tick(self) -> None:
        self.now += RECEIVE_SECONDS
        due, self.later = self.later, []
        for call in due:
            call()


async def _app(_scope: Any, _receive: Any, _send: Any) -> None: ...


def looked_at(sizes: Sequence[int], *, answered: bool = False) -> str:
    """Returns how the connection ended, if at each look so many bytes of answers were left."""
    loop, transport = Loop(), Transport()
    connection = BoundedProtocol(Config(_app), ServerState(), {}, _loop=loop)  # type: ignore[arg-type]
    connection.transport = transport  # type: ignore[assignment]
    connection._check_time()
    for size in sizes:
        transport.left = size
        loop.tick()
        if answered:
            connection._unread = None  # as when an answer is complete
    return transport.ended


@pytest.mark.parametrize("sizes", [[9_000_000] * 2, [1, 1], [40_000, 40_000 - MIN_TAKEN_BYTES + 1]])
def test_a_client_that_takes_less_of_an_answer_than_it_has_to_is_reset(sizes: list[int]) -> None:
    assert looked_at(sizes) == "reset"


@pytest.mark.parametrize(
    "sizes", [[9_000_000, 9_000_000 - MIN_TAKEN_BYTES, 8_900_000], [100, 0, 100, 0], [0, 0, 0]]
)
def test_a_client_that_takes_its_time_is_waited_for(sizes: list[int]) -> None:
    assert not looked_at(sizes)


def test_a_client_that_gets_one_answer_after_another_is_left_alone() -> None:
    assert not looked_at([500, 600, 700], answered=True)
