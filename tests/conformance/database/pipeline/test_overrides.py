"""What an editor lets through the gate: only what blocks, with a reason, for those bytes alone."""

from dataclasses import replace

import pytest
from jinja2 import DictLoader
from sqlmodel import select

from digest.catalog.upsert import upsert_page
from digest.gate import Code, Gate, Policy
from digest.issues.history import all_overrides
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import IssueState, Override
from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.conformance.database.pipeline.test_issue_service import samples
from tests.parts.world import Clock, Recorder, add_people
from tests.parts.world import issue_service as plain_issue_service

STRICT = Gate(Policy(block=frozenset({Code.SIZE, Code.SUBJECT_LONG})))
"""Blocks every issue, since each has a size."""
WHY = "the chair has read it"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue_service(store: Store, clock: Clock) -> IssueService:
    from digest.render.environment import email_environment, templates_folder

    plain = plain_issue_service(store, Recorder(), clock)
    renderer = replace(plain.renderer, environment=email_environment(templates_folder()))
    with store.write() as session:
        for page in samples():
            upsert_page(session, page, clock())
    return replace(plain, renderer=renderer, gate=STRICT)


def kept(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as session:
        rows = session.exec(select(Override)).all()
    return [(one.code, one.reason, one.decided_by) for one in rows]


def test_a_finding_is_let_pass_with_a_reason_that_is_kept(
    issue_service: IssueService, store: Store, clock: Clock
) -> None:
    number = issue_service.draft()
    with pytest.raises(IssueError, match="blocks size: html"):
        issue_service.approve(number, by="ed")
    content_hash = issue_service.approve(number, by="ed", despite=[Code.SIZE], because=f" {WHY} ")
    assert kept(store) == [("size", WHY, "ed")]
    (override,) = issue_service.overrides(number)
    assert (override.content_hash, override.decided_at) == (content_hash, clock())
    add_people(store, 3)
    assert issue_service.start(number) == 3


@pytest.mark.parametrize(
    ("despite", "because", "says"),
    [
        (["size"], "  ", "say why"),
        (["size"], "x" * 501, "say why"),
        (["size", "subject-long"], WHY, "subject-long does not block"),
        (["contrast"], WHY, "contrast is no code of the gate"),
        (["unsubscribe-missing"], WHY, "can't be overridden"),
        (["slot-open"], WHY, "can't be overridden"),
    ],
)
def test_an_override_that_says_too_little_or_too_much_is_refused(
    issue_service: IssueService, store: Store, despite: list[str], because: str, says: str
) -> None:
    number = issue_service.draft()
    with pytest.raises(IssueError, match=says):
        issue_service.approve(number, by="ed", despite=despite, because=because)
    assert kept(store) == []
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.DRAFT


def test_an_override_speaks_for_the_bytes_it_was_given_for(
    issue_service: IssueService, store: Store
) -> None:
    number = issue_service.draft()
    issue_service.approve(number, by="ed", despite=[Code.SIZE], because=WHY)
    issue_service.edit(number, subject="Another subject")
    assert issue_service.overrides(number) == []
    with pytest.raises(IssueError, match="blocks size"):
        issue_service.approve(number, by="ed")
    with store.read() as session:
        assert [one.code for one in all_overrides(session, number)] == ["size"], "it is not lost"


def test_the_gate_looks_again_before_anybody_gets_it(
    issue_service: IssueService, store: Store
) -> None:
    """What blocks may have changed since approval; then nothing is frozen and nobody is mailed."""
    number = replace(issue_service, gate=Gate()).draft()
    replace(issue_service, gate=Gate()).approve(number, by="ed")
    add_people(store, 3)
    with pytest.raises(IssueError, match=f"issue {number} can't go out: blocks size"):
        issue_service.start(number)
    with store.read() as session:
        issue = find_issue(session, number)
    assert (issue.state, issue.audience) == (IssueState.APPROVED, None)
    assert replace(issue_service, gate=Gate()).start(number) == 3


def test_a_template_that_can_not_be_rendered_is_a_finding(
    issue_service: IssueService, store: Store
) -> None:
    number = issue_service.draft()
    environment = issue_service.renderer.environment.overlay(
        loader=DictLoader({"digest/issue.mjml.j2": "<mjml>\n<mj-txet/></mjml>"})
    )
    broken = replace(
        issue_service, renderer=replace(issue_service.renderer, environment=environment)
    )
    (finding,) = broken.findings(number)
    assert (finding.code, finding.where) == (
        Code.TEMPLATE_BROKEN,
        "digest/issue.mjml.j2, line 2",
    )
    assert "mj-txet" in finding.what
    with pytest.raises(IssueError, match="can't be approved"):
        broken.approve(number, by="ed")


def test_what_changed_while_it_was_looked_at_is_not_approved(
    issue_service: IssueService, store: Store
) -> None:
    number = issue_service.draft()

    class Slow(Gate):
        def check(self, mail):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            issue_service.edit(number, subject="Changed meanwhile")
            return super().check(mail)

    with pytest.raises(IssueError, match="changed while it was looked at"):
        replace(issue_service, gate=Slow()).approve(number, by="ed")
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.DRAFT


def test_what_blocks_by_itself_wakes_no_other_program(
    issue_service: IssueService, store: Store
) -> None:
    """A schedule tries its draft again every minute."""

    class Woken(Gate):
        def check(self, mail):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, ARG002
            pytest.fail("the slow checks ran")

    number = issue_service.draft()
    with pytest.raises(IssueError, match="blocks size"):
        replace(issue_service, gate=Woken(STRICT.policy)).approve(number, by="schedule weekly")
