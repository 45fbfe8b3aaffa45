"""What a server's reply is taken for: about the address, about us, or temporary."""

import string
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import BEFORE_RECIPIENT, Cause, FailureClass, Stage
from digest.deliver.bounce_policy.reply_text import named_command, parse_reply_text
from tests.corpora import reading

READER = "reader7@example.com"
REPLIES = st.lists(
    st.sampled_from(
        [
            "user unknown", "no such mailbox", "5.1.1", "5.7.1", "5.2.2", "mailbox full", "relay",
            "blocked using", "too many messages", "try again later", "does not exist",
            f"<{READER}>",
            "greylisted", "policy", "Recipient address rejected:", "sender", "mailbox unavailable",
        ]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip


def classify(reply: str, stage: Stage | None = Stage.RCPT, **more: str) -> FailureClass:
    return classify_reply(reply, stage, recipient=READER, **more).failure_class


def outcomes(split: str) -> list[tuple[Mapping[str, Any], FailureClass]]:
    found = []
    for entry in reading.replies(split):
        stage = Stage(entry["stage"]) if entry["stage"] else None
        found.append((entry, classify(entry["reply"].replace("{{N}}", "7"), stage)))
    return found


def test_replies_that_the_words_were_written_for_are_understood() -> None:
    wrong = [
        entry["reply"] for entry, said in outcomes("train") if said not in reading.right(entry)
    ]
    assert len(wrong) <= 4, wrong  # README.md of the corpora says what is right
    assert not [
        entry["reply"]
        for entry, said in outcomes("train")
        if said is FailureClass.HARD and "hard" not in reading.right(entry)
    ]


def test_replies_that_no_rule_was_written_for_are_mostly_understood() -> None:
    held = outcomes("held")
    right = [said in reading.right(entry) for entry, said in held]
    hard = [said is FailureClass.HARD for entry, said in held if entry["class"] == "hard"]
    others = [
        said is FailureClass.HARD for entry, said in held if "hard" not in reading.right(entry)
    ]
    assert sum(right) >= 0.9 * len(right)
    assert sum(hard) >= 0.9 * len(hard)
    assert sum(others) == 0


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 relay not permitted", Cause.RELAYING),
        ("550 5.1.1 has sent to too many recipients this hour", Cause.RATE),
        ("550 5.1.3 http://www.spamhaus.example/query/bl?ip=192.0.2.222", Cause.BLOCKLIST),
        ("550 5.1.90 you've reached your daily limit for message recipients", Cause.RATE),
        ("554 5.7.1 <a@b.example>: Sender address rejected: user unknown", Cause.SENDER_ADDRESS),
        ("550 5.4.5 Daily sending quota exceeded", Cause.RATE),
    ],
)
def test_what_is_about_us_never_blames_the_address(reply: str, cause: Cause) -> None:
    found = classify_reply(reply, Stage.RCPT, recipient=READER)
    assert (found.failure_class, found.cause) == (FailureClass.SENDER, cause)
    assert found.bounce_type() is found.bounce_type_at(Stage.RCPT) is BounceType.NONE


@pytest.mark.parametrize("stage", sorted(BEFORE_RECIPIENT))
def test_no_such_user_before_a_recipient_was_named_is_about_us(stage: Stage) -> None:
    assert classify("550 5.1.1 no such user", stage) is FailureClass.SENDER


def test_a_refusal_without_a_reason_counts_only_where_it_names_the_mailbox() -> None:
    assert classify(f"550 <{READER}> rejected") is FailureClass.HARD
    assert classify("550 rejected") is FailureClass.UNKNOWN
    assert classify(f"550 <{READER}> rejected", Stage.BODY) is FailureClass.UNKNOWN
    assert classify(f"550 <{READER}> rejected, ask the man in the tower") is FailureClass.UNKNOWN


def test_a_reply_about_another_address_is_never_hard() -> None:
    assert classify("550 5.1.1 <boss@example.com>: user unknown") is FailureClass.UNKNOWN
    assert classify("550 5.1.1 <boss@x.example>, <READER7@example.com>: user unknown") == "hard"
    # Its own server may know it by another domain.
    assert classify("550 5.1.1 <reader7@inner.example.com>: user unknown") is FailureClass.HARD


def test_a_verification_that_was_refused_to_its_sender_is_not_about_the_recipient() -> None:
    reply = "550 undeliverable address: host mx[192.0.2.1] said: 550 no such user (in reply to {})"
    assert classify(reply.format("MAIL FROM command")) is FailureClass.SENDER
    assert classify(reply.format("RCPT TO command")) is FailureClass.HARD
    assert named_command(reply.format("end of DATA command")) == "body"


def test_words_in_names_of_hosts_and_addresses_say_nothing() -> None:
    for name in ("relay@spam.example", "mx.blocklist.spamhaus.example"):
        assert classify(f"550 5.1.1 {name}: user unknown") is FailureClass.HARD


def test_temporary_trouble_of_the_relay_never_counts_while_sending() -> None:
    for reply in ("451 4.3.0 trouble", "452 4.4.5 disk", "450 try later", "451 4.7.1 greylisted"):
        found = classify_reply(reply, Stage.RCPT, recipient=READER)
        assert found.bounce_type_at(Stage.RCPT) is BounceType.NONE
    busy = classify_reply("450 4.2.1 mailbox busy", Stage.RCPT, recipient=READER)
    assert busy.bounce_type_at(Stage.RCPT) is BounceType.SOFT
    assert busy.bounce_type_at(Stage.BODY) is BounceType.NONE


@given(
    words=REPLIES, code=st.sampled_from(["421", "450", "451", "452"]), stage=st.sampled_from(Stage)
)
def test_a_temporary_reply_is_never_hard(words: str, code: str, stage: Stage) -> None:
    assert classify(f"{code} {words}", stage) is not FailureClass.HARD


@given(words=REPLIES, stage=st.sampled_from(sorted(BEFORE_RECIPIENT)))
def test_no_reply_before_a_recipient_is_hard(words: str, stage: Stage) -> None:
    assert classify(f"550 {words}", stage) is not FailureClass.HARD


@given(
    words=REPLIES,
    bar=st.sampled_from(
        ["relaying denied", "hourly quota exceeded", "listed on a blocklist", "policy", "spam"]
    ),
)
def test_words_about_us_bar_hard_whatever_else_is_said(words: str, bar: str) -> None:
    assert classify(f"550 5.1.1 {words} {bar}") is not FailureClass.HARD


@given(st.text(max_size=300) | st.text(string.printable, max_size=3_000))
def test_any_text_is_read(text: str) -> None:
    found = classify_reply(text, None, status=text)
    assert found.failure_class in FailureClass
    assert len(parse_reply_text(text).words) <= 3 * 2_000


@pytest.mark.parametrize(
    "unit", ["user ", "a.", "a@", "<a@b", "sender ", "x-", "mail from ", "no "]
)
def test_a_hostile_reply_takes_no_longer_than_its_length(unit: str) -> None:
    """No pattern goes over its text again and again: half a million characters are cut first."""
    classify_reply(unit * 500_000, None)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (f"550 Address {READER} not present in directory", Cause.NO_MAILBOX),
        (f"550 Mailbox <{READER}> not found", Cause.NO_MAILBOX),
        ("550 User R. (r@example.com) not listed in Domino Directory", Cause.NO_MAILBOX),
        ("550 Invalid final delivery userid", Cause.NO_MAILBOX),
        ("550 no such username here", Cause.NO_MAILBOX),
        ("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException; message Quota", Cause.FULL),
        (f"554 Sorry, your message to {READER} was lost. This account is over quota.", Cause.FULL),
        ("550 Hourly message quota exceeded", Cause.RATE),
        ("550 192.0.2.10 is listed in our table", Cause.BLOCKLIST),
    ],
)
def test_words_are_told_apart_from_those_that_hold_the_same_word(reply: str, cause: Cause) -> None:
    """Directories and blocklists list; the reader's quota and ours are exceeded."""
    found = classify_reply(reply, Stage.RCPT, recipient=READER)
    assert found.cause is cause
    assert (found.failure_class is FailureClass.HARD) == (cause is Cause.NO_MAILBOX)


ABOUT_SOMETHING_ELSE = [
    "550 Unknown user in AUTH",
    "550 5.1.1 Account frozen: news@digest.example.org",
    "550 5.1.1 not a valid sending domain",
    "550 5.1.1 This mail server does not exist in our partner list",
    "550 5.1.1 Sandbox account: recipient address not authorized",
    "554 Free accounts may only send to verified recipients",
    "550 5.1.1 DKIM signature does not exist",
    "550 MX record of sender does not exist",
    "550 Expéditeur inconnu",
    "550 Mittente sconosciuto",
    "550 5.1.1 Absenderadresse existiert nicht",
    "550 Remitente desconocido",
    "550 Отправитель не существует",
    "550 发件人不存在",
    "550 Zu viele unbekannte Empfänger",
    "550 Trop de destinataires inconnus",
    "550 Demasiados destinatarios desconocidos",
    "550 5.1.1 Unknown command",
    "550 5.1.1 configuration not found",
    "550 Customer not found: API key invalid",
    "550 5.1.1 backend does not exist right now",
    "550 recipient does not want mail from you",
    "550 mailbox full or does not exist",
]


@pytest.mark.parametrize("stage", [None, Stage.MAIL, Stage.RCPT, Stage.BODY])
@pytest.mark.parametrize("reply", ABOUT_SOMETHING_ELSE)
def test_what_is_unknown_may_be_something_else_than_the_mailbox(
    reply: str, stage: Stage | None
) -> None:
    """The sender, the host, a key, a command; in other languages as well."""
    assert classify(reply, stage) is not FailureClass.HARD


@pytest.mark.parametrize(
    "reply",
    [
        "550 No one here by the name ana",
        "550 5.1.1 Ongeldige ontvanger: gebruiker bestaat niet",
        "550 5.1.1 Empfänger existiert hier nicht",
        "550 5.1.1 Destinataire inconnu",
        f"550 User unknown: {READER}",
        "550 User unknown, contact: help@example.com",
    ],
)
def test_a_missing_mailbox_is_still_read_beside_those(reply: str) -> None:
    assert classify(reply) is FailureClass.HARD
