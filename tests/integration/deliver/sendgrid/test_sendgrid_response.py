"""SendGrid before a strict local server: what its answers mean for the deliveries."""

from datetime import timedelta

import pytest

from digest.deliver.providers.base import BAD_ADDRESS, Accepted, ProviderError, Rejected, Unknown
from digest.deliver.providers.sendgrid.submission import MAX_ROUNDS
from tests.integration.deliver.peers import THE_FOUR, THE_THREE, sendgrid
from tests.parts.mail import kinds, personalizations, stream, submit
from tests.parts.servers.sendgrid_server import Break, Reply, SendGridServer, errors
from tests.parts.world import NOW


def test_an_accepted_request_without_an_id_is_accepted(sendgrid_server: SendGridServer) -> None:
    sendgrid_server.script.append(Reply(202, accepts=True))
    mail = personalizations(THE_THREE)
    outcomes = submit(sendgrid(sendgrid_server), *mail)

    assert [*outcomes.values()] == [Accepted(one.delivery_id, one.token) for one in mail]


def test_an_accepted_request_whose_answer_breaks_off_is_accepted(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.script.append(Break.HALF_A_BODY)

    assert (
        kinds(submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))) == ["Accepted"] * 3
    )


def test_who_a_400_blames_is_refused_and_the_others_are_submitted_again(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.invalid = {"grace@example.org"}
    outcomes = submit(
        sendgrid(sendgrid_server), *personalizations([*THE_THREE, "alan@example.edu"])
    )

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted", "Accepted"]
    assert outcomes[2] == Rejected(
        2,
        permanent=True,
        code="400",
        detail="Does not contain a valid address. (personalizations.1.to.0.email)",
        failure=BAD_ADDRESS,
    )
    assert [mail.to for mail in sendgrid_server.mails] == [
        THE_THREE[0],
        THE_THREE[2],
        "alan@example.edu",
    ]


def test_a_batch_of_nothing_but_bad_addresses_is_refused(sendgrid_server: SendGridServer) -> None:
    sendgrid_server.invalid = set(THE_THREE)

    assert (
        kinds(submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))) == ["Rejected"] * 3
    )
    assert len(sendgrid_server.requests) == 1


def test_a_server_that_blames_one_after_another_is_not_asked_forever(
    sendgrid_server: SendGridServer,
) -> None:
    rejection = errors(400, ("Does not contain a valid address.", "personalizations.0.to.0.email"))
    sendgrid_server.script.extend([rejection] * 20)
    emails = [f"reader{number}@example.com" for number in range(20)]
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(emails))

    rejected = [one for one in outcomes.values() if isinstance(one, Rejected)]
    assert [one.permanent for one in rejected] == [True] * MAX_ROUNDS + [False] * (20 - MAX_ROUNDS)
    assert len(sendgrid_server.requests) == MAX_ROUNDS


@pytest.mark.parametrize(
    ("status", "faults"),
    [
        (400, [("The subject is too long.", "subject")]),
        (400, [("Bad.", "personalizations.0.to"), ("Worse.", "content.0.value")]),
        (400, [("Beyond.", "personalizations.7.to")]),
    ],
)
def test_a_fault_of_the_whole_request_refuses_all_for_good_and_blames_no_address(
    sendgrid_server: SendGridServer, status: int, faults: list[tuple[str, str | None]]
) -> None:
    sendgrid_server.script.append(errors(status, *faults))
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    for outcome in outcomes.values():
        assert isinstance(outcome, Rejected)
        assert outcome.permanent
        assert not outcome.about_address
        assert outcome.code == str(status)
        assert all(message in outcome.detail for message, _ in faults)
    assert len(sendgrid_server.requests) == 1


def test_a_request_that_is_too_large_is_made_again_in_halves(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.script.append(errors(413, ("The JSON payload is too large.", None)))
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_FOUR))

    assert kinds(outcomes) == ["Accepted"] * 4
    assert sorted(mail.to for mail in sendgrid_server.mails) == sorted(THE_FOUR)
    assert [len(one["personalizations"]) for one in sendgrid_server.requests] == [4, 2, 2]


def test_who_is_too_large_alone_is_refused_for_good_and_is_not_to_blame(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.script.extend([errors(413, ("The JSON payload is too large.", None))] * 5)
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    for outcome in outcomes.values():
        assert isinstance(outcome, Rejected)
        assert outcome.permanent
        assert not outcome.about_address
        assert (outcome.code, outcome.detail) == ("413", "The JSON payload is too large.")
    assert len(sendgrid_server.requests) == 5, "three, one and two, and the two one by one"


def test_a_rejection_repeats_no_address(sendgrid_server: SendGridServer) -> None:
    sendgrid_server.script.append(
        errors(400, ("ada@example.com is included twice.", "personalizations"))
    )
    outcome = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))[1]

    assert isinstance(outcome, Rejected)
    assert outcome.detail == "an address is included twice. (personalizations)"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": str(int((NOW + timedelta(seconds=42)).timestamp()))}, 42.0),
        ({"x-ratelimit-reset": str(int((NOW - timedelta(seconds=42)).timestamp()))}, 0.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) * 1_000)}, 3_600.0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 23 Nov 2026 08:00:30 GMT"}, 30.0),
        ({"Retry-After": "later"}, None),
        ({}, None),
    ],
)
def test_too_many_requests_come_back_when_the_limit_is_lifted(
    sendgrid_server: SendGridServer, headers: dict[str, str], wait: float | None
) -> None:
    sendgrid_server.script.append(errors(429, ("too many requests", None), headers=headers))
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    for outcome in outcomes.values():
        assert isinstance(outcome, Rejected)
        assert not outcome.permanent
        assert outcome.code == "429"
        assert outcome.retry_after == wait


@pytest.mark.parametrize("status", [408, 500, 503])
def test_an_error_of_its_own_is_refused_for_now(
    sendgrid_server: SendGridServer, status: int
) -> None:
    sendgrid_server.script.append(Reply(status, body=b"<html>oops"))
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    for outcome in outcomes.values():
        assert isinstance(outcome, Rejected)
        assert not outcome.permanent


@pytest.mark.parametrize("status", [200, 502, 504, 520])
def test_an_answer_that_is_not_its_own_leaves_all_unknown(
    sendgrid_server: SendGridServer, status: int
) -> None:
    """A gateway that gave up can't tell whether the request went through behind it."""
    sendgrid_server.script.append(Reply(status))

    assert kinds(submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))) == ["Unknown"] * 3


@pytest.mark.parametrize("how", [Break.SILENCE, Break.HANG_UP, Break.GARBAGE])
def test_no_answer_to_a_request_leaves_all_unknown(
    sendgrid_server: SendGridServer, how: Break
) -> None:
    sendgrid_server.script.append(how)
    outcomes = submit(sendgrid(sendgrid_server, timeout=1), *personalizations(THE_THREE))

    assert kinds(outcomes) == ["Unknown"] * 3
    assert all(isinstance(one, Unknown) and one.detail for one in outcomes.values())
    assert len(sendgrid_server.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415, 307])
def test_a_key_or_a_host_that_is_wrong_fails_nobody(
    sendgrid_server: SendGridServer, status: int
) -> None:
    sendgrid_server.script.append(errors(status, ("access forbidden", None)))
    with pytest.raises(ProviderError, match=f"{status}.*access forbidden"):
        submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))


def test_a_key_that_is_withdrawn_in_the_middle_leaves_the_rest_without_an_outcome(
    sendgrid_server: SendGridServer,
) -> None:
    """What was accepted is said before the error, which speaks of the others."""
    sendgrid_server.script.append(Reply(202, {"X-Message-Id": "one"}, accepts=True))
    sendgrid_server.script.append(errors(401, ("revoked", None)))
    mail = personalizations(["ada@example.com", "ada@example.com"])
    outcomes = stream(sendgrid(sendgrid_server), mail)

    accepted = next(outcomes)
    assert isinstance(accepted, Accepted)
    assert accepted.provider_id == "one"
    with pytest.raises(ProviderError, match="revoked"):
        next(outcomes)


def test_an_error_whose_body_breaks_off_keeps_its_meaning(sendgrid_server: SendGridServer) -> None:
    sendgrid_server.script.append(
        Reply(429, {"Content-Length": "500", "X-RateLimit-Reset": "1"}, b"{")
    )
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    assert all(isinstance(one, Rejected) and one.code == "429" for one in outcomes.values())
