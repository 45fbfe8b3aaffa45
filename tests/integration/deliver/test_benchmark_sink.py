"""The benchmarks' sink speaks SMTP as it says: what it counts and records is what was sent."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.sink import Wiring, running
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import parse_smtp_url
from digest.message.headers import message_id
from tests.parts.mail import EDITION, kinds, long_edition, personalizations, submit
from tests.parts.world import Clock

PEOPLE = [f"reader{number}@example.org" for number in range(200)]


@pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])
@pytest.mark.parametrize("round_trip", [0.0, 0.002], ids=["near", "far"])
def test_every_message_is_recorded_once(
    tmp_path: Path, round_trip: float, *, chunking: bool
) -> None:
    mail = personalizations(PEOPLE)
    wiring = Wiring(chunking=chunking, round_trip=round_trip, record=tmp_path / "record")
    with running(wiring) as sink:
        provider = SmtpProvider(parse_smtp_url(f"{sink.url}&connections=3"), Clock())
        outcomes = submit(provider, *mail, edition=long_edition(35_000))
        provider.close()
    assert set(kinds(outcomes)) == {"Accepted"}
    assert sink.accepted == len(PEOPLE)
    expected = Counter(f"{one.email} {message_id(EDITION, one)}" for one in mail)
    assert Counter((tmp_path / "record").read_text().splitlines()) == expected
