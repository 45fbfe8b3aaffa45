"""An error in the MJML is reported with the template's own line, wherever Jinja2 moved it."""

import shutil
from pathlib import Path

import pytest
from jinja2 import DictLoader

from digest.render.environment import email_environment, templates_folder
from digest.render.errors import TemplateError
from digest.render.issue import render_issue
from digest.render.mjml import source_map
from digest.render.mjml.source_map import compile_mjml
from tests.golden.emails import EMAILS
from tests.golden.sample import BRAND, content

ISSUE = "digest/issue.mjml.j2"
TEXT = "digest/issue.txt.j2"
LEAD = "_parts/lead.mjml.j2"
GROUP = "_parts/group.mjml.j2"

SLIPS = [
    (ISSUE, "<mj-button", "<mj-buton", 0, "unknown tag <mj-buton> in <mj-column>"),
    (ISSUE, "</mj-button>", "", 1, "<mj-raw> may not stand inside <mj-button>"),
    (ISSUE, "</mj-raw>", "", 1, "mismatched tag, while <mj-raw> is open"),
    (LEAD, 'height="36px"', 'hieght="36px"', 0, "unknown attribute hieght"),
    (LEAD, 'padding="32px 24px 0px"', 'padding="32px 24px 0"', 0, "lengths with a unit"),
    (GROUP, "</h2>", "</h22>", 0, "mismatched tag, while <h2> is open"),
    (ISSUE, "{{ issue.also }}", "This & that", 0, "not well-formed"),
    (ISSUE, "{% block content %}", '{% block content %}<mj-include path="x" />', 0, "<mj-include>"),
    (ISSUE, "_parts/topline", "_parts/toplin", 0, "no template _parts/toplin.mjml.j2"),
    (ISSUE, "_parts/topline.mjml.j2", ISSUE, 0, "include or extend itself"),
    (TEXT, "{{ lead.summary|wrap }}", "{{ lead.summary|warp }}", 0, "No filter named 'warp'"),
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


SHARED = "<mj-section><mj-column><mj-text>{{ subject }}</mj-text></mj-column></mj-section>"


@pytest.mark.parametrize(
    ("templates", "place", "problem"),
    [
        # The same line stands in three places: only one of them is rendered outside a section.
        (
            {
                "a": f'<mjml><mj-body>\n{SHARED}\n{{% include "b" %}}\n</mj-body></mjml>',
                "b": f"<mj-wrapper>\n{SHARED}\n</mj-wrapper>\n<mj-column>\n{SHARED}\n</mj-column>",
                "c": f"<mj-column>\n{SHARED}\n</mj-column>",
            },
            ("b", 4),
            "<mj-column> may not stand in <mj-body>",
        ),
        # White space control, comments, blocks and loops do not shift the lines.
        (
            {
                "a": "<mjml>\n{# one\ntwo #}\n  {%- for _ in (1, 2) -%}\n"
                "  <mj-body>\n  {{- '' }}\n  {% if loop.last %}<mj-foo />\n  {% endif %}\n"
                "</mj-body>\n{%- endfor %}\n</mjml>",
            },
            ("a", 7),
            "unknown tag <mj-foo>",
        ),
        # A line that Jinja2 alone fills in counts as the one before it.
        (
            {"a": "<mjml><mj-body>\n{{ '<mj-foo />'|safe }}\n</mj-body></mjml>"},
            ("a", 1),
            "unknown tag <mj-foo>",
        ),
        # A template whose output depends on the text's length renders differently with markers.
        (
            {
                "a": "{% set kind %}body{% endset %}\n<mjml>\n{% if kind|length == 4 %}\n"
                "<mj-{{ kind }}>\n<mj-foo />\n</mj-{{ kind }}>\n{% endif %}\n</mjml>",
            },
            (None, None),
            "where the MJML says: <mj-foo />",
        ),
    ],
)
def test_each_line_is_known_by_its_marker(
    templates: dict[str, str], place: tuple[str | None, int | None], problem: str
) -> None:
    environment = email_environment(templates_folder()).overlay(
        loader=DictLoader(
            {
                f"{name}.mjml.j2": text.replace('"b"', '"b.mjml.j2"')
                for name, text in templates.items()
            }
        )
    )
    with pytest.raises(TemplateError) as told:
        compile_mjml(
            environment,
            "a.mjml.j2",
            lambda one: one.get_template("a.mjml.j2").render(subject="S"),
        )
    name, line = place
    assert (told.value.name, told.value.line) == (f"{name or 'a'}.mjml.j2", line)
    assert problem in told.value.problem


@pytest.mark.parametrize("name", EMAILS)
def test_markers_change_nothing_else_of_what_the_templates_give(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def refused(source: str, template: str) -> str:
        seen.append(source)
        raise TemplateError(template, source.count("\n"), "refused")

    monkeypatch.setattr(source_map, "mjml_to_html", refused)
    with pytest.raises(TemplateError) as told:
        EMAILS[name](email_environment(templates_folder()))
    assert told.value.name == "_base/layout.mjml.j2", "where every mail ends"
    assert told.value.problem == "refused"
    assert len(seen) == 1
