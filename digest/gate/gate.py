"""Runs the checks: all of them before approval, the quick ones again before sending."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from digest.gate.checks.active_content import check_active_content
from digest.gate.checks.claims import check_claims
from digest.gate.checks.clients import ClientTables, check_clients
from digest.gate.checks.contrast import check_contrast
from digest.gate.checks.encoding import check_encoding
from digest.gate.checks.header import check_header
from digest.gate.checks.links import check_links
from digest.gate.checks.size import check_size
from digest.gate.checks.spam import SpamFilter, check_spam
from digest.gate.checks.structure import check_structure
from digest.gate.checks.style_blocks import check_style_blocks
from digest.gate.checks.subject import check_subject
from digest.gate.checks.text_part import check_text_part
from digest.gate.checks.unrendered import check_unrendered
from digest.gate.checks.unsubscribe import check_unsubscribe
from digest.gate.findings import DEFAULT_POLICY, Code, Finding, Policy, found
from digest.gate.sample_message import SampleMessage
from digest.render.errors import TemplateError

QUICK_CHECKS: Sequence[Callable[[SampleMessage], Iterator[Finding]]] = (
    check_subject,
    check_claims,
    check_size,
    check_unsubscribe,
    check_header,
    check_unrendered,
    check_encoding,
    check_text_part,
    check_links,
    check_structure,
    check_active_content,
    check_style_blocks,
    check_contrast,
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Other programs that check mail, if they are installed."""

    clients: ClientTables | None = None
    spam: SpamFilter | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks a message, and returns findings at the levels of `policy`."""

    policy: Policy = DEFAULT_POLICY
    tools: Tools = field(default_factory=Tools)

    def check(self, mail: SampleMessage) -> list[Finding]:
        """Return all findings, blocking ones first. Asks other programs: takes a second or two."""
        slow = [*check_clients(mail, self.tools.clients), *check_spam(mail, self.tools.spam)]
        return self.policy.apply([*_quick(mail), *slow])

    def check_quickly(self, mail: SampleMessage) -> list[Finding]:
        """Return the findings of our own checks, in a tenth of a second."""
        return self.policy.apply(_quick(mail))

    def template_error(self, error: TemplateError) -> list[Finding]:
        """Return the finding for a template that can't be rendered, with its file and line."""
        where = error.name if error.line is None else f"{error.name}, line {error.line}"
        fix = "fix the template; docs/templates.md"
        return self.policy.apply([found(Code.TEMPLATE_BROKEN, where, error.problem, fix)])


def _quick(mail: SampleMessage) -> list[Finding]:
    return [finding for one in QUICK_CHECKS for finding in one(mail)]
