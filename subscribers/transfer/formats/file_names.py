"""Reads what a file's name says of everybody in it: that they left, bounced, or never agreed."""

import re

from subscribers.transfer.formats.column_meaning import normalize_column
from subscribers.transfer.formats.detect import UnclearColumnError
from subscribers.transfer.formats.import_format import ImportFormat
from subscribers.transfer.formats.statuses import REFUSED_STATUS_WORDS, ImportedStatus

_MAILCHIMP = (
    ("unsubscribed", ImportedStatus.UNSUBSCRIBED),
    ("cleaned", ImportedStatus.BOUNCED),
    ("subscribed", ImportedStatus.ACTIVE),
)
_SPEAKS_OF_LEAVING = re.compile(
    r"unsub|optout|optedout|suppress|bounc|complain|spamreport|blacklist|blocklist|blocked"
    r"|donot(?:e?mail|contact|send)|abgemeld|abmeld|ausgetragen|gesperrt|desinscri|desabonn"
    r"|debaja|bajas|desuscri|undeliver|invalidemail"
)


def status_by_file_name(
    import_format: ImportFormat, file_name: str, names: frozenset[str]
) -> tuple[ImportedStatus | None, str]:
    """Return the default status, or why rows are refused: Mailchimp tells it by the file's name."""
    if import_format.name == "Mailchimp":
        begins = file_name.casefold()
        if begins.startswith("nonsubscribed"):
            return None, f"the file's name says that they {REFUSED_STATUS_WORDS['nonsubscribed']}"
        if begins.startswith("archived"):
            return None, f"the file's name says that each {REFUSED_STATUS_WORDS['archived']}"
        for word, status in _MAILCHIMP:
            if begins.startswith(word):
                return status, ""
    if import_format.default_with and not import_format.default_with & names:
        return None, ""
    return import_format.default, ""


def check_file_name(import_format: ImportFormat, file_name: str) -> None:
    """Check the name of a file none of whose columns says whether somebody left the list.

    Tools write who left into a file of its own. Raises UnclearColumnError.
    """
    if _SPEAKS_OF_LEAVING.search(normalize_column(file_name)):
        shown = file_name if len(file_name) <= 60 else file_name[:59] + "…"  # noqa: PLR2004 - one line
        if import_format.of_account:
            raise UnclearColumnError(
                f"the name {shown!r} says that these people must not be mailed, and the status of "
                f"{import_format.name} is not of one list: say which column is the day, and leave "
                'the status unread, like --ignore status --map "updated_at=unsubscribed"; if they '
                "may be mailed, rename the file"
            )
        raise UnclearColumnError(
            f"the name {shown!r} says that these people must not be mailed, and no column does: "
            "add a column status with unsubscribed, bounced or complained, or say which column is "
            'the day, like --map "created=unsubscribed"; if they may be mailed, rename the file'
        )
