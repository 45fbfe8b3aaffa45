"""The errors of sources; each is one line for the operator."""

from store.errors import UserError


class SourceError(UserError):
    """A source is unknown, or was given something wrong."""


class FetchError(UserError):
    """Something that a source names can't be read.

    `is_final` says that asking again will not help; `is_gone` that the server says it is no more.
    """

    def __init__(
        self,
        message: str,
        *,
        is_final: bool = False,
        is_gone: bool = False,
        status: int | None = None,
        retry_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.is_final = is_final or is_gone
        self.is_gone = is_gone
        self.status = status
        self.retry_seconds = retry_seconds
