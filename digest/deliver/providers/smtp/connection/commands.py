"""Spells the commands before a message's body.

Sources: RFC 5321 section 4.1.1 (MAIL, RCPT, RSET), RFC 1870 (SIZE), RFC 6531 (SMTPUTF8).
"""

from digest.message.personalization import Personalization
from subscribers.tokens import token_to_hex

RESET = "RSET\r\n"


class Commands:
    """The commands of one connection. A NUL in `sender` stands for a delivery's token."""

    def __init__(self, sender: str, extensions: frozenset[str]) -> None:
        self._mail_from = f"MAIL FROM:<{sender}>"
        self._names_delivery = "\0" in sender
        self._announces_size = "size" in extensions

    def group(self, who: Personalization, size: int, *, reset: bool) -> bytes:
        """Return RSET where asked for, MAIL and RCPT, each on a line."""
        return f"{RESET if reset else ''}{self.mail(who, size)}{self.rcpt(who)}".encode()

    def mail(self, who: Personalization, size: int) -> str:
        """Return MAIL for a message of `size` octets, with its parameters."""
        mail_from = self._mail_from
        if self._names_delivery:
            mail_from = mail_from.replace("\0", token_to_hex(who.token))
        if self._announces_size:
            mail_from += f" SIZE={size}"
        if not who.email.isascii():
            mail_from += " SMTPUTF8 BODY=8BITMIME"
        return mail_from + "\r\n"

    def rcpt(self, who: Personalization) -> str:
        """Return RCPT."""
        return f"RCPT TO:<{who.email}>\r\n"
