"""Joins the stages, and commits between them.

    due | pick | compose | render | approve (freeze) | audience | address | deliver | finish

`IssueService` is what editors and schedules do to an issue; `Sending` takes an approved one to its
recipients, `TransactionalMailer` a letter to its reader. None knows a command line or a web page.
"""

from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService, NothingNewError
from digest.pipeline.preview import Preview
from digest.pipeline.sending import Progress, Sending
from digest.pipeline.transactional_mailer import TransactionalMailer

__all__ = [
    "IssueRenderer",
    "IssueService",
    "NothingNewError",
    "Preview",
    "Progress",
    "Sending",
    "TransactionalMailer",
]
