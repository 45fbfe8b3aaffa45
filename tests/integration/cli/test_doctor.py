"""digest doctor: what it says of settings, DNS records, keys and the sender."""

import re
import threading
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

from digest.web.server import server_of
from tests.integration.cli.conftest import Run
from tests.parts.output import one_line
from tests.parts.servers.dns_server import dns_server
from tests.parts.signatures import ed25519_key, keep_key


def test_the_doctor_notes_a_setting_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROVIDR", "smtp")
    got = run("doctor")
    assert got.status == 0
    assert "note DIGEST_PROVIDR is no setting" in got.out


def test_the_doctor_says_which_record_belongs_into_the_dns(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = home / "dkim.pem"
    keep_key(pem, ed25519_key())
    monkeypatch.setenv("DIGEST_SENDER", "V <digest@d.example>")
    monkeypatch.setenv("DIGEST_DKIM_SELECTOR", "e2026")
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", str(pem))
    pem.chmod(0o644)
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        zone.text("e2026._domainkey.d.example", ed25519_key().record)
        got = run("doctor")
    assert got.status == 0, "what goes into the outbox needs no record yet"
    assert "ok   DKIM: the key at e2026._domainkey.d.example is ours" in got.out
    assert (
        "note SPF: d.example has no record; paste this TXT record at d.example: v=spf1" in got.out
    )
    assert "note Microsoft would object to SPF (d.example has no record), DMARC (" in got.out
    assert f"at e2026._domainkey.d.example: {ed25519_key().record}\n" in got.out
    assert f"note DKIM: everybody on this machine can read {pem}" in got.out
    assert "PRIVATE" not in got.out


def test_the_doctor_refuses_real_mail_that_would_be_refused(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SENDER": "V <digest@d.example>",
        "PROVIDER": "smtp",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "POSTAL_ADDRESS": "1 Road, Town",
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "https://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        got = run("doctor")
    assert got.status == 1
    assert "BAD  DMARC: d.example has no record; paste this TXT record at _dmarc.d.exam" in got.out
    assert "BAD  Gmail would object to SPF (" in got.out
    assert "note PTR: 127.0.0.1 is on a private network" in got.out
    assert got.out.count("DKIM: mail is not signed here") == 1, "it is said once"
    assert "see that the relay signs it, or set DIGEST_DKIM_*" in got.out
    assert "at d.example: v=spf1 mx ~all" in got.out, "a relay on this machine has no name there"
    assert one_line(got.err)


def test_the_doctor_says_what_it_could_not_ask(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.deliverability.resolver.TIMEOUT_SECONDS", 0.05)
    monkeypatch.setenv("DIGEST_SENDER", "V <digest@d.example>")
    with dns_server() as zone:
        zone.silent = True
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        got = run("doctor")
    assert got.status == 0
    assert "note SPF: not checked, since DNS did not answer" in got.out
    assert "note Gmail: can't say, for want of SPF, DKIM, DMARC" in got.out


def test_a_dns_server_that_is_none_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DNS_SERVER", "nine")
    got = run("doctor")
    assert got.status == 1
    assert got.err == "DIGEST_DNS_SERVER: should look like 9.9.9.9 or 127.0.0.1:5353\n"


def test_a_key_that_can_not_sign_is_told_before_anything_is_sent(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DKIM_SELECTOR", "e2026")
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", "gone.pem")
    got = run("doctor")
    assert got.status == 1
    assert "BAD  DIGEST_DKIM_KEY_FILE: gone.pem: No such file or directory" in got.out

    monkeypatch.setenv("DIGEST_PROVIDER", "smtp")
    monkeypatch.setenv("DIGEST_SMTP_URL", "smtp://localhost:25")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_SECRET_KEY", "x" * 40)
    got = run("issue", "list")
    assert got.status == 1
    assert got.err.splitlines() == ["DIGEST_DKIM_KEY_FILE: gone.pem: No such file or directory"]


@pytest.mark.parametrize(
    ("public_url", "named", "says"),
    [
        ("https://127.0.0.1:9", None, True),
        ("https://127.0.0.1:9", "172.18.0.1", False),
        ("http://localhost:8000", None, False),
    ],
    ids=["a proxy that nobody named", "a named one", "no proxy"],
)
def test_the_doctor_says_that_a_proxy_in_front_is_not_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, public_url: str, named: str | None, *, says: bool
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    monkeypatch.setenv("DIGEST_PUBLIC_URL", public_url)
    if named:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", named)
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        got = run("doctor")
    assert ("note proxy: FORWARDED_ALLOW_IPS is not set; behind a proxy" in got.out) is says


def test_a_proxy_that_the_file_of_settings_names_is_known_and_trusted(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    monkeypatch.setenv("DIGEST_PUBLIC_URL", "https://127.0.0.1:9")
    (home / ".env").write_text("FORWARDED_ALLOW_IPS=172.18.0.0/16\n", encoding="utf-8")
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        assert "FORWARDED_ALLOW_IPS is not set" not in run("doctor").out
    server = server_of(lambda *_: None, threading.Event())  # type: ignore[arg-type,misc]
    assert server.config.forwarded_allow_ips == "172.18.0.0/16"


def test_compose_and_the_example_name_the_proxy_and_nobody_else_reaches_the_port() -> None:
    root = Path(__file__).resolve().parents[3]
    example = (root / ".env.example").read_text(encoding="utf-8")
    assert re.search(r"^# FORWARDED_ALLOW_IPS=\S", example, re.MULTILINE)
    compose = (root / "compose.yaml").read_text(encoding="utf-8")
    found = re.search(r"FORWARDED_ALLOW_IPS: \$\{FORWARDED_ALLOW_IPS:-(\S+)\}", compose)
    assert found
    trusted = [ip_network(one) for one in found[1].split(",")]
    bridge = ip_address("172.18.0.1")
    assert any(bridge in one for one in trusted), "Docker's own networks"
    assert all(one.is_private for one in trusted)
    ports = {
        name: one["ports"]
        for name, one in yaml.safe_load(compose)["services"].items()
        if "ports" in one
    }
    assert ports == {"proxy": ["80:80", "443:443", "443:443/udp"]}
