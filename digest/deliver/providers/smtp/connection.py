"""One SMTP conversation: opened, secured, signed in, and used for many messages.

A session knows the protocol and nothing of deliveries; `smtp` decides what replies mean.
Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 and RFC 4616 (AUTH PLAIN), RFC 1870
(SIZE), RFC 6531 (SMTPUTF8).
"""

import base64
import smtplib
import socket
import ssl
from contextlib import suppress

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.handshake import Client, SecureClient
from digest.deliver.providers.smtp.reply import ConnectionLostError, Stage, read_reply
from digest.deliver.providers.smtp.transport import Wire
from digest.deliver.providers.smtp.url import SmtpUrl, Tls

SIGNED_IN = frozenset({235, 503})


class Session:
    """An open conversation. `timeout` is in seconds for a command, `body_timeout` for a body.

    The body's is long, since giving up on its reply leaves a delivery unknown: RFC 5321
    section 4.5.3.2.6 asks for ten minutes. `in_transaction`: the next message needs an RSET
    first. `window` is how many bodies may be on their way here without an answer; 0 until the
    server has shown that it takes a group of commands at once.
    """

    def __init__(self, client: smtplib.SMTP, timeout: float, body_timeout: float) -> None:
        self._client = client
        self.timeout = timeout
        self.body_timeout = body_timeout
        self.in_transaction = False
        self.window = 0

    def offers(self, extension: str) -> bool:
        return self._client.has_extn(extension)

    def wire(self) -> Wire:
        """The connection itself, for whoever does not wait for answers; `leave` hands it back."""
        if self._client.sock is None:
            raise ConnectionLostError("the connection is closed")
        return Wire(self._client.sock)

    def alive(self) -> bool:
        try:
            return self._client.noop()[0] == 250  # noqa: PLR2004 - RFC 5321 section 4.2
        except OSError:
            return False

    def close(self) -> None:
        """Says goodbye where anybody still listens."""
        with suppress(OSError):
            self._client.quit()
        self._client.close()

    def abort(self) -> None:
        self._client.close()


def open_session(
    target: SmtpUrl, tls: ssl.SSLContext, timeout: float, body_timeout: float
) -> Session:
    """Connects, secures the line and signs in. Raises ProviderError with one line why not."""
    try:
        client = _connect(target, tls, timeout)
    except OSError as error:
        raise ProviderError(f"can't reach {target}: {_plain(error)}") from error
    try:
        _secure(client, target, tls)
        _sign_in(client, target)
    except (OSError, ProviderError) as error:
        client.close()
        if isinstance(error, ProviderError):
            raise
        raise ProviderError(f"{target} is reachable but of no use: {_plain(error)}") from error
    return Session(client, timeout, body_timeout)


def _connect(target: SmtpUrl, tls: ssl.SSLContext, timeout: float) -> Client:
    # A name is given here since smtplib would ask DNS for one, for seconds where DNS is broken.
    greeting = target.helo or socket.gethostname()
    if target.tls is Tls.IMPLICIT:
        client: Client = SecureClient(
            target.host, target.port, greeting, timeout=timeout, context=tls
        )
    else:
        client = Client(target.host, target.port, greeting, timeout=timeout)
    if "." not in greeting and client.sock:
        # RFC 5321 section 4.1.3: an address literal, where there is no full name.
        own = client.sock.getsockname()[0]
        client.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    return client


def _secure(client: smtplib.SMTP, target: SmtpUrl, tls: ssl.SSLContext) -> None:
    client.ehlo_or_helo_if_needed()
    if target.tls in {Tls.IMPLICIT, Tls.NEVER}:
        return
    if client.has_extn("starttls"):
        client.starttls(context=tls)
        client.ehlo_or_helo_if_needed()
    elif target.tls is Tls.REQUIRE:
        raise ProviderError(f"{target} does not offer STARTTLS, which SMTP_URL requires")
    elif target.user and not target.is_loopback:
        raise ProviderError(
            f"{target} does not offer STARTTLS, and a password must not cross the network in the "
            "clear; use smtps://, or ?starttls=never where the network is trusted"
        )


def _sign_in(client: smtplib.SMTP, target: SmtpUrl) -> None:
    if not target.user:
        return
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        _sign_in_otherwise(client, target)
        return
    # smtplib's own PLAIN stops at the first character outside ASCII.
    secret = base64.b64encode(f"\0{target.user}\0{target.password}".encode()).decode()
    code, text = client.docmd("AUTH", f"PLAIN {secret}")
    if code not in SIGNED_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


def _sign_in_otherwise(client: smtplib.SMTP, target: SmtpUrl) -> None:
    try:
        client.login(target.user, target.password)
    except UnicodeEncodeError:
        # Its own words would show the letter.
        raise ProviderError(
            f"{target} does not offer AUTH PLAIN, and nothing else takes a user or password with "
            "letters outside ASCII; choose another password for SMTP_URL"
        ) from None
    except ValueError:
        raise ProviderError(f"{target} answers AUTH with something that is not SMTP") from None


def _plain(error: Exception) -> str:
    """One line for people; smtplib's own are tuples with bytes in them."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refuses the user or the password ({_reply_text(error)})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {_reply_text(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {error.verify_message}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _reply_text(error: smtplib.SMTPResponseException) -> str:
    raw = error.smtp_error
    return str(
        read_reply(Stage.MAIL, error.smtp_code, raw.encode() if isinstance(raw, str) else raw)
    )
