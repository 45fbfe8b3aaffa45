"""Signed mail over SMTP: the bytes that arrive are the bytes that were signed."""

import pytest

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.integration.deliver.peers import ADA, GRACE, THE_FOUR
from tests.parts.mail import EDITION, HOSTILE, kinds, long_edition, personalizations, submit
from tests.parts.servers.pipelining_server import PipeliningServer
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.signatures import signer, verdicts
from tests.parts.world import Clock

PEOPLE = [f"reader{number}@example.com" for number in range(20)]


def signing(port: int, domain: str = "verdicts.example") -> SmtpProvider:
    target = SmtpUrl("127.0.0.1", port, connections=2)
    return SmtpProvider(target, Clock(), signer=signer(domain=domain), timeout=60, body_timeout=60)


@pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])
def test_signatures_hold_where_messages_travel_in_groups(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        outcomes = submit(
            signing(server.port), *personalizations(PEOPLE, HOSTILE), edition=long_edition(35_000)
        )
    assert set(kinds(outcomes)) == {"Accepted"}
    assert sorted(server.recipients) == sorted(PEOPLE)
    assert all(verdicts(raw, signer()) == [True, True] for _, raw in server.received)


def test_signatures_hold_in_a_plain_dialogue(server: SmtpServer) -> None:
    submit(signing(server.port), *personalizations([*THE_FOUR, "łukasz@example.com"]))
    assert len(server.received) == 5
    assert all(verdicts(one.raw, signer()) == [True, True] for one in server.received)


def test_the_size_that_is_announced_counts_the_signatures(server: SmtpServer) -> None:
    submit(signing(server.port), *personalizations([ADA]))
    (message,) = server.received
    assert f"SIZE={len(message.raw)}" in message.options


def test_without_a_key_nothing_is_signed(server: SmtpServer) -> None:
    submit(SmtpProvider(SmtpUrl("127.0.0.1", server.port), Clock()), *personalizations([ADA]))
    assert b"DKIM-Signature" not in server.received[0].raw


def test_mail_that_can_not_be_signed_for_its_sender_is_not_sent(server: SmtpServer) -> None:
    """And is not failed either: it waits for a setting to be mended."""
    with pytest.raises(ProviderError, match=f"can't sign for {EDITION.sender.address}"):
        submit(signing(server.port, "elsewhere.example"), *personalizations([ADA, GRACE]))
    assert server.connections == 0
