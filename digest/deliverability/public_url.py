"""Checks that readers reach the public address, which every link in the mail leads to."""

from collections.abc import Callable
from http.client import HTTPException
from ipaddress import ip_address
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from digest.deliverability.check_result import CheckResult, Topic
from digest.deliverability.resolver import DnsResolver
from store.http import opener
from store.text import printable_line

TIMEOUT_SECONDS = 5.0
OK = 200

Fetch = Callable[[str], int]
"""Returns the HTTP status of a GET without redirects. Raises OSError or HTTPException."""


def fetch(url: str) -> int:
    """Return the HTTP status of a GET, not redirected: one-click unsubscribe may not be.

    RFC 8058 section 3.1. Raises OSError or HTTPException, also where no whole head comes in time.
    """
    try:
        with opener(TIMEOUT_SECONDS).open(url, timeout=TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def check_public_url(url: str, resolver: DnsResolver, fetch: Fetch = fetch) -> CheckResult:
    """Return whether `url` answers, without a redirect. Raises DnsUnavailableError."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or _is_loopback(host):
        what = f"{url} is this machine alone, so readers can't reach it"
        return CheckResult(Topic.URL, None, what, "set DIGEST_PUBLIC_URL to an https address")
    if not resolver.addresses(host):
        what = f"{host} has no address"
        return CheckResult(Topic.URL, False, what, "add an A record, or fix DIGEST_PUBLIC_URL")
    asked = f"{url}/health"
    fix = "see that `digest serve` runs and that the proxy before it leads there"
    try:
        status = fetch(asked)
    except (OSError, HTTPException) as error:
        reason = printable_line(str(error.reason if isinstance(error, URLError) else error))
        return CheckResult(Topic.URL, False, f"{asked} can't be reached: {reason[:200]}", fix)
    if status in range(300, 400):
        what = f"{asked} redirects, and one-click unsubscribe may not"
        return CheckResult(Topic.URL, False, what, "set DIGEST_PUBLIC_URL to where it leads")
    if status != OK:
        return CheckResult(Topic.URL, False, f"{asked} answers {status}", fix)
    return CheckResult(Topic.URL, True, f"{asked} answers")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
