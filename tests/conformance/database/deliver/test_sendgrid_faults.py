"""A SendGrid in trouble, several requests in flight, on both databases: all counts add up."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Suppression
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers.sendgrid_server import Break, Reply, SendGridServer, errors
from tests.parts.world import NOW, Clock, add_approved, add_people, issue_renderer

PEOPLE = 240
TOGETHER = 5
"""Recipients a batch, so that there are many requests."""
EACH = 3
"""Times that each fault comes."""
RESET = {"X-RateLimit-Reset": str(int((NOW + timedelta(seconds=30)).timestamp()))}
FAULTS: dict[str, Reply | Break] = {
    "429": errors(429, ("too many requests", None), headers=RESET),
    "the last of a window": Reply(202, {"X-RateLimit-Remaining": "0", **RESET}, accepts=True),
    "500": errors(500, ("oops", None)),
    "413": errors(413, ("The JSON payload is too large.", None)),
    "half a body": Break.HALF_A_BODY,
    "half a rejection": Reply(500, {"Content-Length": "500"}, b"{"),
    "nothing, and nothing read": Break.BEFORE_READING,
    "nothing": Break.HANG_UP,
}


@pytest.fixture(params=[1, 2, 3])
def troubled(request: pytest.FixtureRequest) -> Iterator[SendGridServer]:
    """Well or in trouble, in an order drawn by the seed; well in the end."""
    planned: list[Reply | Break | None] = [*FAULTS.values()] * EACH
    planned += [None] * len(planned)
    random.Random(request.param).shuffle(planned)
    with SendGridServer() as server:
        server.script.extend(planned)
        yield server


def send(store: Store, server: SendGridServer, clock: Clock) -> int:
    """Takes an issue to its end; its number."""
    number = add_approved(store)
    provider = SendGridProvider(server.key, host=server.url, timeout=60, clock=clock)
    parts = issue_renderer()
    IssueService(store, parts, TOGETHER, clock).start(number)
    send_to_the_end(Sending(store, parts, provider, clock), number, clock)
    return number


def test_nobody_is_lost_and_nobody_mailed_twice(store: Store, troubled: SendGridServer) -> None:
    people = add_people(store, PEOPLE)
    number = send(store, troubled, Clock())

    assert not troubled.script, "every fault came"
    mailed = Counter(mail.to for mail in troubled.mails)
    states = by_state(store, number)
    known = states["submitted"], states["uncertain"], states["failed"]
    assert set().union(*known) == set(people), "nobody is lost"
    assert sum(map(len, known)) == PEOPLE
    assert set(mailed.values()) == {1}, "nobody is mailed twice"
    assert states["submitted"] <= mailed.keys(), "who counts as mailed has the mail"
    assert not states["failed"] & mailed.keys(), "who counts as failed has not"
    assert mailed.keys() - states["submitted"] <= states["uncertain"]


def test_only_what_went_unanswered_is_uncertain(store: Store, troubled: SendGridServer) -> None:
    """A batch for each of those, no more: what was never whole, or refused, is certain."""
    add_people(store, PEOPLE)
    number = send(store, troubled, Clock())

    silent = 2 * EACH
    assert len(by_state(store, number)["uncertain"]) <= silent * TOGETHER


UNVERIFIED = ("The from address does not match a verified Sender Identity.", "from")
HTML = b"<html><body>Forbidden by the proxy</body></html>"
ABOUT_US = {
    "400 on from": (
        errors(400, ("The from email does not contain a valid address.", "from.email")),
        "verify the address",
    ),
    "a template that is too large": (
        errors(413, ("The JSON payload is too large.", None)),
        "shorten the issue",
    ),
    "400 on content": (
        errors(400, ("The content value must be a string.", "content.0.value")),
        "change what the words name",
    ),
    "403 on from": (errors(403, UNVERIFIED), "verify the address"),
    "403 of those words and no field": (errors(403, (UNVERIFIED[0], None)), "verify the address"),
    "403 for want of a permission": (errors(403, ("access forbidden", None)), "SENDGRID_API_KEY"),
    "403 of a proxy": (Reply(403, {}, HTML), "SENDGRID_API_KEY"),
    "401 for a key of another region": (
        errors(401, ("The provided authorization grant is invalid, expired, or revoked", None)),
        "SENDGRID_HOST",
    ),
    "401 for spent credits": (errors(401, ("Maximum credits exceeded", None)), "RATE_LIMIT"),
    "401 for an address that may not ask": (
        errors(401, ("Your IP address is not on the account's access list", None)),
        "SENDGRID_API_KEY",
    ),
    "404 of another host": (errors(404, ("not found", None)), "SENDGRID_HOST"),
    "a redirect": (Reply(308, {"Location": "/elsewhere"}), "SENDGRID_HOST"),
}


@pytest.mark.parametrize("kind", ABOUT_US)
def test_what_sendgrid_refuses_for_all_holds_the_issue(store: Store, kind: str) -> None:
    reply, what_to_do = ABOUT_US[kind]
    people = add_people(store, PEOPLE)
    number, clock = add_approved(store), Clock()
    parts = issue_renderer()
    with SendGridServer() as server:
        server.script.extend([reply] * 200)
        provider = SendGridProvider(server.key, host=server.url, timeout=60, clock=clock)
        issues = IssueService(store, parts, TOGETHER, clock)
        issues.start(number)
        sending = Sending(store, parts, provider, clock)
        with worker_lock(store) as here:
            sending.run(number, here)
        with store.read() as session:
            issue, counts = find_issue(session, number), count_deliveries(session, number)
            assert not session.exec(select(Suppression)).all()
        assert issue.state == IssueState.PAUSED, issue.state
        assert "SendGrid refuse" in (issue.held_because or "")
        assert str(reply.status) in (issue.held_because or "")
        assert what_to_do in (issue.held_because or "")
        assert (counts["queued"], counts["failed"]) == (PEOPLE, 0)
        # Some requests are in flight while the first is answered; one for each would be 48.
        assert 200 - len(server.script) <= PEOPLE // TOGETHER // 2, "it is asked for each of them"
        server.script.clear()
        issues.resume(number)
        send_to_the_end(sending, number, clock)
        assert by_state(store, number)["submitted"] == set(people)
        assert len(server.mails) == PEOPLE


def test_a_key_revoked_in_mid_run_holds_the_rest(store: Store) -> None:
    """What was accepted before stays accepted; the rest goes on once there is another key."""
    people = add_people(store, PEOPLE)
    number, clock = add_approved(store), Clock()
    parts = issue_renderer()
    with SendGridServer() as server:
        server.script.extend([None] * 20 + [errors(401, ("revoked", None))] * 100)
        provider = SendGridProvider(server.key, host=server.url, timeout=60, clock=clock)
        issues = IssueService(store, parts, TOGETHER, clock)
        issues.start(number)
        sending = Sending(store, parts, provider, clock)
        with worker_lock(store) as here:
            sending.run(number, here)
        with store.read() as session:
            assert find_issue(session, number).state == IssueState.PAUSED
            counts = count_deliveries(session, number)
        assert (counts["submitted"], counts["queued"]) == (100, PEOPLE - 100)
        server.script.clear()
        issues.resume(number)
        send_to_the_end(sending, number, clock)
        assert by_state(store, number)["submitted"] == set(people)
        assert len(server.mails) == PEOPLE
