"""A sound message to break: the golden issue as one recipient gets it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.gate import SampleMessage, sample_message
from digest.gate.html_page import Page
from digest.message.edition import Edition, Sender
from digest.message.personalization import Recipient, personalize
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import dated, render_issue
from digest.render.rendered import Rendered
from subscribers.public_ids import IssueIds
from subscribers.tokens import Tokens
from tests.golden.sample import BRAND, content

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
READER = Recipient(1, 5, 0, None, "ana@example.org", "Ana", tracking=True)


def made(rendered: Rendered, **changes: Any) -> SampleMessage:
    """The message that `rendered` gives; `changes` are the edition's."""
    rendered = dated(rendered, AT.date())
    values = {
        "number": 12,
        "ids": IssueIds(12),
        "series": "weekly",
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        "sender": Sender("Weekly Verdicts", "digest@verdicts.example.com"),
        "list_name": BRAND.name,
        "public_url": BRAND.public_url,
    }
    edition = Edition(**(values | changes))
    personalization = personalize(
        [READER], edition.ids, Tokens(["one secret of the tests, long enough"])
    )[0]
    return sample_message(edition, rendered, personalization, AT)


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    return render_issue(content(), BRAND, email_environment(templates_folder()))


@pytest.fixture(scope="session")
def sound(rendered: Rendered) -> SampleMessage:
    return made(rendered)


def with_html(mail: SampleMessage, html: str) -> SampleMessage:
    """`mail` with other HTML, as if it had been sent like that."""
    return replace(mail, html=html, page=Page(html))
