"""A sound mail, changed; and what the gate says of it."""

from digest.gate import Code, Gate, SampleMessage
from tests.unit.gate.conftest import with_html

GATE = Gate()


def codes(mail: SampleMessage) -> set[Code]:
    return {one.code for one in GATE.check_quickly(mail)} - {Code.SIZE}


def with_body(mail: SampleMessage, extra: str) -> SampleMessage:
    return with_html(mail, mail.html.replace("</body>", f"{extra}</body>"))
