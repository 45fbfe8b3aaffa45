from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError

from digest.render.environment import Href, email_environment, templates_folder
from digest.render.errors import TemplateError
from digest.render.slots import MARKS, Slot

Make = Callable[[dict[str, str]], Environment]


@pytest.mark.parametrize("name", ["a.mjml.j2", "a.html.j2", "deep/a.mjml.j2"])
def test_markup_templates_escape(make_environment: Make, name: str) -> None:
    """Jinja2's own default would leave .mjml unescaped."""
    template = make_environment({name: "{{ x }}"}).get_template(name)
    assert template.render(x="<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"


def test_text_templates_do_not_escape(make_environment: Make) -> None:
    template = make_environment({"a.txt.j2": "{{ x }}"}).get_template("a.txt.j2")
    assert template.render(x="<b>&") == "<b>&"


def test_a_template_from_a_string_escapes(make_environment: Make) -> None:
    make = make_environment({"a.txt.j2": ""})
    assert make.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


def test_an_undefined_name_is_an_error(make_environment: Make) -> None:
    with pytest.raises(UndefinedError):
        make_environment({"a.txt.j2": "{{ missing }}"}).get_template("a.txt.j2").render()


@pytest.mark.parametrize("name", ["a.mjml.j2", "a.txt.j2"])
@pytest.mark.parametrize(
    "expression", ["{{ x }}", "{{ x|attr }}", "{{ x|wrap }}", "{{ '~' ~ y }}", "{{ [x]|join }}"]
)
def test_text_from_outside_can_not_place_a_slot(
    make_environment: Make, name: str, expression: str
) -> None:
    template = make_environment({name: expression}).get_template(name)
    assert MARKS.search(template.render(x="~~unsubscribe~~", y="~unsubscribe~~")) is None


@pytest.mark.parametrize("name", ["a.mjml.j2", "a.txt.j2"])
def test_our_own_slots_and_addresses_keep_their_marks(make_environment: Make, name: str) -> None:
    template = make_environment({name: "{{ slot }} {{ href }}"}).get_template(name)
    href = Href("https://a.example/~~click~~")
    assert template.render(slot=Slot.GREETING, href=href) == (
        "~~greeting~~ https://a.example/~~click~~"
    )


def test_an_address_is_still_escaped(make_environment: Make) -> None:
    template = make_environment({"a.mjml.j2": "{{ href }}"}).get_template("a.mjml.j2")
    assert template.render(href=Href("https://a.example/?a=1&b=2")) == (
        "https://a.example/?a=1&amp;b=2"
    )


def test_the_templates_of_this_checkout_are_found() -> None:
    assert (templates_folder() / "email" / "digest" / "issue.mjml.j2").is_file()


def test_a_folder_without_templates_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no folder email/ in it"):
        email_environment(tmp_path)


def test_templates_can_not_leave_their_folder(make_environment: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    environment = make_environment({"a.txt.j2": '{% include "../secret" %}'})
    with pytest.raises(Exception, match="secret"):
        environment.get_template("a.txt.j2").render()
