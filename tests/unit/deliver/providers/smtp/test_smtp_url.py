"""SMTP_URL: what it may say, and how a wrong one is named."""

import pytest

from digest.deliver.providers.smtp.url import SmtpUrl, Tls, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("smtp://mail.example.com", SmtpUrl("mail.example.com", 587)),
        ("smtp://mail.example.com:25/", SmtpUrl("mail.example.com", 25)),
        ("smtps://mail.example.com", SmtpUrl("mail.example.com", 465, Tls.IMPLICIT)),
        ("smtp://[::1]:2525", SmtpUrl("::1", 2525)),
        (
            "smtp://me%40example.com:p%40ss%2Fw%3Ard%25@mail.example.com:2525?starttls=require",
            SmtpUrl("mail.example.com", 2525, Tls.REQUIRE, "me@example.com", "p@ss/w:rd%"),
        ),
        (
            "smtp://mail.example.com?starttls=never&helo=digest.example.com",
            SmtpUrl("mail.example.com", 587, Tls.NEVER, helo="digest.example.com"),
        ),
        ("smtp://mail.example.com?starttls=auto", SmtpUrl("mail.example.com", 587, Tls.AUTO)),
    ],
)
def test_a_url_names_host_port_login_and_tls(url: str, target: SmtpUrl) -> None:
    assert parse_smtp_url(url) == target


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "neither smtp:// nor smtps://"),
        ("mail.example.com:587", "neither smtp:// nor smtps://"),
        ("https://me:secret@mail.example.com", "neither smtp:// nor smtps://"),
        ("smtp://", "host or the port is missing"),
        ("smtp://:587", "host or the port is missing"),
        ("smtp://me:secret@mail.example.com:0", "host or the port is missing"),
        ("smtp://me:secret@mail.example.com:99999", "port is not a number"),
        ("smtp://me:secret@mail.example.com:mail", "port is not a number"),
        ("smtp://me:sec/ret@mail.example.com:587", "%23"),
        ("smtp://me:sec#ret@mail.example.com:587", "%23"),
        ("smtp://me:sec?ret@mail.example.com:587", "port is not a number"),
        ("smtp://secret@mail.example.com", "a user needs a password"),
        ("smtp://:secret@mail.example.com", "a user needs a password"),
        (
            "smtp://me:secret@mail.example.com?tls=yes",
            "only starttls=, helo=, connections=, messages=",
        ),
        ("smtp://me:secret@mail.example.com?starttls=maybe", "require, auto or never"),
        ("smtps://me:secret@mail.example.com?starttls=never", "takes no starttls="),
        ("smtp://me:secret@[mail.example.com", "host is not one"),
        ("smtp://me:secret@mail..example.com", "host is not one"),
        ("smtp://me:secret@mail.example.com?helo=a%0d%0aNOOP", "helo= is this machine's name"),
        ("smtp://me:secret@mail\u2100.example.com", "host is not one"),
    ],
)
def test_a_wrong_url_is_told_in_one_line_that_holds_no_secret(url: str, what: str) -> None:
    with pytest.raises(ValueError, match="should look like smtp://user:password@") as failed:
        parse_smtp_url(url)
    message = str(failed.value)
    assert what in message
    assert "\n" not in message
    assert "sec" not in message
    assert "ret" not in message.replace("secret", "")


def test_a_target_that_is_printed_shows_no_password() -> None:
    target = parse_smtp_url("smtp://me:secret@mail.example.com")

    assert "secret" not in repr(target)
    assert str(target) == "mail.example.com:587"
