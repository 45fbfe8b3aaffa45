"""Opens SMTP connections: connects, starts TLS, signs in.

This part waits for each reply; what follows (`connection`) never waits.
Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 1870 (SIZE), RFC 6531 (SMTPUTF8).
"""

import smtplib
import socket
import ssl
from contextlib import suppress

from digest.deliver.access_token import AccessTokenError, AccessTokens
from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.base import (
    CredentialsRefusedError,
    ProviderBusyError,
    ProviderError,
)
from digest.deliver.providers.smtp.connection.state import Peer
from digest.deliver.providers.smtp.errors import ConnectionLostError
from digest.deliver.providers.smtp.handshake import (
    HandshakeClient,
    OnReply,
    SecureHandshakeClient,
    ignore_reply,
)
from digest.deliver.providers.smtp.limits import BUSY_SECONDS, HANDSHAKE_TIMEOUT
from digest.deliver.providers.smtp.reply import OK, read_reply
from digest.deliver.providers.smtp.sign_in import (
    SignIn,
    TokenRefusedError,
    access_token,
    password,
)
from digest.deliver.providers.smtp.transport import CLOSED, SocketTransport
from digest.deliver.providers.smtp.url import SUBMISSIONS_PORT, SmtpUrl, Tls

MAX_DIGITS = 20


class SmtpClient:
    """An open connection, kept between runs. `peer` is what is known of the server."""

    def __init__(self, smtp: smtplib.SMTP, timeout: float, body_timeout: float) -> None:
        self._smtp = smtp
        size = smtp.esmtp_features.get("size", "")
        # RFC 1870 section 4: without a number, or with 0, no limit is declared.
        most = int(size) if size.isascii() and size.isdigit() and len(size) < MAX_DIGITS else 0
        self.peer = Peer(
            frozenset(smtp.esmtp_features), timeout, body_timeout, max_size=most or None
        )

    def transport(self) -> SocketTransport:
        """Hand over the socket for use without waiting, until the transport's `detach`."""
        if self._smtp.sock is None:
            raise ConnectionLostError(CLOSED)
        return SocketTransport(self._smtp.sock)

    def ask(self, command: str) -> tuple[int, bytes]:
        """Send one command and return the reply to it. Raises OSError."""
        return self._smtp.docmd(command)

    def alive(self) -> bool:
        """Return whether the server still answers."""
        try:
            return self._smtp.noop()[0] == OK
        except OSError:
            return False

    def close(self) -> None:
        """Say QUIT, if anybody still listens, and close the socket."""
        with suppress(OSError):
            self._smtp.quit()
        self._smtp.close()

    def abort(self) -> None:
        """Close the socket without a word."""
        self._smtp.close()


def open_client(
    target: SmtpUrl,
    tls: ssl.SSLContext,
    timeout: float,
    body_timeout: float,
    *,
    access_tokens: AccessTokens | None = None,
    on_reply: OnReply = ignore_reply,
) -> SmtpClient:
    """Connect, start TLS and sign in. Raises ProviderError with one line why not.

    An access token that is refused is replaced once, over a new connection. `on_reply` hears every
    reply.
    """
    seconds = min(timeout, HANDSHAKE_TIMEOUT)
    if access_tokens is None:
        smtp = _open(target, tls, seconds, password(target), on_reply)
        return SmtpClient(smtp, timeout, body_timeout)
    try:
        token = access_tokens.get()
        try:
            smtp = _open(target, tls, seconds, access_token(target, token), on_reply)
        except TokenRefusedError:
            token = access_tokens.get(refused=token)
            smtp = _open(target, tls, seconds, access_token(target, token), on_reply)
    except AccessTokenError as error:
        raise ProviderError(f"can't sign in to {target}: {error}") from error
    return SmtpClient(smtp, timeout, body_timeout)


def _open(
    target: SmtpUrl, tls: ssl.SSLContext, seconds: float, sign_in: SignIn, on_reply: OnReply
) -> HandshakeClient:
    try:
        smtp = _connect(target, tls, seconds, on_reply)
    except OSError as error:
        msg = f"can't reach {target}: {_explain(error)}{_other_scheme(target, error)}"
        raise _unusable(msg, error) from error
    try:
        _secure(smtp, target, tls)
        sign_in(smtp)
    except (OSError, ProviderError) as error:
        smtp.close()
        if isinstance(error, ProviderError):
            raise
        msg = f"connected to {target}, but the handshake failed: {_explain(error)}"
        raise _unusable(msg, error) from error
    return smtp


def _other_scheme(target: SmtpUrl, error: OSError) -> str:
    """Return which scheme the port wants, where the one given may be the reason."""
    if target.tls is Tls.IMPLICIT and isinstance(error, ssl.SSLError):
        if isinstance(error, ssl.SSLCertVerificationError):
            return ""
        return f"; it speaks no TLS from the start: use smtp://{target.host}:{target.port}"
    if target.tls is not Tls.IMPLICIT and target.port == SUBMISSIONS_PORT:
        return f"; port {target.port} speaks TLS from the start: use smtps://{target.host}"
    return ""


def _unusable(msg: str, error: OSError | ProviderError) -> ProviderError:
    """Return the error to raise: whether to wait, to look at the password, or to try again."""
    if isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 500:  # noqa: PLR2004
        return ProviderBusyError(msg, BUSY_SECONDS)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return CredentialsRefusedError(msg)
    return ProviderError(msg)


def _connect(
    target: SmtpUrl, tls: ssl.SSLContext, timeout: float, on_reply: OnReply
) -> HandshakeClient:
    # Give a name, since smtplib would ask DNS for one, for seconds if DNS is broken.
    greeting = target.helo or socket.gethostname()
    if target.tls is Tls.IMPLICIT:
        client: HandshakeClient = SecureHandshakeClient(
            on_reply, target.host, target.port, greeting, timeout=timeout, context=tls
        )
    else:
        client = HandshakeClient(on_reply, target.host, target.port, greeting, timeout=timeout)
    if "." not in greeting and client.sock:
        # RFC 5321 section 4.1.3: an address literal, if there is no full name.
        own = client.sock.getsockname()[0]
        client.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    return client


def _secure(client: smtplib.SMTP, target: SmtpUrl, tls: ssl.SSLContext) -> None:
    _greet(client)
    if target.tls in {Tls.IMPLICIT, Tls.NEVER}:
        return
    if client.has_extn("starttls"):
        client.starttls(context=tls)
        _greet(client)
    elif target.tls is Tls.REQUIRE:
        raise ProviderError(f"{target} does not offer STARTTLS, which SMTP_URL requires")
    elif target.user and not target.is_loopback:
        raise ProviderError(
            f"{target} does not offer STARTTLS, and a password must not cross the network in the "
            "clear; use smtps://, or ?starttls=never where the network is trusted"
        )


def _greet(client: smtplib.SMTP) -> None:
    """Say EHLO, or HELO to a server that knows no better. Raises SMTPHeloError."""
    code, text = client.ehlo()
    if 500 <= code < 600:  # noqa: PLR2004 - RFC 5321 section 4.1.1.1; a 4xx is no "unknown"
        code, text = client.helo()
    if not 200 <= code < 300:  # noqa: PLR2004
        raise smtplib.SMTPHeloError(code, text)


def _explain(error: Exception) -> str:
    """Return one line for people; the text of smtplib's own errors is a tuple with bytes."""
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
        read_reply(Stage.EHLO, error.smtp_code, raw.encode() if isinstance(raw, str) else raw)
    )
