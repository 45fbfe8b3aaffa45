"""Tokens as mail carries them, made by the row numbers that tests know."""

from typing import Protocol

from sqlmodel import col, select

from digest.issues.tables import Issue
from store.engine import Store
from subscribers.public_ids import IssueIds, new_public_id, new_short_id
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, TokenClaims, Tokens


class HasStore(Protocol):
    @property
    def store(self) -> Store: ...
    @property
    def tokens(self) -> Tokens: ...


def make_token(app: HasStore, purpose: Purpose, subscriber: int = 0, issue: int = 0) -> str:
    """A token for the rows of these numbers; of a row that is not there it names nobody."""
    return token_in(app.store, app.tokens, purpose, subscriber, issue)


def token_in(
    store: Store, tokens: Tokens, purpose: Purpose, subscriber: int = 0, issue: int = 0
) -> str:
    """The same, of a store and what makes its tokens."""
    claims = claims_for(store, subscriber, issue)
    return tokens.make(purpose, claims.subscriber, claims.issue, epoch=claims.epoch)


def claims_for(store: Store, subscriber: int, issue: int = 0) -> TokenClaims:
    """What a token for these rows says when it is read."""
    with store.read() as session:
        person = session.exec(
            select(Subscriber.public_id, Subscriber.link_epoch).where(
                col(Subscriber.id) == subscriber
            )
        ).first()
        known = session.exec(select(Issue.public_id).where(col(Issue.number) == issue)).first()
    named, epoch = person or (new_public_id() if subscriber else 0, 0)
    return TokenClaims(named, known or (new_short_id() if issue else 0), epoch)


def issue_ids(store: Store, number: int) -> IssueIds:
    """What links call the issue of that number."""
    with store.read() as session:
        issue = session.get_one(Issue, number)
        return IssueIds(issue.public_id, issue.legacy_number)
