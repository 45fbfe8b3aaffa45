"""Joins the stages, and commits between them.

    due | pick | compose | render | approve (freeze) | audience | address | deliver | finish

`Desk` is what editors and schedules do to an issue; `Sending` takes an approved one to its
recipients, `Post` a letter to its reader. None knows a command line or a web page.
"""

from digest.pipeline.issue_renderer import Frozen
from digest.pipeline.issue_service import Desk, NothingNewError
from digest.pipeline.preview import Preview
from digest.pipeline.sending import Progress, Sending
from digest.pipeline.transactional_mailer import Post

__all__ = ["Desk", "Frozen", "NothingNewError", "Post", "Preview", "Progress", "Sending"]
