"""Parses the bytes that an SMTP server sends into replies."""

from digest.deliver.providers.smtp.limits import MAX_REPLY_LINE, MAX_REPLY_LINES

NOT_SMTP = "the server answered something that is not SMTP"
ENDLESS_LINE = "the server answered a line without end"
ENDLESS_REPLY = "the server sent a reply without end"


class ReplyParser:
    """Parse replies incrementally, however the network has cut them up.

    RFC 5321 section 4.2.1: every line of a reply but its last has a hyphen after the code.
    `fault` says what came that is no reply; it is empty while all is well. Nothing after a fault
    is parsed, since nobody could say which command it answers.
    """

    def __init__(self) -> None:
        self.fault = ""
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def at_start(self) -> bool:
        """True if what comes next is the beginning of a reply."""
        return not (self._rest or self._lines or self.fault)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the replies that `data` completes, as code and text.

        The text's lines are without their codes and separated by LF.
        """
        if self.fault:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies: list[tuple[int, bytes]] = []
        for line in lines:
            if line[:4] == b"250 " and not self._lines:  # as nearly all of them
                replies.append((250, line[4:]))
                continue
            if not line[:3].isdigit():
                self.fault = NOT_SMTP
                return replies
            if len(self._lines) >= MAX_REPLY_LINES:
                self.fault = ENDLESS_REPLY
                return replies
            self._lines.append(line[4:])
            if line[3:4] != b"-":
                replies.append((int(line[:3]), b"\n".join(self._lines)))
                self._lines.clear()
        if len(self._rest) > MAX_REPLY_LINE:
            self.fault = ENDLESS_LINE
        return replies
