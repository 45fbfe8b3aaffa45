"""What bulk senders owe mailbox providers, in every provider's headers as they arrive.

RFC 5322, RFC 2047, RFC 2369, RFC 2919 and RFC 8058; Gmail's, Yahoo's and Microsoft's rules.
"""

import re
from dataclasses import replace
from email.header import decode_header, make_header

import pytest

from digest.message.edition import Sender
from tests.conformance.provider.peers import Arrived, Peer
from tests.parts.mail import EDITION, personalizations, submit

OURS = (
    "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Message-ID",
)  # fmt: skip
LONG = replace(
    EDITION,
    list_name="Wöchentliche Urteile über Werkzeuge, " * 2 + 'die "andere" bauen',
    public_url=f"https://{'long-label-of-a-name.' * 8}example/{'path/' * 20}".rstrip("/"),
    sender=Sender('Żółć, "Urteile" & Söhne — Vergleich', "digest@xn--bcher-kva.example"),
)


def arrived(peer: Peer, edition: object = EDITION) -> Arrived:
    submit(peer.provider, *personalizations(["ada@example.com"]), edition=edition)  # type: ignore[arg-type]
    return peer.arrived()[-1]


@pytest.mark.parametrize("edition", [EDITION, LONG], ids=["usual", "long and not ASCII"])
def test_what_clients_act_on_is_plain_ascii_on_one_line(peer: Peer, edition: object) -> None:
    """RFC 5322's limit is 998; a fold or an encoded-word breaks one-click in real clients."""
    message = arrived(peer, edition)
    for name in OURS:
        value = message.header(name)
        assert value.isascii(), name
        assert "=?" not in value, name
        assert not re.search(r"[\r\n]", value), name
        assert len(f"{name}: {value}") <= 998, name


def test_the_list_is_named_by_a_phrase_and_an_id_below_the_sender_s_domain(peer: Peer) -> None:
    value = arrived(peer, replace(LONG, list_name='die "andere": [bauen]')).header("List-Id")
    assert re.fullmatch(r'"[^"\\]+" <[a-z0-9-]+\.xn--bcher-kva\.example>', value)


@pytest.mark.parametrize(
    "name", [LONG.list_name, "Prüfbericht wöchentlich", "毎週の報告 🚢" * 10, "=?utf-8?q?x?= y"]
)
def test_a_list_s_name_beyond_ascii_arrives_whole_before_its_id(peer: Peer, name: str) -> None:
    """RFC 2919 section 3 has a phrase there; RFC 2047 section 5 (3) says what encodes one."""
    phrase, _, ident = (
        arrived(peer, replace(LONG, list_name=name)).header("List-Id").rpartition(" ")
    )
    assert re.fullmatch(r"<[a-z0-9-]+\.xn--bcher-kva\.example>", ident)
    words = phrase.split()
    assert all(re.fullmatch(r"=\?utf-8\?[qb]\?[A-Za-z0-9!*+/=_-]+\?=", word) for word in words)
    assert max(map(len, words)) <= 75
    assert str(make_header(decode_header(" ".join(words)))) == name


def test_feedback_has_four_parts_none_like_another(peer: Peer) -> None:
    """Gmail takes a SenderId of 5 to 15 characters that is the same for all of a sender's mail."""
    first = arrived(peer).header("Feedback-ID").split(":")
    later = arrived(peer, replace(EDITION, number=8)).header("Feedback-ID").split(":")
    assert len(first) == len(set(first)) == 4
    assert 5 <= len(first[3]) <= 15
    assert first[1:] == later[1:]
    assert first[0] != later[0]
    assert "ada" not in ":".join(first), "it names no reader"


def test_the_sender_s_name_arrives_as_it_is_written(peer: Peer) -> None:
    message = arrived(peer, LONG)
    assert message.sender == LONG.sender.address
    assert message.sender_name == LONG.sender.name


def test_replies_go_where_the_sender_says_or_to_the_sender(peer: Peer) -> None:
    assert arrived(peer).reply_to == "editor@verdicts.example"
    assert arrived(peer, LONG).reply_to == ""


def test_an_issue_is_not_marked_as_a_machine_s_answer(peer: Peer) -> None:
    """RFC 3834's Auto-Submitted is for replies and notices; editors write and approve issues."""
    assert not {"auto-submitted", "precedence"} & {
        name.lower() for name, _ in arrived(peer).headers
    }


def test_no_field_stands_twice(peer: Peer) -> None:
    names = [name.lower() for name, _ in arrived(peer).headers]
    assert sorted(names) == sorted(set(names))


def test_a_message_id_is_below_the_sender_s_domain_and_names_nobody(peer: Peer) -> None:
    value = arrived(peer, LONG).header("Message-ID")
    assert re.fullmatch(r"<[A-Za-z0-9_-]{22}@xn--bcher-kva\.example>", value)
