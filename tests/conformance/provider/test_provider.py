"""What every provider must do: the contract of digest.deliver.providers.base, over real peers."""

import html
from collections.abc import Sequence
from dataclasses import replace

import pytest

from digest.deliver.providers.base import Accepted, ProviderError, Rejected, Unknown, never
from digest.render.slots import MARKS, Slot
from tests.conformance.provider.peers import Peer, TalkingPeer
from tests.parts.journals import Noted
from tests.parts.mail import EDITION, HOSTILE, SUBJECT, kinds, personalizations, submit

THREE = ["ada@example.com", "grace@example.org", "linus@example.net"]


def test_every_envelope_gets_one_receipt_with_an_id_and_arrives_once(peer: Peer) -> None:
    outcomes = submit(peer.provider, *personalizations(THREE))

    assert all(isinstance(one, Accepted) and one.provider_id for one in outcomes.values())
    assert sorted(message.to for message in peer.arrived()) == THREE


def test_what_arrives_was_noted_as_begun_before(peer: Peer) -> None:
    """Another process sends whatever is not noted, once this one was killed."""
    mail = personalizations(THREE)
    address_of = {one.delivery_id: one.email for one in mail}

    class Watching(Noted):
        def begun(self, delivery_ids: Sequence[int]) -> None:
            addresses = {address_of[one] for one in delivery_ids}
            assert addresses.isdisjoint(message.to for message in peer.arrived())
            super().begun(delivery_ids)

    journal = Watching()
    assert peer.provider.tells_begun
    for outcomes in peer.provider.submit(EDITION, [mail], never, journal):
        assert journal.now >= {one.delivery_id for one in outcomes}
    assert journal.now == address_of.keys()


def test_each_message_goes_to_its_own_recipient_with_its_own_tokens(peer: Peer) -> None:
    mail = personalizations(THREE)
    submit(peer.provider, *mail)

    arrived = {message.to: message for message in peer.arrived()}
    for personalization in mail:
        message = arrived[personalization.email]
        for slot in set(Slot) - {Slot.GREETING}:
            assert personalization.slots[slot] in message.text
            assert personalization.slots[slot] in message.html
        others = [other for other in mail if other is not personalization]
        assert not any(other.slots[Slot.UNSUBSCRIBE] in message.html for other in others)


def test_no_slot_is_left_open_in_any_part(peer: Peer) -> None:
    submit(peer.provider, *personalizations(THREE))

    for message in peer.arrived():
        assert not MARKS.search(message.text + message.html + message.subject)
        assert "~~" not in message.text + message.html


def test_unsubscribing_takes_one_click_on_one_unfolded_line(peer: Peer) -> None:
    """RFC 8058: one HTTPS URI, the recipient's own; a folded or encoded one breaks clients."""
    (personalization,) = personalizations(["ada@example.com"])
    submit(peer.provider, personalization)

    (message,) = peer.arrived()
    token = personalization.slots[Slot.UNSUBSCRIBE]
    assert message.header("List-Unsubscribe") == f"<https://verdicts.example/unsubscribe/{token}>"
    assert message.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


def test_a_long_public_url_keeps_the_unsubscribe_link_on_one_line(peer: Peer) -> None:
    far = "https://news.a-rather-long-subdomain.a-rather-long-organisation-name.example"
    (personalization,) = personalizations(["ada@example.com"])
    submit(peer.provider, personalization, edition=replace(EDITION, public_url=far))

    (message,) = peer.arrived()
    token = personalization.slots[Slot.UNSUBSCRIBE]
    assert message.header("List-Unsubscribe") == f"<{far}/unsubscribe/{token}>"


def test_the_list_names_itself_and_the_message_carries_the_delivery_token(peer: Peer) -> None:
    (personalization,) = personalizations(["ada@example.com"])
    submit(peer.provider, personalization)

    (message,) = peer.arrived()
    assert message.header("List-Id") == (
        '"Weekly Verdicts: side by side" <weekly-verdicts.verdicts.example>'
    )
    assert message.header("Message-ID") == f"<{personalization.token}@verdicts.example>"
    assert message.header("Feedback-ID").startswith("7:weekly-verdicts:")


def test_a_second_submission_of_a_delivery_keeps_its_message_id(peer: Peer) -> None:
    """So that whoever gets both can tell that they are one."""
    mail = personalizations(["ada@example.com"])
    submit(peer.provider, *mail)
    submit(peer.provider, *mail)

    assert len({message.header("Message-ID") for message in peer.arrived()}) == 1


def test_subject_names_and_emoji_arrive_as_written(peer: Peer) -> None:
    submit(peer.provider, *personalizations(["ada@example.com"], "Łukasz 🚢"))

    (message,) = peer.arrived()
    assert message.subject == SUBJECT
    assert "Hello Łukasz 🚢," in message.text
    assert "Hello Łukasz 🚢," in message.html
    assert "naïve café 🚢" in message.text
    assert "naïve café 🚢" in message.html
    assert message.sender == EDITION.sender.address


def test_a_line_that_begins_with_a_dot_stays_whole(peer: Peer) -> None:
    submit(peer.provider, *personalizations(["ada@example.com"]))

    (message,) = peer.arrived()
    assert "\n.a line that begins with a dot\n" in message.text.replace("\r\n", "\n")


def test_a_hostile_name_is_escaped_in_html_alone_and_adds_nothing(peer: Peer) -> None:
    """No markup, no header, no slot comes out of a first name."""
    (personalization,) = personalizations(["ada@example.com"], HOSTILE)
    submit(peer.provider, personalization)

    (message,) = peer.arrived()
    assert '<b>"& ' in message.text
    assert html.escape('<b>"& ') in message.html
    assert "<b>" not in message.html
    assert not any(name.lower() == "bcc" for name, _ in message.headers)
    token = personalization.slots[Slot.UNSUBSCRIBE]
    assert message.text.count(token) == 1
    assert message.html.count(token) == 1


def test_a_domain_outside_ascii_is_mailed_under_its_a_label(peer: Peer) -> None:
    submit(peer.provider, *personalizations(["ada@bücher.example"]))

    (message,) = peer.arrived()
    assert message.to == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "email",
    [
        "nobody",
        "@example.com",
        "ada@",
        "a da@example.com",
        "ada@exa_mple.com",
        "ada@example..com",
        "ada@example.com\r\nBcc: victim@example.com",
        "ada@example.com>, <victim@example.com",
        f"{'a' * 65}@example.com",
        f"ada@{'ü' * 70}.example",
    ],
)
def test_what_is_no_address_is_refused_for_good_and_spoils_no_other(peer: Peer, email: str) -> None:
    outcomes = submit(
        peer.provider, *personalizations(["ada@example.com", email, "grace@example.org"])
    )

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert rejected.permanent
    assert rejected.about_address
    assert rejected.code
    assert email not in rejected.detail
    assert sorted(message.to for message in peer.arrived()) == [
        "ada@example.com",
        "grace@example.org",
    ]


def test_an_empty_batch_yields_nothing(peer: Peer) -> None:
    assert submit(peer.provider) == {}
    assert submit(peer.lost) == {}


def test_a_reachable_provider_checks_out_without_mailing_anybody(peer: Peer) -> None:
    peer.provider.check()
    submit(peer.provider, *personalizations(["ada@example.com"]))

    assert len(peer.arrived()) == 1


def test_an_unreachable_provider_says_so_before_any_outcome(peer: Peer) -> None:
    """Even where the first recipient could be refused without it."""
    with pytest.raises(ProviderError) as failed:
        submit(peer.lost, *personalizations(["nobody", *THREE]))
    with pytest.raises(ProviderError) as unchecked:
        peer.lost.check()

    assert "\n" not in str(failed.value)
    assert "\n" not in str(unchecked.value)


def test_a_provider_that_was_closed_can_be_used_again(peer: Peer) -> None:
    submit(peer.provider, *personalizations(["ada@example.com"]))
    peer.provider.close()
    outcomes = submit(peer.provider, *personalizations(["grace@example.org"], first=2))

    assert kinds(outcomes) == ["Accepted"]


def test_a_full_batch_is_accounted_for(peer: Peer) -> None:
    emails = [f"reader{number:04}@example.com" for number in range(peer.provider.batch_size)]
    outcomes = submit(peer.provider, *personalizations(emails))

    assert {type(one) for one in outcomes.values()} == {Accepted}
    assert sorted(message.to for message in peer.arrived()) == emails


def test_an_address_that_the_peer_refuses_spoils_no_other(talking_peer: TalkingPeer) -> None:
    talking_peer.refuse("grace@example.org")
    outcomes = submit(talking_peer.provider, *personalizations(THREE))

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert rejected.permanent
    assert rejected.about_address
    assert rejected.code
    assert rejected.detail
    assert "grace@example.org" not in rejected.detail
    assert sorted(message.to for message in talking_peer.arrived()) == [THREE[0], THREE[2]]


def test_who_is_put_off_is_refused_for_now_and_taken_later(talking_peer: TalkingPeer) -> None:
    mail = personalizations(THREE)
    talking_peer.put_off()
    for outcome in submit(talking_peer.provider, *mail).values():
        assert isinstance(outcome, Rejected)
        assert not outcome.permanent
        assert not outcome.about_address
    assert talking_peer.arrived() == []

    talking_peer.relent()
    assert kinds(submit(talking_peer.provider, *mail)) == ["Accepted"] * 3
    assert len(talking_peer.arrived()) == 3


def test_a_line_that_breaks_leaves_unknown_what_may_have_been_taken(
    talking_peer: TalkingPeer,
) -> None:
    """And nothing else: whoever is accepted has the mail, whoever is refused has not."""
    talking_peer.break_off_at("grace@example.org")
    mail = personalizations(THREE)
    outcomes = submit(talking_peer.provider, *mail)

    assert isinstance(outcomes[2], Unknown)
    assert outcomes[2].detail
    arrived = {message.to for message in talking_peer.arrived()}
    for personalization in mail:
        outcome = outcomes[personalization.delivery_id]
        if not isinstance(outcome, Unknown):
            assert isinstance(outcome, Accepted) == (personalization.email in arrived)


def test_after_a_line_broke_the_next_batch_goes_through(talking_peer: TalkingPeer) -> None:
    talking_peer.break_off_at("grace@example.org")
    submit(talking_peer.provider, *personalizations(THREE))
    outcomes = submit(talking_peer.provider, *personalizations(["alan@example.com"], first=9))

    assert kinds(outcomes) == ["Accepted"]
