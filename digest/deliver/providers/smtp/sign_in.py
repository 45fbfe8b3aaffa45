"""Signs in to an SMTP server by password or by access token.

Sources: RFC 4954 (AUTH), RFC 4616 (PLAIN), and for XOAUTH2
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol, which Microsoft 365 takes too.
"""

import base64
import smtplib
from collections.abc import Callable

from digest.deliver.access_token import xoauth2
from digest.deliver.providers.base import CredentialsRefusedError, ProviderError
from digest.deliver.providers.smtp.url import SmtpUrl

SIGNED_IN = frozenset({235, 503})
"""RFC 4954 section 6: accepted, and already authenticated."""
GO_ON = 334
"""RFC 4954 section 4: the server asks for more."""
MAX_AUTH_LINE = 12_288
"""RFC 4954 section 4.2: octets of a line; a longer response is sent when it is asked for."""
SignIn = Callable[[smtplib.SMTP], None]


class TokenRefusedError(CredentialsRefusedError):
    """The server does not take the access token: it is wrong, or it has expired."""


def password(target: SmtpUrl) -> SignIn:
    """Return what signs in by user and password, and does nothing where there is no user."""

    def sign_in(client: smtplib.SMTP) -> None:
        if not target.user:
            return
        if "PLAIN" not in _mechanisms(client):
            _sign_in_otherwise(client, target)
            return
        # smtplib's own PLAIN stops at the first character outside ASCII.
        secret = base64.b64encode(f"\0{target.user}\0{target.password}".encode()).decode()
        code, text = client.docmd("AUTH", f"PLAIN {secret}")
        if code not in SIGNED_IN:
            raise smtplib.SMTPAuthenticationError(code, text)

    return sign_in


def access_token(target: SmtpUrl, token: str) -> SignIn:
    """Return what signs in by an access token; it raises TokenRefusedError for a refusal."""
    response = base64.b64encode(xoauth2(target.user, token)).decode("ascii")

    def sign_in(client: smtplib.SMTP) -> None:
        if "XOAUTH2" not in _mechanisms(client):
            raise ProviderError(
                f"{target} does not offer AUTH XOAUTH2; give SMTP_URL a password instead of a token"
            )
        if len(response) < MAX_AUTH_LINE:
            code, text = client.docmd("AUTH", f"XOAUTH2 {response}")
        else:
            code, text = client.docmd("AUTH", "XOAUTH2")
            if code == GO_ON:
                code, text = client.docmd(response)
        if code == GO_ON:
            # The reason comes as a challenge, and the refusal after an empty answer to it.
            code, text = client.docmd("")
        if code in SIGNED_IN:
            return
        if 400 <= code < 500:  # noqa: PLR2004 - RFC 4954 section 6: not now
            raise smtplib.SMTPAuthenticationError(code, text)
        said = " ".join(text.decode("utf-8", "replace").split())
        raise TokenRefusedError(f"{target} refuses the access token ({code} {said})")

    return sign_in


def _mechanisms(client: smtplib.SMTP) -> list[str]:
    return client.esmtp_features.get("auth", "").upper().split()


def _sign_in_otherwise(client: smtplib.SMTP, target: SmtpUrl) -> None:
    try:
        client.login(target.user, target.password)
    except UnicodeEncodeError:
        # The error's own text would show the letter.
        raise ProviderError(
            f"{target} does not offer AUTH PLAIN, and nothing else takes a user or password with "
            "letters outside ASCII; choose another password for SMTP_URL"
        ) from None
    except ValueError:
        raise ProviderError(f"{target} answers AUTH with something that is not SMTP") from None
