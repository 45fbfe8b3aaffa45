"""Sends a test message: an issue in any state to one address, with links that change nothing."""

from collections.abc import Sequence

from digest.deliver.providers.base import Accepted, Outcome, Provider
from digest.pipeline.issue_renderer import IssueRenderer
from store.engine import Store
from store.errors import UserError
from subscribers.addresses import parse_address


class RefusedTestError(UserError):
    """The provider did not take a test message; the text says to whom and why."""


def send_test(
    store: Store, renderer: IssueRenderer, provider: Provider, number: int, to: str
) -> str:
    """Submit issue `number` to the address `to`, and return the address as it is written.

    Raises RefusedTestError, AddressError, IssueError and what rendering raises.
    """
    email = parse_address(to).email
    with store.read() as session:
        edition = renderer.test_edition(session, number)
    personalization = renderer.sample_personalization(edition, email)
    outcomes = [one for some in provider.submit(edition, [[personalization]]) for one in some]
    if not _accepted(outcomes):
        detail = getattr(outcomes[0], "detail", "") if outcomes else "no answer"
        raise RefusedTestError(f"{email} did not get it: {detail}")
    return email


def _accepted(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and isinstance(outcomes[0], Accepted)
