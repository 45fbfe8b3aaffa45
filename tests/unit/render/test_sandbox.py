"""A template of one's own decides how mail looks, and runs nothing."""

from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

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
