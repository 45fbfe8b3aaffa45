"""The providers that the suite runs over; a new one is added here and in peers.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.provider.peers import (
    Peer,
    TalkingPeer,
    outbox_peer,
    sendgrid_peer,
    smtp_peer,
)
from tests.parts.world import Clock

TALKING = {"smtp": smtp_peer, "sendgrid": sendgrid_peer}
ALL = {"outbox": outbox_peer, **TALKING}


@pytest.fixture(params=ALL)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """Each provider in turn, with what it talks to."""
    with ALL[request.param](tmp_path, Clock()) as opened:
        yield opened


@pytest.fixture(params=TALKING)
def talking_peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TalkingPeer]:
    """Each provider whose peer can say no."""
    with TALKING[request.param](tmp_path, Clock()) as opened:
        yield opened
