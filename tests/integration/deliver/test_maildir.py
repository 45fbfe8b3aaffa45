"""The outbox on a real file system."""

import resource
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from itertools import islice
from pathlib import Path

import pytest

from digest.deliver.providers.base import Accepted, ProviderError
from digest.deliver.providers.maildir import GROUP, MaildirProvider
from tests.parts.mail import kinds, long_edition, personalizations, stream, submit
from tests.parts.world import NOW, Clock


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Inside, no file of this process grows beyond `size` bytes: a disk that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_message_is_one_eml_file_named_after_its_delivery(tmp_path: Path) -> None:
    (personalization,) = personalizations(["ada@example.com"])
    outcomes = submit(MaildirProvider(tmp_path, Clock()), personalization)

    assert names(tmp_path / "new") == [f"{personalization.token}.eml"]
    assert outcomes[1] == Accepted(1, f"{personalization.token}.eml")
    assert names(tmp_path) == ["cur", "new", "tmp"]
    assert names(tmp_path / "tmp") == []


def test_a_file_is_a_whole_message_dated_by_the_clock(tmp_path: Path) -> None:
    submit(MaildirProvider(tmp_path, Clock()), *personalizations(["ada@example.com"]))

    (path,) = (tmp_path / "new").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    assert not message.defects
    assert all(len(line) <= 998 for line in path.read_bytes().split(b"\r\n"))


def test_nobody_else_on_the_machine_can_read_a_message(tmp_path: Path) -> None:
    """A message holds links that act in its recipient's name."""
    submit(MaildirProvider(tmp_path / "outbox", Clock()), *personalizations(["ada@example.com"]))

    (path,) = (tmp_path / "outbox" / "new").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_a_delivery_that_is_submitted_again_replaces_its_file(tmp_path: Path) -> None:
    clock = Clock()
    outbox = MaildirProvider(tmp_path, clock)
    mail = personalizations(["ada@example.com", "grace@example.org"])
    submit(outbox, *mail)
    clock.on(hours=1)
    submit(outbox, mail[0])

    assert len(names(tmp_path / "new")) == 2
    again = (tmp_path / "new" / f"{mail[0].token}.eml").read_bytes()
    assert b"09:00:00" in again


def test_a_message_that_was_read_meanwhile_is_replaced_as_well(tmp_path: Path) -> None:
    """A mail reader moves what it has seen to cur/ and adds flags to the name."""
    (personalization,) = personalizations(["ada@example.com"])
    outbox = MaildirProvider(tmp_path, Clock())
    submit(outbox, personalization)
    name = f"{personalization.token}.eml"
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")
    submit(outbox, personalization)

    assert names(tmp_path / "new") == [name]
    assert names(tmp_path / "cur") == []


def test_what_a_crash_left_in_tmp_is_written_over(tmp_path: Path) -> None:
    (personalization,) = personalizations(["ada@example.com"])
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / f"{personalization.token}.eml").write_bytes(b"x" * 1_000_000)
    submit(MaildirProvider(tmp_path, Clock()), personalization)

    assert names(tmp_path / "tmp") == []
    assert b"xxx" not in (tmp_path / "new" / f"{personalization.token}.eml").read_bytes()


def test_a_full_disk_leaves_no_half_message_and_stops_the_issue(tmp_path: Path) -> None:
    outbox = MaildirProvider(tmp_path, Clock())
    edition = long_edition(60_000)
    with room_for(20_000), pytest.raises(ProviderError, match="can't be written: File too large"):
        submit(outbox, *personalizations(["ada@example.com", "nobody"]), edition=edition)

    assert names(tmp_path / "new") == []
    assert names(tmp_path / "tmp") == []


def test_a_disk_that_fills_up_in_the_middle_leaves_the_rest_without_an_outcome(
    tmp_path: Path,
) -> None:
    outbox = MaildirProvider(tmp_path, Clock())
    mail = personalizations(f"reader{number}@example.com" for number in range(GROUP + 2))
    submission = stream(outbox, mail, long_edition(60_000))
    outcomes = list(islice(submission, GROUP))
    with room_for(20_000), pytest.raises(ProviderError, match="File too large"):
        next(submission)

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(names(tmp_path / "new")) == GROUP


def test_one_file_that_can_not_be_put_in_place_spoils_no_other(tmp_path: Path) -> None:
    mail = personalizations(["ada@example.com", "grace@example.org"])
    (tmp_path / "new" / f"{mail[0].token}.eml" / "in the way").mkdir(parents=True)
    outcomes = submit(MaildirProvider(tmp_path, Clock()), *mail)

    assert kinds(outcomes) == ["Rejected", "Accepted"]


def test_a_folder_that_is_none_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outbox = MaildirProvider(tmp_path / "file", Clock())
    with pytest.raises(ProviderError, match="file can't be written: Not a directory; OUTBOX_DIR"):
        outbox.check()


def test_an_abandoned_submission_keeps_what_it_said(tmp_path: Path) -> None:
    """An accepted message is on disk, even if nobody asks for the other outcomes."""
    submission = stream(
        MaildirProvider(tmp_path, Clock()), personalizations(["ada@example.com"]), long_edition(10)
    )
    accepted = next(submission)
    assert isinstance(submission, Generator)
    submission.close()

    assert isinstance(accepted, Accepted)
    assert (tmp_path / "new" / accepted.provider_id).exists()
