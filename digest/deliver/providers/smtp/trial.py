"""Tries a relay up to the recipient: every command of a message but its body.

Connects, starts TLS, signs in, and says MAIL, RCPT and RSET; never DATA, so nobody is mailed.
"""

import ssl
from typing import NamedTuple

from digest.deliver.access_token import AccessTokens
from digest.deliver.bounce_policy.failure import Failure, Stage
from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.client import open_client
from digest.deliver.providers.smtp.limits import HANDSHAKE_TIMEOUT
from digest.deliver.providers.smtp.reply import OK, Reply, read_reply
from digest.deliver.providers.smtp.sign_in import GO_ON
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.providers.wire_address import parse_mailbox

_STAGES = {"connect": Stage.CONNECT, "mail": Stage.MAIL, "rcpt": Stage.RCPT, "rset": Stage.RSET}


class Step(NamedTuple):
    """One command, and what came of it: `fine` is None for a refusal that is temporary.

    `words` are the server's, or ours where it gave no reply. `failure` is what a refusal means.
    """

    command: str
    fine: bool | None
    words: str
    failure: Failure | None = None


def try_recipient(
    target: SmtpUrl,
    tls: ssl.SSLContext,
    sender: str,
    recipient: str,
    *,
    access_tokens: AccessTokens | None = None,
    timeout: float = HANDSHAKE_TIMEOUT,
) -> list[Step]:
    """Return the steps up to RSET, or up to the one that ended it. `timeout` is for each reply."""
    steps: list[Step] = []
    try:
        wire = str(parse_mailbox(recipient))
    except ValueError as error:
        return [Step("RCPT", False, str(error))]

    def hear(command: str, code: int, text: bytes) -> None:
        if code != GO_ON and command != "quit":
            reply = read_reply(_STAGES.get(command, Stage.EHLO), code, text)
            steps.append(_step(command, reply, wire))

    try:
        client = open_client(
            target, tls, timeout, timeout, access_tokens=access_tokens, on_reply=hear
        )
    except ProviderError as error:
        return [*steps, Step("", False, str(error))]
    options = "" if wire.isascii() else " SMTPUTF8 BODY=8BITMIME"
    try:
        if options and "smtputf8" not in client.peer.extensions:
            steps.append(Step("MAIL", False, f"{target} takes no address outside ASCII (SMTPUTF8)"))
        elif client.ask(f"MAIL FROM:<{sender}>{options}")[0] == OK:
            client.ask(f"RCPT TO:<{wire}>")
        client.ask("RSET")
    except OSError as error:
        steps.append(Step("", False, f"{target} ended the connection: {error}"))
        client.abort()
    else:
        client.close()
    return steps


def _step(command: str, reply: Reply, recipient: str) -> Step:
    if not (reply.transient or reply.permanent):
        return Step(command.upper(), True, str(reply))
    # A server that knows no EHLO is asked by HELO; one that greylists takes the address later.
    passing = reply.permanent if command == "ehlo" else reply.transient and command == "rcpt"
    return Step(command.upper(), None if passing else False, str(reply), reply.classify(recipient))
