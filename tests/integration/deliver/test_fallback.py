"""A second relay: it gets what the first could not be offered, and nothing that is in doubt."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.bootstrap import open_providers
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    ProviderBusyError,
    ProviderError,
    RefusedForAllError,
    Rejected,
    SubmissionStoppedError,
    Unknown,
    never,
)
from digest.deliver.providers.fallback import REST_SECONDS, FallbackProvider
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.settings import Settings
from tests.parts.mail import EDITION, personalizations, submit
from tests.parts.servers.pipelining_server import STYLES, PipeliningServer, ScriptedRefusal
from tests.parts.servers.ports import closed_port
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import Clock

PEOPLE = [f"r{number}@example.com" for number in range(1, 201)]


@pytest.fixture(params=STYLES)
def first(request: pytest.FixtureRequest) -> Iterator[PipeliningServer]:
    with PipeliningServer(**STYLES[request.param]) as running:
        yield running


@pytest.fixture
def second() -> Iterator[PipeliningServer]:
    with PipeliningServer() as running:
        yield running


def relay(port: int, clock: Clock, connections: int = 4) -> SmtpProvider:
    target = SmtpUrl("127.0.0.1", port, connections=connections)
    return SmtpProvider(target, clock, timeout=60, body_timeout=60)


def pair(first: int, second: int, clock: Clock | None = None) -> FallbackProvider:
    clock = clock or Clock()
    return FallbackProvider(relay(first, clock), relay(second, clock), clock)


def send(provider: FallbackProvider, people: list[str], size: int = 50) -> dict[int, Outcome]:
    """Every outcome by delivery, none twice."""
    mail = personalizations(people)
    batches = [mail[start : start + size] for start in range(0, len(mail), size)]
    found: dict[int, Outcome] = {}
    for outcomes in provider.submit(EDITION, batches):
        for one in outcomes:
            assert one.delivery_id not in found
            found[one.delivery_id] = one
    assert len(found) == len(mail)
    return found


def test_a_relay_that_is_not_there_is_replaced_by_the_other(second: PipeliningServer) -> None:
    with closed_port() as dead:
        found = send(pair(dead.getsockname()[1], second.port), PEOPLE)
    assert all(isinstance(one, Accepted) for one in found.values())
    assert sorted(second.recipients) == sorted(PEOPLE)


GOES_AWAY = {
    "421 at MAIL": ScriptedRefusal("MAIL", "421 4.7.0 Try again later", close=True),
    "452 at MAIL": ScriptedRefusal("MAIL", "452 4.3.1 Insufficient system storage"),
    "421 at RCPT": ScriptedRefusal("RCPT", "421 4.7.0 Enough", close=True),
    "451 at DATA": ScriptedRefusal("DATA", "451 4.3.0 Queue file write error"),
    "421 after the body": ScriptedRefusal("BODY", "421 4.3.2 Shutting down", close=True),
}


@pytest.mark.parametrize("kind", GOES_AWAY)
@pytest.mark.parametrize("after", [0, 70])
def test_what_the_first_takes_no_more_goes_over_the_second_and_arrives_once(
    first: PipeliningServer, second: PipeliningServer, kind: str, after: int
) -> None:
    fault = GOES_AWAY[kind]
    first.faults = [ScriptedRefusal(fault.stage, fault.reply, after=after, close=fault.close)]
    if after:
        # Connections that are open already go on where their replies are good.
        first.faults.append(ScriptedRefusal("CONNECT", "421 4.3.2 Not now", after=after))
    found = send(pair(first.port, second.port), PEOPLE)
    taken = [*first.recipients, *second.recipients]
    assert len(taken) == len(set(taken)), "nobody has it twice"
    accepted = {PEOPLE[one - 1] for one, outcome in found.items() if isinstance(outcome, Accepted)}
    assert accepted == set(taken)
    deferred = {PEOPLE[n - 1] for n, one in found.items() if isinstance(one, Rejected)}
    assert accepted | deferred == set(PEOPLE)
    if not (first.chunking and fault.stage == "DATA"):  # with BDAT nobody says DATA
        assert len(second.recipients) >= len(PEOPLE) - after - len(deferred) - 64


def test_what_is_in_doubt_is_never_offered_to_the_second(
    first: PipeliningServer, second: PipeliningServer
) -> None:
    """The first takes bodies and goes away before it says so."""
    first.drop_before_reply = set(PEOPLE[60:])
    found = send(pair(first.port, second.port), PEOPLE)
    doubt = {PEOPLE[one - 1] for one, outcome in found.items() if isinstance(outcome, Unknown)}
    assert doubt
    assert not doubt & set(second.recipients)
    taken = [*first.recipients, *second.recipients]
    assert len(taken) == len(set(taken)), "nobody has it twice"
    deferred = {PEOPLE[n - 1] for n, one in found.items() if isinstance(one, Rejected)}
    assert set(taken) | doubt | deferred == set(PEOPLE)
    assert len(deferred) <= 2, "at whom two connections broke before the body began"


def test_a_refusal_of_one_reader_is_no_reason_to_ask_the_other(
    first: PipeliningServer, second: PipeliningServer
) -> None:
    first.rcpt_replies = {PEOPLE[3]: "550 5.1.1 User unknown", PEOPLE[5]: "450 4.2.1 Greylisted"}
    found = send(pair(first.port, second.port), PEOPLE[:20])
    assert [type(found[one]).__name__ for one in (4, 6)] == ["Rejected", "Rejected"]
    assert second.connections == 0


@pytest.mark.parametrize(
    "error", [RefusedForAllError("the sender is refused"), SubmissionStoppedError()]
)
def test_what_is_refused_for_all_or_stopped_is_not_tried_elsewhere(
    second: PipeliningServer, error: ProviderError
) -> None:
    clock = Clock()
    provider = FallbackProvider(Scripted([error]), relay(second.port, clock), clock)
    with pytest.raises(type(error)):
        send(provider, PEOPLE[:3])
    assert second.connections == 0


def test_the_first_is_asked_again_after_its_rest(second: PipeliningServer) -> None:
    clock = Clock()
    with SmtpServer(mail_reply="421 4.3.2 Not now") as first:
        provider = pair(first.port, second.port, clock)
        send(provider, PEOPLE[:3])
        asked = first.connections
        assert asked
        send(provider, PEOPLE[3:6])
        assert first.connections == asked, "it said that it takes nothing for now"
        clock.on(seconds=REST_SECONDS)
        first.mail_reply = None
        send(provider, PEOPLE[6:9])
        assert first.recipients == PEOPLE[6:9]
        assert len(second.recipients) == 6


def test_where_neither_can_be_used_both_are_named_and_nobody_has_an_outcome() -> None:
    clock = Clock()
    with closed_port() as dead, SmtpServer(mail_reply="421 4.3.2 Not now") as busy:
        gone = dead.getsockname()[1]
        with pytest.raises(ProviderError, match=r"can't reach .*; the fallback: can't reach"):
            send(pair(gone, gone), PEOPLE[:3])
        with pytest.raises(ProviderBusyError, match="the fallback: the server takes no more") as up:
            send(pair(gone, busy.port, clock), PEOPLE[:3])
        assert up.value.retry_after > 0
        both = pair(busy.port, gone, clock)
        with pytest.raises(ProviderBusyError, match="the server takes no more"):
            send(both, PEOPLE[:3])
        asked = busy.mails
        with pytest.raises(ProviderBusyError):
            send(both, PEOPLE[:3])
        assert busy.mails > asked, "the first is not left to rest if the second is no use"


def test_a_check_names_which_of_the_two_is_not_there(second: PipeliningServer) -> None:
    with closed_port() as dead:
        gone = dead.getsockname()[1]
        pair(second.port, second.port).check()
        with pytest.raises(ProviderError, match=r"^the fallback: can't reach"):
            pair(second.port, gone).check()
        with pytest.raises(ProviderError, match=r"^the first relay: can't reach"):
            pair(gone, second.port).check()


def test_the_setting_makes_the_second_relay(second: PipeliningServer) -> None:
    with closed_port() as dead:
        chosen = Settings(
            _env_file=None,
            provider="smtp",
            smtp_url=f"smtp://127.0.0.1:{dead.getsockname()[1]}",
            smtp_fallback_url=f"smtp://127.0.0.1:{second.port}",
            postal_address="1 Road",
        )
        for provider in open_providers(chosen, Clock()):
            submit(provider, *personalizations(PEOPLE[:2]))
            provider.close()
    assert len(second.recipients) == 4
    with pytest.raises(ValueError, match="DIGEST_SMTP_FALLBACK_URL should look like") as wrong:
        Settings(
            _env_file=None,
            provider="smtp",
            smtp_url="smtp://127.0.0.1",
            smtp_fallback_url="mail.example.com",
            postal_address="1 Road",
        )
    assert "DIGEST_SMTP_URL" not in str(wrong.value)


class Scripted:
    """A provider that gives outcomes as it likes, and raises what it is told to."""

    name, batch_size, tells_begun = "smtp", 3, False

    def __init__(self, errors: list[ProviderError], seed: int = 0) -> None:
        self.errors = errors
        self.asked: list[int] = []
        self.random = random.Random(seed)

    def submit(
        self,
        _edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        _should_stop: Callable[[], bool] = never,
        _journal: Journal = NO_JOURNAL,
    ) -> Iterator[list[Outcome]]:
        for batch in batches:
            self.asked += [one.delivery_id for one in batch]
            kinds = [
                lambda one: Accepted(one, "id"),
                lambda one: Unknown(one, "lost"),
                lambda one: Rejected(one, False, "450", "later"),
            ]
            done = [one for one in batch if not self.errors or self.random.random() < 0.5]
            yield [self.random.choice(kinds)(one.delivery_id) for one in done]
            if self.errors and (len(done) < len(batch) or self.random.random() < 0.3):
                raise self.errors.pop()

    def check(self) -> None: ...

    def close(self) -> None: ...


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), count=st.integers(0, 40))
def test_whoever_has_an_outcome_is_never_offered_again(seed: int, count: int) -> None:
    first = Scripted([ProviderError("gone")], seed)
    second = Scripted([], seed + 1)
    provider = FallbackProvider(first, second, Clock())
    found = send(provider, PEOPLE[:count], size=3)
    assert set(found) == set(range(1, count + 1))
    answered = set(first.asked) - set(second.asked)
    assert answered | set(second.asked) == set(found)
    assert len(second.asked) == len(set(second.asked))
