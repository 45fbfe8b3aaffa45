"""What an editor lets through the gate: only what blocks, with a reason, for those bytes alone."""

from dataclasses import replace

import pytest
from jinja2 import DictLoader
from sqlmodel import select

from digest.catalog.upsert import keep_page
from digest.gate import Code, Gate, Policy
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import IssueState, Override
from digest.pipeline import Desk
from digest.pipeline.overrides import all_overrides
from store import Store
from tests.conformance.database.pipeline.test_issue_service import samples
from tests.parts.world import Clock, Recorder, add_people
from tests.parts.world import desk as short_desk

STRICT = Gate(Policy(block=frozenset({Code.SIZE, Code.SUBJECT_LONG})))
"""Blocks every issue, since each has a size."""
WHY = "the chair has read it"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(store: Store, clock: Clock) -> Desk:
    from digest.render.environment import email_environment, templates_folder

    plain = short_desk(store, Recorder(), clock)
    frozen = replace(plain.frozen, environment=email_environment(templates_folder()))
    with store.write() as session:
        for page in samples():
            keep_page(session, page, clock())
    return replace(plain, frozen=frozen, gate=STRICT)


def kept(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as session:
        rows = session.exec(select(Override)).all()
    return [(one.code, one.reason, one.decided_by) for one in rows]


def test_a_finding_is_let_pass_with_a_reason_that_is_kept(
    desk: Desk, store: Store, clock: Clock
) -> None:
    number = desk.draft()
    with pytest.raises(IssueError, match="blocks size: html"):
        desk.approve(number, by="ed")
    content_hash = desk.approve(number, by="ed", despite=[Code.SIZE], because=f" {WHY} ")
    assert kept(store) == [("size", WHY, "ed")]
    (override,) = desk.overrides(number)
    assert (override.content_hash, override.decided_at) == (content_hash, clock())
    add_people(store, 3)
    assert desk.start(number) == 3


@pytest.mark.parametrize(
    ("despite", "because", "says"),
    [
        (["size"], "  ", "say why"),
        (["size"], "x" * 501, "say why"),
        (["size", "subject-long"], WHY, "subject-long does not block"),
        (["contrast"], WHY, "contrast is no code of the gate"),
        (["unsubscribe-missing"], WHY, "can't be let pass"),
        (["slot-open"], WHY, "can't be let pass"),
    ],
)
def test_an_override_that_says_too_little_or_too_much_is_refused(
    desk: Desk, store: Store, despite: list[str], because: str, says: str
) -> None:
    number = desk.draft()
    with pytest.raises(IssueError, match=says):
        desk.approve(number, by="ed", despite=despite, because=because)
    assert kept(store) == []
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.DRAFT


def test_an_override_speaks_for_the_bytes_it_was_given_for(desk: Desk, store: Store) -> None:
    number = desk.draft()
    desk.approve(number, by="ed", despite=[Code.SIZE], because=WHY)
    desk.edit(number, subject="Another subject")
    assert desk.overrides(number) == []
    with pytest.raises(IssueError, match="blocks size"):
        desk.approve(number, by="ed")
    with store.read() as session:
        assert [one.code for one in all_overrides(session, number)] == ["size"], "it is not lost"


def test_the_gate_looks_again_before_anybody_gets_it(desk: Desk, store: Store) -> None:
    """What blocks may have changed since approval; then nothing is frozen and nobody is mailed."""
    number = replace(desk, gate=Gate()).draft()
    replace(desk, gate=Gate()).approve(number, by="ed")
    add_people(store, 3)
    with pytest.raises(IssueError, match=f"issue {number} can't go out: blocks size"):
        desk.start(number)
    with store.read() as session:
        issue = find_issue(session, number)
    assert (issue.state, issue.audience) == (IssueState.APPROVED, None)
    assert replace(desk, gate=Gate()).start(number) == 3


def test_a_template_that_can_not_be_rendered_is_a_finding(desk: Desk, store: Store) -> None:
    number = desk.draft()
    environment = desk.frozen.environment.overlay(
        loader=DictLoader({"digest/issue.mjml.j2": "<mjml>\n<mj-txet/></mjml>"})
    )
    broken = replace(desk, frozen=replace(desk.frozen, environment=environment))
    (finding,) = broken.findings(number)
    assert (finding.code, finding.where) == (
        Code.TEMPLATE_BROKEN,
        "digest/issue.mjml.j2, line 2",
    )
    assert "mj-txet" in finding.what
    with pytest.raises(IssueError, match="can't be approved"):
        broken.approve(number, by="ed")


def test_what_changed_while_it_was_looked_at_is_not_approved(desk: Desk, store: Store) -> None:
    number = desk.draft()

    class Slow(Gate):
        def check(self, mail):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            desk.edit(number, subject="Changed meanwhile")
            return super().check(mail)

    with pytest.raises(IssueError, match="changed while it was looked at"):
        replace(desk, gate=Slow()).approve(number, by="ed")
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.DRAFT


def test_what_blocks_by_itself_wakes_no_other_program(desk: Desk, store: Store) -> None:
    """A schedule tries its draft again every minute."""

    class Woken(Gate):
        def check(self, mail):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, ARG002
            pytest.fail("the slow checks ran")

    number = desk.draft()
    with pytest.raises(IssueError, match="blocks size"):
        replace(desk, gate=Woken(STRICT.policy)).approve(number, by="schedule weekly")
