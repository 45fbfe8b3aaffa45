"""Resolves a token's claims to the reader and the issue that it was made for."""

from dataclasses import dataclass

from sqlmodel import Session

from digest.issues.lifecycle import issue_of_link
from subscribers.links import find_link_owner
from subscribers.tokens import TokenClaims


@dataclass(frozen=True, slots=True)
class ReaderLink:
    """What a link names in this store: rows, not public ids.

    `subscriber_id` is 0 in a preview; `issue_number` and `issue_id`, its public id, are 0 where no
    issue is meant or known. `number` is what stands in the issue's place in a link that confirms
    something. A void link only unsubscribes.
    """

    subscriber_id: int
    issue_number: int
    issue_id: int = 0
    number: int = 0
    is_void: bool = False


def resolve_link(session: Session, claims: TokenClaims) -> ReaderLink | None:
    """Returns None where the token names nobody here: an erased reader, or another store's.

    A preview's token names subscriber 0. An issue that is unknown here is none: a reader who came
    with an import can unsubscribe by the mail that another installation sent.
    """
    number, public_id = issue_of_link(session, claims.issue, legacy=claims.legacy) or (0, 0)
    if not claims.subscriber:
        return ReaderLink(0, number, public_id)
    owner = find_link_owner(session, claims)
    if owner is None:
        return None
    return ReaderLink(owner.subscriber_id, number, public_id, claims.issue, owner.is_void)
