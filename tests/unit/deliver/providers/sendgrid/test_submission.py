"""How a run over SendGrid asks for batches while requests are in flight."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from digest.deliver.providers.sendgrid.rate_headers import Window
from digest.deliver.providers.sendgrid.request import Content
from digest.deliver.providers.sendgrid.response import Answer
from digest.deliver.providers.sendgrid.submission import PULL_AGAIN, Run
from digest.message.personalization import Personalization
from tests.parts.mail import EDITION, personalizations
from tests.parts.world import Clock


def test_who_gives_none_is_not_asked_in_a_loop_while_a_request_is_in_flight() -> None:
    answered = threading.Event()
    asked, seconds = 0, 0.0

    def post(body: str) -> Answer:
        assert body
        answered.wait(10)
        return Answer(202, {}, b"")

    def batches() -> Iterator[Sequence[Personalization]]:
        nonlocal asked
        yield personalizations(["ada@example.com"])
        while not answered.is_set():
            asked += 1
            yield []

    with ThreadPoolExecutor(1) as pool:
        run = Run(
            Content(EDITION), post, pool, window=Window(), clock=Clock(), tick=lambda: seconds
        )
        heard = run.outcomes(batches())
        assert [next(heard), next(heard), next(heard), asked] == [[], [], [], 1]

        seconds += PULL_AGAIN
        assert [next(heard), next(heard), asked] == [[], [], 2]

        answered.set()
        assert sum(len(outcomes) for outcomes in heard) == 1
