"""A resend repeats the Message-ID, whatever became of links, and of the version that sent it."""

from digest.message.personalization import Recipient, personalize
from subscribers.public_ids import IssueIds, new_public_id
from subscribers.tokens import Purpose, TokenClaims, Tokens
from tests.parts.world import SECRET

TOKENS = Tokens([SECRET])
ANA, BOB = new_public_id(), new_public_id()


def delivery(epoch: int, number: int | None, issue: IssueIds) -> str:
    people = [
        Recipient(1, ANA, epoch, number, "ana@example.org", "Ana", tracking=True),
        Recipient(2, BOB, 0, None, "bob@example.org", "Bob", tracking=True),
    ]
    return personalize(people, issue, TOKENS)[0].token


def test_void_links_change_no_delivery_token() -> None:
    assert len({delivery(epoch, 7, IssueIds(99)) for epoch in (0, 1, 255)}) == 1


def test_an_issue_of_the_time_before_goes_out_again_under_the_token_it_had() -> None:
    (before,) = TOKENS.make_legacy(Purpose.DELIVERY, [7], 3)
    assert delivery(0, 7, IssueIds(99, 3)) == delivery(2, 7, IssueIds(99, 3)) == before
    since = delivery(0, None, IssueIds(99, 3))
    assert TOKENS.read(Purpose.DELIVERY, since) == TokenClaims(ANA, 99)
