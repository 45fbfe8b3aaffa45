"""The root of every error that this project raises; `digest.errors` draws the whole tree.

It stands in the lowest room, since `subscribers` and `schedules` raise errors too and import
nothing of `digest`.
"""


class DigestError(Exception):
    """Any error that this project raises on purpose."""


class UserError(DigestError):
    """An error that the operator can act on: its text is one line that says how.

    The command line prints the text and exits with status 1.
    """
