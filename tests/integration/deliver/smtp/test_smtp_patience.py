"""How long replies are waited for: as RFC 5321 section 4.5.3.2 asks, by a clock that leaps."""

from contextlib import suppress
from functools import partial
from threading import Event

import pytest

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.smtp import provider as smtp
from digest.deliver.providers.smtp.pool import ConnectionPool
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.parts.mail import EDITION, personalizations
from tests.parts.servers.pipelining_server import STYLES, PipeliningServer
from tests.parts.world import Clock

SLOW = "slow@example.com"
PEOPLE = ["ana@example.com", SLOW]
styles = pytest.mark.parametrize("style", STYLES)


class Patience:
    """A run whose clock is at `seconds`; `wait_until` gives it two turns at a later moment."""

    def __init__(self, server: PipeliningServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        pool = partial(ConnectionPool, tick=lambda: self.seconds)
        monkeypatch.setattr(smtp, "ConnectionPool", pool)
        target = SmtpUrl("127.0.0.1", server.port, connections=1)
        batches = [personalizations(PEOPLE)]
        self._run = smtp.SmtpProvider(target, Clock()).submit(EDITION, batches)
        self.outcomes: list[Outcome] = []

    def wait_until(self, seconds: float, turns: int = 2) -> None:
        self.seconds = seconds
        for _ in range(turns):
            self.outcomes.extend(next(self._run, ()))

    def finish(self, leap: float = 601) -> None:
        """Let the clock leap, by more than any limit, turn by turn, to the end."""
        for some in self._run:
            self.outcomes.extend(some)
            self.seconds += leap

    def of(self, email: str) -> list[Outcome]:
        return [one for one in self.outcomes if PEOPLE[one.delivery_id - 1] == email]


@styles
def test_rcpt_may_take_five_minutes(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with PipeliningServer(mute={SLOW}, **STYLES[style]) as server:
        run = Patience(server, monkeypatch)
        run.wait_until(0, turns=4)
        run.wait_until(299)
        assert not run.of(SLOW), "it is waited for"
        run.wait_until(301)
        run.finish()
        (slow,) = run.of(SLOW)
        if style == "BDAT":
            assert isinstance(slow, Unknown), "its body went along with the command"
        else:
            assert isinstance(slow, Rejected)
            assert not slow.permanent, "nothing was taken, so it is tried again later"
        assert [type(one) for one in run.of("ana@example.com")] == [Accepted]


@styles
def test_the_reply_to_a_body_may_take_ten_minutes_and_is_unknown_afterwards(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PipeliningServer(silent={SLOW}, **STYLES[style]) as server:
        run = Patience(server, monkeypatch)
        run.wait_until(0, turns=4)
        run.wait_until(599)
        assert not run.of(SLOW), "it is waited for"
        run.wait_until(601)
        run.finish()
        assert [type(one) for one in run.of(SLOW)] == [Unknown]


@styles
def test_mail_may_take_five_minutes(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that looks the sender up in a slow directory."""
    answer = Event()
    with PipeliningServer(mail_waits=answer, **STYLES[style]) as server:
        run = Patience(server, monkeypatch)
        run.wait_until(0, turns=4)
        run.wait_until(299)
        assert not run.outcomes, "it is waited for"
        answer.set()
        run.finish(leap=0)
        assert [type(one) for one in run.outcomes] == [Accepted, Accepted]


@styles
def test_mail_that_is_never_answered_leaves_nobody_refused_for_good(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Event()
    with PipeliningServer(mail_waits=answer, **STYLES[style]) as server:
        run = Patience(server, monkeypatch)
        run.wait_until(0, turns=4)
        with suppress(ProviderError):
            run.finish()
        answer.set()
    assert not [one for one in run.outcomes if isinstance(one, Rejected) and one.permanent]
    if style != "BDAT":
        assert not [one for one in run.outcomes if isinstance(one, Unknown)]
