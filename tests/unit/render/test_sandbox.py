"""A template of one's own decides how mail looks, and runs nothing."""

from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.exceptions import SecurityError, UndefinedError

from digest.language.choose import language_of
from digest.render.environment import email_environment, templates_folder


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].system('id') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ (1).__class__.__base__ }}",
        "{{ brand.__init__.__globals__ }}",
        "{{ items.append(1) }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(brand) }}",
    ],
)
def test_a_template_reaches_no_python(source: str) -> None:
    template = email_environment(templates_folder()).from_string(source)
    with pytest.raises((SecurityError, UndefinedError)):
        template.render(brand=Path(), items=[])


SECRETS = "{x.__html__.__globals__[string]._re.enum.sys.modules[os].environ}"
"""What a message's value leads to: the keys and passwords that the process was given."""


@pytest.fixture(scope="module", params=["en", "de"])
def environment(request: pytest.FixtureRequest) -> Environment:
    return email_environment(templates_folder(), language=language_of(request.param))


@pytest.mark.parametrize(
    "message", [SECRETS, "{x.__class__}", "{x[0]}", "{x!r}", "{x:>9}", "{x.real}", "{0}", "{}"]
)
def test_a_message_of_a_template_has_bare_names_alone(
    environment: Environment, message: str
) -> None:
    for source in (
        f"say({message!r}, x='a')",
        f"say({message!r}, x='a'|safe)",
        f"plain({message!r}, x='a'|safe)",
        f"say('a', {message!r}, count=2, x=1)",
    ):
        with pytest.raises(ValueError, match="expected a name alone"):
            environment.from_string(f"{{{{ {source} }}}}").render()


def test_a_message_with_braces_of_its_own_is_worded(environment: Environment) -> None:
    template = environment.from_string("{{ say('{{a}} {x}', x='b')|striptags }}")
    assert template.render() == "{a} b"
