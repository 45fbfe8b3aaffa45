"""Settings: a wrong one is named at the start, with what it should look like."""

from pathlib import Path

import pytest

from digest.settings import SettingsError, read_settings
from digest.settings.dotenv_file import MAX_DOTENV
from digest.startup_checks import MOST_NAMED, unknown_settings

SECRET = "x" * 40


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No .env and no DIGEST_ variable of the machine's reaches these tests."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_everything_has_a_default_for_trying_it_out(nowhere: Path) -> None:
    settings = read_settings()
    assert settings.provider == "outbox"
    assert len(settings.secrets[0]) == 64
    assert read_settings().secrets == settings.secrets, "the secret made first is kept"
    assert (nowhere / "var" / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "foo", "DIGEST_DATABASE_URL: should look like sqlite:///var/digest.db or"),
        ("DATABASE_URL", "/var/digest.db", "should look like sqlite:///var/digest.db or"),
        ("DATABASE_URL", "mysql://u:passw0rd@h/x", "postgresql://user:password@host/name"),
        ("PUBLIC_URL", "digest.example.org", "https://digest.example.org"),
        ("PUBLIC_URL", "http://digest.example.org", "needs https://"),
        ("SENDER", "digest@example.org", "Weekly Verdicts <digest@example.org>"),
        ("SENDER", "Eve\nBcc: x <a@b.example>", "Weekly Verdicts"),
        ("LIST_NAME", "A\r\nBcc: evil@x.example", "one line"),
        ("LIST_NAME", "n" * 2000, "at most 100"),
        ("PROVIDER", "pigeon", "'outbox', 'smtp' or 'sendgrid'"),
        ("SECRET_KEY", "short", "at least 32"),
        ("SMTP_URL", "mail.example.org", "smtp://user:password@mail.example.com:587"),
        ("SENDGRID_WEBHOOK_KEY", "SG.xxxx", "should look like MFkwEwYHKoZIzj0CAQYI"),
        ("BOUNCE_MAILBOX", "pop3://h/", "should look like maildir:///var/mail/bounces"),
        ("BOUNCE_ADDRESS", "bounces@example.org", "DIGEST_BOUNCE_MAILBOX is missing"),
        ("BOUNCE_ADDRESS", "b*s@example.org", "should look like bounces@example.org or"),
        ("BOUNCE_ADDRESS", "b-*@example.org", "bounces+*@example.org"),
        ("BOUNCE_ADDRESS", "bounces+*", "a mail address"),
        ("BOUNCE_ADDRESS", "b" * 41 + "+*@example.org", "more than 40 characters"),
        ("RATE_LIMIT", "-1", "look like 20, 20/s, 30/min, 500/hour, 5000/day or 20/s 5000/day"),
        ("RATE_LIMIT", "nan", "20/s 5000/day"),
        ("RATE_LIMIT", "20/s 30/s", "20/s 5000/day"),
        ("RATE_LIMIT", "5000/week", "20/s 5000/day"),
        ("RATE_LIMIT", "0/day", "20/s 5000/day"),
        ("DOMAIN_LIMITS", "gmail.com 20/s", "gmail.com=20/s 50000/day, yahoo.com=5/s"),
        ("DOMAIN_LIMITS", "gmail.com=fast", "the limit of gmail.com should look like 20"),
        ("DOMAIN_LIMITS", "gmail=5", "gmail is no domain"),
        ("DOMAIN_LIMITS", "gmail.com=5, GMAIL.com=6", "gmail.com is named twice"),
        ("RETENTION_DAYS", "-1", "greater than or equal to 0"),
        ("RETENTION_DAYS", "36501", "less than or equal to 36500"),
        ("RETENTION_DAYS", "a year", "valid integer"),
        ("PENDING_DAYS", "999999999", "less than or equal to 36500"),
        ("WARM_UP", "200 x1.5", "2026-12-01 200 x1.5"),
        ("WARM_UP", "2026-13-01 200 x1.5", "2026-13-01 is no date"),
        ("WARM_UP", "2026-12-01 0 x1.5", "at least 1 a day"),
        ("WARM_UP", "2026-12-01 200 x1", "to grow"),
        ("DKIM_SELECTOR", "s 1", "s2026"),
        ("DKIM_SELECTOR", "s1;v", "s2026"),
        ("DKIM_SELECTOR", "s1,s1", "s2026"),
        ("DKIM_SELECTOR", "s1", "DIGEST_DKIM_KEY_FILE name a selector and a PEM file"),
        ("DKIM_KEY_FILE", "a.pem,b.pem", "DIGEST_DKIM_KEY_FILE name a selector and a PEM file"),
        ("DKIM_DOMAIN", "elsewhere.example", "should be localhost, the sender's domain"),
        ("DKIM_DOMAIN", "d..example", "DIGEST_DKIM_DOMAIN"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_look_like(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    if name == "SMTP_URL":
        monkeypatch.setenv("DIGEST_PROVIDER", "smtp")
    monkeypatch.setenv(f"DIGEST_{name}", value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert f"DIGEST_{name}" in str(refused.value)
    assert says in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_real_provider_needs_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER", "smtp")
    with pytest.raises(SettingsError, match="DIGEST_SMTP_URL is missing"):
        read_settings()
    monkeypatch.setenv("DIGEST_SMTP_URL", "smtp://localhost:25")
    with pytest.raises(SettingsError, match="DIGEST_POSTAL_ADDRESS is missing"):
        read_settings()
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    with pytest.raises(SettingsError, match="DIGEST_SECRET_KEY is missing"):
        read_settings()
    monkeypatch.setenv("DIGEST_SECRET_KEY", SECRET)
    assert read_settings().secrets == [SECRET]


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", SECRET)
    monkeypatch.setenv("DIGEST_SENDGRID_API_KEY", "SG.hidden.hidden")
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://u:passw0rd@localhost/x")
    shown = repr(read_settings())
    assert "passw0rd" not in shown
    assert SECRET not in shown
    assert "hidden" not in shown


def test_keys_go_by_their_selectors_and_the_domain_is_the_sender_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGEST_SENDER", "V <digest@mail.bücher.example>")
    monkeypatch.setenv("DIGEST_DKIM_SELECTOR", "r2026, e2026")
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", "/keys/r.pem, /keys/e.pem")
    settings = read_settings()
    assert settings.dkim_files == {"r2026": Path("/keys/r.pem"), "e2026": Path("/keys/e.pem")}
    assert settings.signing_domain == "mail.xn--bcher-kva.example"
    monkeypatch.setenv("DIGEST_DKIM_DOMAIN", "bücher.example")
    assert read_settings().signing_domain == "xn--bcher-kva.example"


def test_mail_is_not_signed_unless_a_key_is_set() -> None:
    assert read_settings().dkim_files == {}


def test_a_file_of_settings_of_any_size_is_refused_before_it_is_parsed(
    nowhere: Path,
) -> None:
    (nowhere / ".env").write_text("x\n" * (MAX_DOTENV // 2 + 1))
    with pytest.raises(SettingsError, match="65,538 bytes, expected 65,536 at most"):
        read_settings()


def test_of_very_many_misspelt_names_some_are_named_and_the_others_counted(nowhere: Path) -> None:
    (nowhere / ".env").write_text("".join(f"DIGEST_SENDR{n:03}=x\n" for n in range(500)))
    lines = unknown_settings({"DIGEST_" + "A" * 100_000: "x"})
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == "481 more names are no settings of this version"
    assert max(map(len, lines)) < 200
