"""What DNS says of a sender, asked of a real server: each fault is named, with what to paste."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from digest.deliverability import resolver as module
from digest.deliverability.check_result import CheckResult, Topic
from digest.deliverability.resolver import DnsResolver, open_resolver
from digest.deliverability.sender import SenderConfig, check_sender, provider_verdicts
from tests.parts.servers.dns_server import DnsServer, dns_server
from tests.parts.signatures import ed25519_key, rsa_key

RSA, ED = rsa_key(), ed25519_key()
DOMAIN, HOST, IP = "d.example", "mx.d.example", "192.0.2.25"
PTR = "25.2.0.192.in-addr.arpa"
SENDER = SenderConfig(
    address=f"digest@{DOMAIN}",
    signer=DOMAIN,
    keys=[RSA, ED],
    public_url="https://www.d.example",
    smtp_host=HOST,
)


@pytest.fixture
def zone() -> Iterator[DnsServer]:
    """Everything right for `SENDER`."""
    with dns_server() as server:
        server.text(DOMAIN, "some site verification", "v=spf1 mx include:spf.d.example ~all")
        server.text("spf.d.example", "v=spf1 ip4:192.0.2.0/24 -all")
        for key in (RSA, ED):
            server.text(f"{key.selector}._domainkey.{DOMAIN}", key.record)
        server.text(f"_dmarc.{DOMAIN}", f"v=DMARC1; p=none; rua=mailto:digest@{DOMAIN}")
        server.add(DOMAIN, "MX", f"10 {HOST}.")
        server.add(HOST, "A", IP)
        server.add(PTR, "PTR", f"{HOST}.")
        server.add("www.d.example", "A", IP)
        yield server


@pytest.fixture
def resolver(zone: DnsServer) -> DnsResolver:
    return open_resolver(zone.address)


def ok(_url: str) -> int:
    return 200


def results(
    resolver: DnsResolver, sender: SenderConfig = SENDER, fetch: Callable[[str], int] = ok
) -> list[CheckResult]:
    return check_sender(sender, resolver, fetch)


def the(topic: Topic, found: list[CheckResult]) -> CheckResult:
    return next(one for one in found if one.topic is topic)


def test_nobody_objects_to_a_sender_that_has_everything(resolver: DnsResolver) -> None:
    found = results(resolver)
    assert [one for one in found if one.good is not True] == []
    assert [line for _, line in provider_verdicts(found)] == [
        "Gmail: nothing to object to",
        "Yahoo: nothing to object to",
        "Microsoft: nothing to object to",
    ]


class WrongRecord(NamedTuple):
    """The TXT records at `name` that are wrong, what is said of it and what to do."""

    topic: Topic
    name: str
    records: list[str]
    what: str
    fix: str


WRONG_RECORDS = [
    WrongRecord(
        Topic.SPF,
        DOMAIN,
        [],
        "d.example has no record",
        "paste this TXT record at d.example: v=spf1 mx a:mx.d.example ~all",
    ),
    WrongRecord(Topic.SPF, DOMAIN, ["v=spf1 -all", "v=spf1 mx -all"], "2 records", "join them"),
    WrongRecord(Topic.SPF, DOMAIN, ["v=spf1 mx +all"], "lets everybody send", "~all"),
    WrongRecord(
        Topic.SPF, DOMAIN, ["v=spf1 a mx " + "a:x.d.example " * 9 + "-all"], "more than 10", ""
    ),
    WrongRecord(Topic.SPF, DOMAIN, ["v=spf1 include:d.example -all"], "more than 10 lookups", ""),
    WrongRecord(
        # Each asked for twelve more, and each of those for twelve.
        Topic.SPF,
        DOMAIN,
        ["v=spf1 " + "include:d.example " * 12 + "-all"],
        "more than 10 lookups",
        "",
    ),
    WrongRecord(
        Topic.DKIM,
        f"{RSA.selector}._domainkey.{DOMAIN}",
        [],
        "no key at",
        f"at {RSA.selector}._domainkey.{DOMAIN}: {RSA.record}",
    ),
    WrongRecord(
        Topic.DKIM, f"{RSA.selector}._domainkey.{DOMAIN}", [ED.record], "is not ours", RSA.record
    ),
    WrongRecord(
        Topic.DKIM, f"{RSA.selector}._domainkey.{DOMAIN}", ["v=DKIM1; p="], "is revoked", "selector"
    ),
    WrongRecord(
        Topic.DKIM, f"{RSA.selector}._domainkey.{DOMAIN}", [RSA.record, ED.record], "2 keys", ""
    ),
    WrongRecord(
        Topic.DMARC,
        f"_dmarc.{DOMAIN}",
        [],
        "d.example has no record",
        "at _dmarc.d.example: v=DMARC1; p=none; rua=mailto:digest@d.example",
    ),
    WrongRecord(
        Topic.DMARC, f"_dmarc.{DOMAIN}", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 records", ""
    ),
    WrongRecord(
        Topic.DMARC, f"_dmarc.{DOMAIN}", ["v=DMARC1; rua=mailto:x@d.example"], "no policy", "paste"
    ),
]


@pytest.mark.parametrize("fault", WRONG_RECORDS, ids=lambda one: f"{one.topic}: {one.what}")
def test_a_wrong_record_is_named_with_what_to_paste(
    zone: DnsServer, resolver: DnsResolver, fault: WrongRecord
) -> None:
    zone.records.pop((fault.name, "TXT"))
    zone.text(fault.name, *fault.records)
    found = results(resolver)
    assert {one.topic for one in found if one.good is False} == {fault.topic}
    told = next(one for one in found if one.good is False)
    assert fault.what in told.what
    assert fault.fix in told.fix
    lines = provider_verdicts(found)
    assert all(good is False and str(fault.topic) in line for good, line in lines)
    assert [line.split()[0] for _, line in lines] == ["Gmail", "Yahoo", "Microsoft"]


def test_an_address_without_a_name_that_leads_back(zone: DnsServer, resolver: DnsResolver) -> None:
    zone.records[PTR, "PTR"] = ["other.example."]
    zone.records.pop((DOMAIN, "MX"))
    with_ptr = replace(SENDER, smtp_host=HOST)
    found = results(resolver, with_ptr)
    assert the(Topic.PTR, found).good is False
    assert "is called other.example, which does not lead back" in the(Topic.PTR, found).what
    assert the(Topic.MX, found).good is False
    lines = provider_verdicts(found)
    assert [good for good, _ in lines] == [False, False, True], "Microsoft does not ask for it"


def test_a_relay_of_others_may_send_from_elsewhere(zone: DnsServer, resolver: DnsResolver) -> None:
    zone.add("smtp.relay.example", "A", "198.51.100.7")
    found = results(resolver, replace(SENDER, smtp_host="smtp.relay.example"))
    assert the(Topic.PTR, found).good is None


@pytest.mark.parametrize(
    ("host", "record"),
    [
        ("9.9.9.9", "v=spf1 mx ip4:9.9.9.9 ~all"),
        ("2620:fe::fe", "v=spf1 mx ip6:2620:fe::fe ~all"),
        ("10.0.0.5", "v=spf1 mx ~all"),
        ("localhost", "v=spf1 mx ~all"),
    ],
)
def test_a_relay_named_by_its_address_is_proposed_as_one(
    zone: DnsServer, resolver: DnsResolver, host: str, record: str
) -> None:
    zone.records.pop((DOMAIN, "TXT"))
    found = the(Topic.SPF, results(resolver, replace(SENDER, smtp_host=host)))
    assert found.fix.endswith(f"at {DOMAIN}: {record}")


@pytest.mark.parametrize(
    ("address", "host", "good"),
    [
        ("digest@shop.co.uk", "mx.shop.co.uk", False),
        ("digest@news.shop.co.uk", "mx.shop.co.uk", False),
        ("digest@shop.co.uk", "smtp.relay.co.uk", None),
        ("digest@mine.github.io", "smtp.theirs.github.io", None),
    ],
)
def test_a_host_below_the_same_public_suffix_is_not_ours(
    zone: DnsServer, resolver: DnsResolver, address: str, host: str, *, good: bool | None
) -> None:
    zone.add(host, "A", "198.51.100.7")
    found = results(resolver, replace(SENDER, address=address, smtp_host=host))
    assert the(Topic.PTR, found).good is good


def test_dmarc_is_not_asked_of_a_public_suffix(zone: DnsServer, resolver: DnsResolver) -> None:
    zone.text("_dmarc.co.uk", "v=DMARC1; p=reject; rua=mailto:registry@example.org")
    sender = replace(SENDER, address="digest@news.shop.co.uk", signer="shop.co.uk")
    assert the(Topic.DMARC, results(resolver, sender)).what == "news.shop.co.uk has no record"
    asked = [name for name, _ in zone.asked if name.startswith("_dmarc.")]
    assert asked == ["_dmarc.news.shop.co.uk", "_dmarc.shop.co.uk"]


def test_dmarc_of_the_domain_above_holds_for_one_below(
    zone: DnsServer, resolver: DnsResolver
) -> None:
    zone.text("news.d.example", "v=spf1 mx -all")
    below = replace(SENDER, address="digest@news.d.example")
    assert the(Topic.DMARC, results(resolver, below)).what == f"_dmarc.{DOMAIN} says p=none"
    zone.records[f"_dmarc.{DOMAIN}", "TXT"] = ['"v=DMARC1; p=reject; sp=quarantine; adkim=s"']
    strict = the(Topic.DMARC, results(resolver, below))
    assert strict.good is False
    assert "adkim=s" in strict.what


def test_spf_is_asked_of_the_domain_that_bounces_go_to(
    zone: DnsServer, resolver: DnsResolver
) -> None:
    sender = replace(SENDER, bounces="bounces+*@b.example")
    found = results(resolver, sender)
    assert the(Topic.SPF, found).what == "b.example has no record"
    assert [one.good for one in found if one.topic is Topic.MX] == [True, False]
    zone.text("b.example", "v=spf1 mx ~all")
    zone.add("b.example", "MX", f"10 {HOST}.")
    assert [one for one in results(resolver, sender) if one.good is not True] == []


def test_sendgrid_signs_and_bounces_by_names_of_its_own(
    zone: DnsServer, resolver: DnsResolver
) -> None:
    sender = replace(SENDER, sendgrid=True, smtp_host=None, keys=[])
    zone.records.pop((DOMAIN, "TXT"))
    found = results(resolver, sender)
    assert (the(Topic.SPF, found).good, the(Topic.DKIM, found).good) == (None, None)
    assert not any(one.topic is Topic.PTR for one in found)
    zone.text(f"s1._domainkey.{DOMAIN}", RSA.record)
    assert the(Topic.DKIM, results(resolver, sender)).good is True


@pytest.mark.parametrize(
    ("status", "says"), [(301, "redirects"), (502, "answers 502"), (404, "answers 404")]
)
def test_a_public_address_that_does_not_answer(
    resolver: DnsResolver, status: int, says: str
) -> None:
    found = results(resolver, fetch=lambda _: status)
    assert the(Topic.URL, found).good is False
    assert says in the(Topic.URL, found).what


def test_a_public_address_that_nobody_is_at(resolver: DnsResolver) -> None:
    def refused(_url: str) -> int:
        raise ConnectionRefusedError(111, "Connection refused")

    assert "Connection refused" in the(Topic.URL, results(resolver, fetch=refused)).what
    gone = the(Topic.URL, results(resolver, replace(SENDER, public_url="https://gone.example")))
    assert gone.what == "gone.example has no address"


def test_dns_that_is_silent_is_asked_once_and_nothing_is_made_up(
    zone: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.05)
    zone.silent = True
    found = results(open_resolver(zone.address))
    assert {one.good for one in found} == {None}
    assert {name for name, _ in zone.asked} == {DOMAIN}
    assert all("for want of" in line for _, line in provider_verdicts(found))


def test_a_server_that_fails_for_one_name_says_nothing_of_it(
    zone: DnsServer, resolver: DnsResolver
) -> None:
    zone.failing.add(f"_dmarc.{DOMAIN}")
    found = results(resolver)
    assert the(Topic.DMARC, found).good is None
    assert the(Topic.MX, found).good is True


@pytest.mark.parametrize("text", ["nine", "9.9.9.9:99999", "9.9.9.9:x", "example.org"])
def test_a_server_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should look like"):
        open_resolver(text)


def test_a_server_over_ipv6_can_be_named() -> None:
    from digest.deliverability.dns_server import parse_server

    assert parse_server("[2001:db8::1]:5353") == ("2001:db8::1", 5353)
    assert parse_server("2001:db8::1") == ("2001:db8::1", 53)
