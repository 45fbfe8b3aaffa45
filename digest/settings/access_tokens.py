"""Reads the settings of access tokens (XOAUTH2), used in place of passwords."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from digest.deliver.access_token import TokenSource
from digest.settings.validators import token_url


class AccessTokenSettings(BaseSettings):
    """For each: a command that prints an access token, or a refresh token and its exchange."""

    bounce_token_command: str = Field(default="", repr=False)
    """A command that prints an access token for the mailbox, in place of its password (XOAUTH2)."""
    bounce_token_url: Annotated[str, AfterValidator(token_url)] = ""
    """Where `bounce_refresh_token` is exchanged for access tokens."""
    bounce_refresh_token: SecretStr = SecretStr("")
    bounce_client_id: str = ""
    bounce_client_secret: SecretStr = SecretStr("")
    bounce_token_scope: str = ""
    smtp_token_command: str = Field(default="", repr=False)
    """The same for the server of `smtp_url`, which then has a user and no password."""
    smtp_token_url: Annotated[str, AfterValidator(token_url)] = ""
    smtp_refresh_token: SecretStr = SecretStr("")
    smtp_client_id: str = ""
    smtp_client_secret: SecretStr = SecretStr("")
    smtp_token_scope: str = ""

    @property
    def bounce_token_source(self) -> TokenSource:
        """Where access tokens for the bounce mailbox come from."""
        return TokenSource(
            self.bounce_token_command,
            self.bounce_token_url,
            self.bounce_client_id,
            self.bounce_client_secret.get_secret_value(),
            self.bounce_refresh_token.get_secret_value(),
            self.bounce_token_scope,
        )

    @property
    def smtp_token_source(self) -> TokenSource:
        """Where access tokens for the SMTP relay come from."""
        return TokenSource(
            self.smtp_token_command,
            self.smtp_token_url,
            self.smtp_client_id,
            self.smtp_client_secret.get_secret_value(),
            self.smtp_refresh_token.get_secret_value(),
            self.smtp_token_scope,
        )

    @model_validator(mode="after")
    def _each_has_one_source(self) -> "AccessTokenSettings":
        _check_source("BOUNCE", self.bounce_token_source)
        _check_source("SMTP", self.smtp_token_source)
        return self


def _check_source(name: str, source: TokenSource) -> None:
    """Raises ValueError where a source lacks something, or where two are named."""
    if source.refresh_token and not (source.url and source.client_id):
        raise ValueError(
            f"DIGEST_{name}_REFRESH_TOKEN needs DIGEST_{name}_TOKEN_URL and "
            f"DIGEST_{name}_CLIENT_ID too"
        )
    if source.refresh_token and source.command:
        raise ValueError(
            f"set either DIGEST_{name}_TOKEN_COMMAND or DIGEST_{name}_REFRESH_TOKEN, not both"
        )
