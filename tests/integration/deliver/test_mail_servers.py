"""Real Exim, Postfix and OpenSMTPD: what can arrive arrives, and arrives once.

Each has 1,000 readers where a tenth of them is refused; the rest shows with 400.

They refuse a tenth of the readers, limit messages a session and a second, deny relaying, have no
disk left, or are killed. Nobody is suppressed for what is not theirs, and in doubt is only who was
between write and reply when a server was killed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from store.engine import Store
from tests.parts.issues.relayed_issue import Killable, Relay, RelayedIssue
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers import mail_servers, postfix
from tests.parts.servers.mail_servers import Exim, OpenSmtpd
from tests.parts.waiting import until

PEOPLE, FEWER = 1_000, 400
REFUSED = "3[0-9]@"
CONNECTIONS = 4
TAKEN_BEFORE = 100
Start = Callable[[], AbstractContextManager[Relay]]


def _postfix(settings: str) -> Start:
    return lambda: postfix.Postfix(settings)


A_TENTH: dict[str, Start] = {
    "exim4": lambda: Exim(
        rcpt="  deny message = Unrouteable address\n"
        "    condition = ${if match{$local_part}{3[0-9]\\$}}"
    ),
    "postfix": _postfix(
        "smtpd_recipient_restrictions = check_recipient_access "
        "regexp:{{/" + REFUSED + "/ 550 5.1.1 User unknown}}\n"
    ),
    "smtpd": lambda: OpenSmtpd(rules=f'match from any for rcpt-to regex "{REFUSED}" reject'),
}
SESSIONS: dict[str, Start] = {
    "exim4": lambda: Exim(settings="smtp_accept_max_per_connection = 30"),
    "postfix": _postfix("smtpd_client_message_rate_limit = 0\n"),
    "smtpd": lambda: OpenSmtpd(settings="smtp limit max-mails 30"),
}
HOURLY: dict[str, Start] = {
    "exim4": lambda: Exim(
        mail="  defer message = Sender rate limit exceeded\n"
        "    ratelimit = 100 / 1s / per_mail / leaky / relay"
    ),
    "postfix": _postfix(
        "anvil_rate_time_unit = 1s\nsmtpd_client_message_rate_limit = 100\n"
        "smtpd_client_event_limit_exceptions =\n"
    ),
}
RELAYING: dict[str, Start] = {
    "exim4": lambda: Exim(
        rcpt="  require message = relay not permitted\n    domains = relay.example.net"
    ),
    "postfix": _postfix(
        "mynetworks = 192.0.2.0/24\nsmtpd_relay_restrictions = reject_unauth_destination\n"
    ),
    "smtpd": lambda: OpenSmtpd(rules="match from any for any reject"),
}
FULL: dict[str, Start] = {
    "exim4": lambda: Exim(settings="check_spool_space = 1000000G"),
    "postfix": _postfix("queue_minfree = 9000000000000000\n"),
}


def _starting(servers: dict[str, Start]) -> list[object]:
    def hindered(name: str) -> str:
        return postfix.hindrance() if name == "postfix" else mail_servers.hindrance(name)

    return [
        pytest.param(start, id=name, marks=pytest.mark.skipif(bool(why), reason=why))
        for name, start in servers.items()
        for why in [hindered(name)]
    ]


def running(servers: dict[str, Start]) -> Callable[..., object]:
    return pytest.mark.parametrize("start", _starting(servers))


def taken(server: Relay, count: int) -> list[str]:
    """Whose messages it took; its log may come a moment after its reply."""
    until(lambda: len(server.recipients) >= count, "the server's log")
    return server.recipients


@running(A_TENTH)
def test_a_tenth_refused_and_nine_tenths_arrive_once(sqlite_store: Store, start: Start) -> None:
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, PEOPLE)
        send_to_the_end(issue.sending, issue.number, issue.clock)
        dead = {one for one in issue.people if one.partition("@")[0][-2:-1] == "3"}
        assert len(dead) == PEOPLE // 10
        states = by_state(sqlite_store, issue.number)
        assert states["uncertain"] == set()
        assert states["failed"] == dead == issue.suppressed
        mailed = taken(server, PEOPLE - len(dead))
        assert sorted(mailed) == sorted(set(issue.people) - dead)


@running(SESSIONS)
def test_a_limit_of_messages_a_session_costs_nobody_anything(
    sqlite_store: Store, start: Start
) -> None:
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, FEWER)
        send_to_the_end(issue.sending, issue.number, issue.clock)
        assert by_state(sqlite_store, issue.number)["submitted"] == set(issue.people)
        assert sorted(taken(server, FEWER)) == sorted(issue.people)


@running(HOURLY)
def test_a_limit_of_messages_in_a_time_is_waited_for(sqlite_store: Store, start: Start) -> None:
    """The server's hour is a second here, and ours is a clock that leaps to the next try."""
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, FEWER)
        with worker_lock(sqlite_store) as here:
            for _ in range(10_000):
                progress = issue.sending.run(issue.number, here)
                if progress.finished:
                    break
                assert progress.next_due
                issue.clock.now = max(issue.clock.now, progress.next_due)
        assert by_state(sqlite_store, issue.number)["submitted"] == set(issue.people)
        assert sorted(taken(server, FEWER)) == sorted(issue.people)


@running(RELAYING)
def test_relaying_denied_holds_the_issue(sqlite_store: Store, start: Start) -> None:
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, FEWER)
        issue.run()
        issue.assert_held("")


@running(FULL)
def test_a_full_disk_is_waited_for(sqlite_store: Store, start: Start) -> None:
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, FEWER)
        issue.run()
        counts = issue.counts
        assert counts["queued"] == FEWER
        assert "452" in (issue.issue.held_because or "")


@running({"smtpd": lambda: OpenSmtpd(megabytes=1)})
def test_a_disk_that_fills_in_mid_run_costs_nobody_anything(
    sqlite_store: Store, start: Start
) -> None:
    """OpenSMTPD takes nothing once less than a twentieth of its queue's disk is free."""
    with start() as server:
        assert isinstance(server, OpenSmtpd)
        issue = RelayedIssue(sqlite_store, server, FEWER)
        issue.run()
        counts = issue.counts
        assert 0 < counts["submitted"] < FEWER
        assert counts["queued"] == FEWER - counts["submitted"], "nobody failed, nobody is in doubt"
        assert not issue.suppressed
        assert "421 4.3.0" in (issue.issue.held_because or "")
        server.enlarge_disk(400)
        send_to_the_end(issue.sending, issue.number, issue.clock)
        assert by_state(sqlite_store, issue.number)["submitted"] == set(issue.people)
        assert sorted(taken(server, FEWER)) == sorted(issue.people)


@running({"exim4": Exim, "postfix": _postfix(""), "smtpd": OpenSmtpd})
def test_a_server_killed_in_mid_run_leaves_what_was_in_flight_in_doubt(
    sqlite_store: Store, start: Callable[[], AbstractContextManager[Killable]]
) -> None:
    """All its processes at once, without a word: who was between write and reply is uncertain."""
    with start() as server:
        issue = RelayedIssue(sqlite_store, server, FEWER, CONNECTIONS)
        issue.call_after(TAKEN_BEFORE, server.kill)
        with suppress(ProviderError):
            issue.run()
        counts = issue.counts
        assert TAKEN_BEFORE <= counts["submitted"] < FEWER
        assert counts["queued"] > 0
        assert counts["uncertain"] <= CONNECTIONS * MAX_WINDOW
        assert counts["failed"] == 0
        first = set(server.recipients)
    with start() as server:
        issue.move_to(server)
        send_to_the_end(issue.sending, issue.number, issue.clock)
        states = by_state(sqlite_store, issue.number)
        assert len(states["uncertain"]) == counts["uncertain"], "the second server leaves none"
        assert states["submitted"] == set(issue.people) - states["uncertain"]
        assert not issue.suppressed
        second = taken(server, counts["queued"])
        assert not first & set(second), "nobody is offered it again"
        assert len(second) == len(set(second)) == counts["queued"]
