from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment

from digest.compose.content import Content
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import render_issue
from digest.render.rendered import Rendered
from tests.golden.sample import BRAND, content


@pytest.fixture(scope="session")
def environment() -> Environment:
    return email_environment(templates_folder())


@pytest.fixture
def make_environment(tmp_path: Path) -> Callable[[dict[str, str]], Environment]:
    """An environment over templates given by name."""

    def make(templates: dict[str, str]) -> Environment:
        for name, source in templates.items():
            path = tmp_path / "email" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        return email_environment(tmp_path)

    return make


@pytest.fixture(scope="session")
def rendered(environment: Environment) -> Rendered:
    return render_issue(content(), BRAND, environment)


@pytest.fixture(scope="session")
def render_named(environment: Environment) -> Callable[[str], Rendered]:
    """The issue with a name of your choice wherever text from outside may stand."""

    def render(name: str) -> Rendered:
        return render_issue(_named(content(briefs=1), name), BRAND, environment)

    return render


def _named(issue: Content, name: str) -> Content:
    pull = issue.lead.left.pull
    assert pull is not None
    left = replace(
        issue.lead.left,
        name=name,
        category=name,
        tagline=name,
        entry_price=name,
        pull=replace(pull, quote=name),
    )
    lead = replace(issue.lead, title=name, left=left, kicker=name, summary=name)
    group = issue.groups[0]
    rivals = tuple(replace(one, right=replace(one.right, name=name)) for one in group.matchups)
    group = replace(group, heading=name, tool=replace(group.tool, name=name), matchups=rivals)
    brief = issue.briefs[0]
    brief = replace(brief, left=replace(brief.left, name=name), summary=name)
    return replace(
        issue,
        subject=name,
        preheader=name,
        intro=name,
        lead=lead,
        groups=(group,),
        briefs=(brief,),
    )
