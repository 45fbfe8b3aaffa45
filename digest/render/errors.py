"""The error that tells a template's author what is wrong."""

from store.errors import UserError


class TemplateError(UserError, ValueError):
    """A template, or a link in it, that can't become mail.

    `line` counts from 1 (None if a line makes no sense); `str()` is the one line to print:
    ``digest/issue.mjml.j2, line 12: ...``.
    """

    def __init__(self, name: str, line: int | None, problem: str) -> None:
        self.name = name
        self.line = line
        self.problem = problem
        where = f"{name}, line {line}" if line is not None else name
        super().__init__(f"{where}: {problem}")
