"""Renders an issue by its number, for web pages and the studio."""

from dataclasses import dataclass

from digest.gate import DEFAULT_POLICY, Policy
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.pipeline.issue_renderer import IssueRenderer
from digest.render.rendered import Rendered
from store.engine import Store


@dataclass(frozen=True, slots=True)
class Preview:
    """Opens a session for each call to `IssueRenderer`, and raises what that raises."""

    store: Store
    renderer: IssueRenderer
    policy: Policy = DEFAULT_POLICY

    def rendered(self, number: int) -> Rendered:
        with self.store.read() as session:
            return self.renderer.rendered(session, number)

    def edition(self, number: int) -> Edition:
        with self.store.read() as session:
            return self.renderer.edition(session, number)

    def last_subject(self, number: int) -> str:
        with self.store.read() as session:
            return self.renderer.last_subject(session, number)

    def sample_personalization(self, edition: Edition) -> Personalization:
        return self.renderer.sample_personalization(edition)
