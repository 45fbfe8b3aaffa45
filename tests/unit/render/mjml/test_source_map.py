"""A fault in the MJML is told by the template's own line, however far Jinja2 has moved it."""

import shutil
from pathlib import Path

import pytest

from digest.render.environment import email_environment, templates_folder
from digest.render.errors import TemplateError
from digest.render.issue import render_issue
from tests.golden.sample import BRAND, content

ISSUE = "digest/issue.mjml.j2"
TEXT = "digest/issue.txt.j2"
LEAD = "_parts/lead.mjml.j2"
GROUP = "_parts/group.mjml.j2"

SLIPS = [
    (LEAD, "<mj-button", "<mj-buton", 0, "unknown tag <mj-buton> in <mj-column>"),
    (LEAD, "</mj-button>", "", 1, "mismatched tag, while <mj-button> is open"),
    (LEAD, 'height="36px"', 'hieght="36px"', 0, "unknown attribute hieght"),
    (LEAD, 'padding="36px 24px 0px"', 'padding="36px 24px 0"', 0, "lengths with a unit"),
    (GROUP, "</table>", "</tabel>", 0, "mismatched tag, while <table> is open"),
    (ISSUE, "Also compared", "This & that", 0, "not well-formed"),
    (ISSUE, "{% block top %}", '{% block top %}<mj-include path="x" />', 0, "<mj-include>"),
    (ISSUE, "_parts/topline", "_parts/toplin", 0, "no template _parts/toplin.mjml.j2"),
    (ISSUE, "_parts/topline.mjml.j2", ISSUE, 0, "include or extend itself"),
    (TEXT, "{{ issue.intro|wrap }}", "{{ issue.intro|warp }}", 0, "No filter named 'warp'"),
]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_where_it_was_made(
    tmp_path: Path, slip: tuple[str, str, str, int, str]
) -> None:
    """In templates of one's own, of which only the changed one is there; `below` counts lines."""
    template, was, now, below, problem = slip
    whole = (templates_folder() / "email" / template).read_text(encoding="utf-8")
    at = whole.index(was)
    ours = tmp_path / "email" / template
    ours.parent.mkdir(parents=True)
    ours.write_text(whole[:at] + whole[at:].replace(was, now, 1), encoding="utf-8")
    environment = email_environment(tmp_path, templates_folder())
    with pytest.raises(TemplateError) as told:
        render_issue(content(), BRAND, environment)
    line = whole[:at].count("\n") + 1 + below
    assert (told.value.name, told.value.line) == (template, line)
    assert problem in told.value.problem
    assert "\n" not in str(told.value)


def test_where_two_lines_may_have_given_it_the_mjml_is_quoted(tmp_path: Path) -> None:
    shutil.copytree(templates_folder() / "email", tmp_path / "email")
    (tmp_path / "email" / ISSUE).write_text(
        '{% for tag in ["mj-foo"] %}<mjml><mj-body>{{ ("<" ~ tag ~ " />")|safe }}'
        "</mj-body></mjml>{% endfor %}",
        encoding="utf-8",
    )
    shutil.copy(tmp_path / "email" / ISSUE, tmp_path / "email" / "digest" / "twin.mjml.j2")
    with pytest.raises(TemplateError, match="where the MJML says: <mjml><mj-body><mj-foo />"):
        render_issue(content(), BRAND, email_environment(tmp_path))
