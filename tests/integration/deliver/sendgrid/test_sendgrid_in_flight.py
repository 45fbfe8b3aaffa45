"""SendGrid before a strict local server: several requests in flight, and when no more are made."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.deliver.providers.base import (
    Accepted,
    Outcome,
    ProviderBusyError,
    ProviderError,
    Rejected,
    Unknown,
)
from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.deliver.providers.sendgrid.submission import MAX_IN_FLIGHT
from digest.message.personalization import Personalization
from tests.integration.deliver.peers import sendgrid
from tests.parts.mail import EDITION, personalizations
from tests.parts.servers.sendgrid_server import Break, Reply, SendGridServer, errors
from tests.parts.world import NOW, Clock

RESET = str(int((NOW + timedelta(seconds=42)).timestamp()))


def batches(count: int) -> list[list[Personalization]]:
    """One recipient each."""
    return [
        personalizations([f"reader{number}@example.com"], first=number)
        for number in range(1, count + 1)
    ]


def hear(
    provider: SendGridProvider,
    mail: Iterator[Sequence[Personalization]] | list[list[Personalization]],
) -> tuple[list[Outcome], ProviderError | None]:
    """All outcomes of a run, and what ended it early."""
    outcomes: list[Outcome] = []
    try:
        for heard in provider.submit(EDITION, mail):
            outcomes += heard
    except ProviderError as error:
        return outcomes, error
    return outcomes, None


def test_four_requests_are_in_flight_side_by_side(sendgrid_server: SendGridServer) -> None:
    """None of them is answered before four have come."""
    sendgrid_server.meeting = threading.Barrier(MAX_IN_FLIGHT)
    outcomes, error = hear(sendgrid(sendgrid_server), batches(3 * MAX_IN_FLIGHT))

    assert error is None
    assert sorted(one.delivery_id for one in outcomes) == [*range(1, 13)]
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert len(sendgrid_server.mails) == 12


def test_no_more_batches_are_taken_than_can_be_in_flight(sendgrid_server: SendGridServer) -> None:
    """Since what is taken is in doubt when the process dies."""
    in_hand = most = 0

    def mail() -> Iterator[Sequence[Personalization]]:
        nonlocal in_hand, most
        for batch in batches(20):
            in_hand += 1
            most = max(most, in_hand)
            yield batch

    for heard in sendgrid(sendgrid_server).submit(EDITION, mail()):
        in_hand -= len(heard)

    assert most == MAX_IN_FLIGHT
    assert in_hand == 0


def test_who_gives_none_for_now_is_asked_again_and_loses_nothing(
    sendgrid_server: SendGridServer,
) -> None:
    first, second, third = batches(3)
    outcomes, error = hear(sendgrid(sendgrid_server), [[], first, [], [], second, third, []])

    assert error is None
    assert sorted(one.delivery_id for one in outcomes) == [1, 2, 3]


def test_a_window_that_is_used_up_ends_the_run_until_its_reset(
    sendgrid_server: SendGridServer,
) -> None:
    """All in flight are heard first; what was not submitted goes back."""
    sendgrid_server.meeting = threading.Barrier(MAX_IN_FLIGHT)
    used_up = Reply(202, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, accepts=True)
    sendgrid_server.script.extend([used_up] * MAX_IN_FLIGHT)
    clock = Clock()
    provider = SendGridProvider(
        sendgrid_server.key, host=sendgrid_server.url, timeout=60, clock=clock
    )
    outcomes, error = hear(provider, batches(6))

    assert isinstance(error, ProviderBusyError)
    assert error.retry_after == 42
    assert len([one for one in outcomes if isinstance(one, Accepted)]) == MAX_IN_FLIGHT
    assert len(sendgrid_server.requests) == MAX_IN_FLIGHT

    sendgrid_server.meeting = None
    clock.on(seconds=41)
    assert isinstance(hear(provider, batches(1))[1], ProviderBusyError)
    assert len(sendgrid_server.requests) == MAX_IN_FLIGHT, "nothing before the reset"

    clock.on(seconds=1)
    outcomes, error = hear(provider, batches(2))
    assert error is None
    assert len(outcomes) == 2


def test_a_window_that_the_last_request_used_up_ends_nothing(
    sendgrid_server: SendGridServer,
) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}
    sendgrid_server.script.append(Reply(202, headers, accepts=True))
    outcomes, error = hear(sendgrid(sendgrid_server), batches(1))

    assert error is None
    assert len(outcomes) == 1


def test_a_429_makes_no_further_request_before_the_time_it_names(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.meeting = threading.Barrier(MAX_IN_FLIGHT)
    too_many = errors(429, ("too many requests", None), headers={"X-RateLimit-Reset": RESET})
    sendgrid_server.script.extend([too_many] * MAX_IN_FLIGHT)
    outcomes, error = hear(sendgrid(sendgrid_server), batches(6))

    assert isinstance(error, ProviderBusyError)
    assert error.retry_after == 42
    assert len(sendgrid_server.requests) == MAX_IN_FLIGHT
    refused = [one for one in outcomes if isinstance(one, Rejected)]
    assert {(one.code, one.permanent, one.retry_after) for one in refused} == {("429", False, 42)}
    assert len(outcomes) == len(refused) == MAX_IN_FLIGHT


def test_a_server_that_answers_nothing_makes_few_unknowns(sendgrid_server: SendGridServer) -> None:
    """Those in flight side by side, then one alone; the others were not submitted."""
    sendgrid_server.meeting = threading.Barrier(MAX_IN_FLIGHT, timeout=60)
    sendgrid_server.script.extend([Break.HANG_UP] * MAX_IN_FLIGHT)

    def mail() -> Iterator[Sequence[Personalization]]:
        for number, batch in enumerate(batches(20)):
            if number == MAX_IN_FLIGHT:
                # The four have met by the time that a fifth is asked for.
                sendgrid_server.meeting = None
                sendgrid_server.script.extend([Break.HANG_UP] * 20)
            yield batch

    outcomes, error = hear(sendgrid(sendgrid_server), mail())

    assert "unanswered" in str(error)
    assert {type(one) for one in outcomes} == {Unknown}
    assert len(outcomes) == len(sendgrid_server.requests) == MAX_IN_FLIGHT + 1


def test_one_request_without_an_answer_does_not_end_the_run(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.script.append(Break.HANG_UP)
    outcomes, error = hear(sendgrid(sendgrid_server), batches(12))

    assert error is None
    assert sorted(type(one).__name__ for one in outcomes) == ["Accepted"] * 11 + ["Unknown"]


def test_a_connection_that_breaks_before_the_request_was_whole_costs_nothing(
    sendgrid_server: SendGridServer,
) -> None:
    """Nothing was taken of it, so it is made again over another connection."""
    sendgrid_server.script.append(Break.BEFORE_READING)
    (mail,) = batches(1)
    large = replace(EDITION, html=EDITION.html + "x" * 20_000_000)
    (outcome,) = [one for heard in sendgrid(sendgrid_server).submit(large, [mail]) for one in heard]

    assert isinstance(outcome, Accepted)
    assert len(sendgrid_server.mails) == 1


def test_a_connection_that_breaks_so_again_and_again_fails_nobody(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.script.extend([Break.BEFORE_READING] * 10)
    (mail,) = batches(1)
    large = replace(EDITION, html=EDITION.html + "x" * 20_000_000)
    with pytest.raises(ProviderError, match="can't reach SendGrid"):
        list(sendgrid(sendgrid_server).submit(large, [mail]))

    assert sendgrid_server.mails == []
