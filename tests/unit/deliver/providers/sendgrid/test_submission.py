"""How a run over SendGrid asks for batches while requests are in flight."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from digest.deliver.providers.sendgrid.rate_headers import RateWindow
from digest.deliver.providers.sendgrid.request import RequestTemplate
from digest.deliver.providers.sendgrid.response import Response
from digest.deliver.providers.sendgrid.submission import POLL_SECONDS, Submission
from digest.message.personalization import Personalization
from tests.parts.journals import Noted
from tests.parts.mail import EDITION, personalizations
from tests.parts.world import Clock


def test_who_gives_none_is_not_asked_in_a_loop_while_a_request_is_in_flight() -> None:
    answered = threading.Event()
    asked, seconds = 0, 0.0

    def post(body: str) -> Response:
        assert body
        answered.wait(10)
        return Response(202, {}, b"")

    def batches() -> Iterator[Sequence[Personalization]]:
        nonlocal asked
        yield personalizations(["ada@example.com"])
        while not answered.is_set():
            asked += 1
            yield []

    with ThreadPoolExecutor(1) as pool:
        submission = Submission(
            RequestTemplate(EDITION),
            post,
            pool,
            window=RateWindow(),
            clock=Clock(),
            tick=lambda: seconds,
        )
        outcomes = submission.outcomes(batches())
        assert [next(outcomes), next(outcomes), next(outcomes), asked] == [[], [], [], 1]

        seconds += POLL_SECONDS
        assert [next(outcomes), next(outcomes), asked] == [[], [], 2]

        answered.set()
        assert sum(len(outcomes) for outcomes in outcomes) == 1


def test_a_request_is_begun_as_a_whole_and_taken_back_where_it_was_refused_as_a_whole() -> None:
    """413: it was too large, so nobody in it has it, and it goes in halves."""
    mail = personalizations(["ada@example.com", "grace@example.org"])
    ada, grace = [one.delivery_id for one in mail]
    responses = [Response(413, {}, b""), Response(202, {}, b""), Response(202, {}, b"")]
    journal = Noted()
    with ThreadPoolExecutor(1) as pool:
        submission = Submission(
            RequestTemplate(EDITION),
            lambda _: responses.pop(0),
            pool,
            window=RateWindow(),
            clock=Clock(),
            journal=journal,
        )
        outcomes = [one for some in submission.outcomes([mail]) for one in some]
    assert [type(one).__name__ for one in outcomes] == ["Accepted", "Accepted"]
    assert journal.steps[:3] == [
        ("begun", [ada, grace]),
        ("withdrawn", [ada]),
        ("withdrawn", [grace]),
    ]
    assert journal.now == {ada, grace}
