"""SendGrid before a strict local server: what is asked of it, and with which key."""

import json
import logging
import threading
from dataclasses import replace

import pytest

from digest.deliver.providers.base import Accepted, ProviderError, Rejected
from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.render.slots import Slot
from tests.integration.deliver.peers import THE_THREE, sendgrid
from tests.parts.mail import EDITION, HOSTILE, kinds, long_edition, personalizations, submit
from tests.parts.servers.sendgrid_server import Reply, SendGridServer, errors
from tests.parts.world import Clock


def test_a_thousand_recipients_are_one_request_with_the_body_once(
    sendgrid_server: SendGridServer,
) -> None:
    emails = [f"reader{number}@example.com" for number in range(1_000)]
    edition = long_edition(60_000)
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(emails), edition=edition)

    (request,) = sendgrid_server.requests
    assert len(json.dumps(request)) < 1_000 * 1_100 + 70_000
    assert {one.provider_id for one in outcomes.values() if isinstance(one, Accepted)} == {
        "message-1"
    }
    assert len(sendgrid_server.mails) == 1_000


def test_more_than_a_thousand_are_split(sendgrid_server: SendGridServer) -> None:
    """A batch of retries can be larger than the batches that were frozen."""
    emails = [f"reader{number}@example.com" for number in range(1_001)]
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(emails))

    sizes = [len(request["personalizations"]) for request in sendgrid_server.requests]
    assert sorted(sizes) == [1, 1_000]
    assert set(kinds(outcomes)) == {"Accepted"}


def test_an_address_comes_once_in_a_request(sendgrid_server: SendGridServer) -> None:
    """SendGrid refuses a request whole that names one twice."""
    outcomes = submit(
        sendgrid(sendgrid_server),
        *personalizations(["ada@example.com", "grace@example.org", "Ada@EXAMPLE.com"]),
    )

    assert kinds(outcomes) == ["Accepted"] * 3
    sizes = [len(request["personalizations"]) for request in sendgrid_server.requests]
    assert sorted(sizes) == [1, 2]


def test_its_own_tracking_is_off_and_only_opaque_ids_are_left_with_it(
    sendgrid_server: SendGridServer,
) -> None:
    (personalization,) = personalizations(["ada@example.com"])
    submit(sendgrid(sendgrid_server), personalization)

    (request,) = sendgrid_server.requests
    settings = request["tracking_settings"]
    assert settings["click_tracking"] == {"enable": False, "enable_text": False}
    assert {name for name, one in settings.items() if one["enable"] is False} == {
        "click_tracking",
        "open_tracking",
        "subscription_tracking",
        "ganalytics",
    }
    assert request["categories"] == ["digest", "issue-7"]
    (one,) = request["personalizations"]
    assert one["custom_args"] == {"delivery": personalization.token}
    assert "custom_args" not in request


def test_only_the_slots_of_the_edition_are_sent(sendgrid_server: SendGridServer) -> None:
    edition = replace(EDITION, text="~~greeting~~", html="<p>~~click~~</p>")
    submit(sendgrid(sendgrid_server), *personalizations(["ada@example.com"]), edition=edition)

    tags = sendgrid_server.requests[0]["personalizations"][0]["substitutions"]
    assert set(tags) == {"~~greeting~~", "~~greeting-html~~", "~~click~~"}


def test_text_that_looks_like_a_tag_is_not_filled(sendgrid_server: SendGridServer) -> None:
    """Not in the subject, where slots have no meaning, nor a tag that is only this provider's."""
    edition = replace(EDITION, subject="Use ~~unsubscribe~~", text="~~greeting-html~~ ~~click~~")
    (personalization,) = personalizations(["ada@example.com"], HOSTILE)
    submit(sendgrid(sendgrid_server), personalization, edition=edition)

    (mail,) = sendgrid_server.mails
    assert personalization.slots[Slot.UNSUBSCRIBE] not in mail.subject
    assert "&lt;b&gt;" not in mail.text
    assert mail.subject.replace("\u2060", "") == "Use ~~unsubscribe~~"


def test_reply_to_may_have_a_name(sendgrid_server: SendGridServer) -> None:
    sender = replace(EDITION.sender, reply_to="The Editor <editor@verdicts.example>")
    submit(
        sendgrid(sendgrid_server),
        *personalizations(THE_THREE),
        edition=replace(EDITION, sender=sender),
    )

    assert sendgrid_server.requests[0]["reply_to"] == {
        "email": "editor@verdicts.example",
        "name": "The Editor",
    }


def test_a_local_part_outside_ascii_is_refused_since_sendgrid_would_drop_it(
    sendgrid_server: SendGridServer,
) -> None:
    outcomes = submit(
        sendgrid(sendgrid_server), *personalizations(["ada@example.com", "łukasz@example.com"])
    )

    assert kinds(outcomes) == ["Accepted", "Rejected"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert rejected.permanent
    assert not rejected.about_address


def test_a_name_beyond_all_bounds_is_refused_alone(sendgrid_server: SendGridServer) -> None:
    long = personalizations(["grace@example.org"], "G" * 9_000, first=2)
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(["ada@example.com"]), *long)

    assert kinds(outcomes) == ["Accepted", "Rejected"]


def test_an_issue_beyond_30_mb_is_refused_without_asking(sendgrid_server: SendGridServer) -> None:
    edition = replace(EDITION, html="x" * 30_000_000)
    outcomes = submit(sendgrid(sendgrid_server), *personalizations(THE_THREE), edition=edition)

    assert sendgrid_server.requests == []
    assert all(isinstance(one, Rejected) and one.permanent for one in outcomes.values())


def test_a_sender_that_is_no_address_is_named(sendgrid_server: SendGridServer) -> None:
    edition = replace(EDITION, sender=replace(EDITION.sender, address="digest@"))
    with pytest.raises(ProviderError, match="SENDER"):
        submit(sendgrid(sendgrid_server), *personalizations(THE_THREE), edition=edition)


def test_a_key_without_permission_to_send_is_told_before_it_matters(
    sendgrid_server: SendGridServer,
) -> None:
    sendgrid_server.scopes = ["stats.read"]
    with pytest.raises(ProviderError, match="may not send mail"):
        sendgrid(sendgrid_server).check()


def test_a_wrong_key_is_said_and_not_repeated(sendgrid_server: SendGridServer) -> None:
    provider = SendGridProvider("SG.wrong", host=sendgrid_server.url, timeout=60, clock=Clock())
    for attempt in (provider.check, lambda: submit(provider, *personalizations(THE_THREE))):
        with pytest.raises(ProviderError, match="401") as failed:
            attempt()
        assert "SG.wrong" not in str(failed.value)


def test_what_is_not_sendgrid_is_told_apart(sendgrid_server: SendGridServer) -> None:
    sendgrid_server.script.append(Reply(200, body=b"<html>welcome"))
    with pytest.raises(ProviderError, match="not SendGrid"):
        sendgrid(sendgrid_server).check()


@pytest.mark.parametrize("key", ["", "SG.a b", "SG.a\nX-Header: b", "SG.ä"])
def test_a_key_that_can_not_be_one_is_named_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="SENDGRID_API_KEY should look like") as failed:
        SendGridProvider(key, clock=Clock())
    assert not key or key not in str(failed.value)


@pytest.mark.parametrize(
    "host",
    [
        "api.sendgrid.com",
        "ftp://api.sendgrid.com",
        "http://api.sendgrid.com",
        "https://",
        "https://api..sendgrid.com",
        "https://api.sendgrid.com:https",
        "https://[api.sendgrid.com",
    ],
)
def test_a_host_that_is_none_or_would_hear_the_key_in_the_clear_is_named(host: str) -> None:
    with pytest.raises(ValueError, match="SENDGRID_HOST should look like https://"):
        SendGridProvider("SG.key", host=host, clock=Clock())


def test_no_log_ever_holds_the_key_or_a_payload(
    sendgrid_server: SendGridServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))
        sendgrid_server.script.append(errors(500, ("oops", None)))
        submit(sendgrid(sendgrid_server), *personalizations(THE_THREE))

    assert sendgrid_server.key not in caplog.text
    assert "ada@example.com" not in caplog.text


def test_threads_have_clients_of_their_own(sendgrid_server: SendGridServer) -> None:
    provider = sendgrid(sendgrid_server)
    threads = [
        threading.Thread(
            target=submit,
            args=(provider, *personalizations([f"reader{number}@example.com"], first=number)),
        )
        for number in range(1, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sendgrid_server.mails) == 4
