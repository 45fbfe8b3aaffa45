"""Words why a sending is held: what the provider said, how often, and what to do about it."""

from digest.deliver.bounce_policy.failure import Cause
from digest.deliver.circuit_breaker import Trip

_HINTS = {
    Cause.RELAYING: (
        "it does not take mail for others from us: look at host, user and password in SMTP_URL, or "
        "let it know this machine"
    ),
    Cause.AUTHENTICATION: (
        "look at user and password in SMTP_URL, and at SPF, DKIM and DMARC: digest doctor"
    ),
    Cause.SENDER_ADDRESS: "it does not accept SENDER: verify the address or its domain there",
    Cause.RATE: (
        "a limit of the provider is reached: go on when it has passed, and set RATE_LIMIT below "
        "it, like 500/hour"
    ),
    Cause.SIZE: "the message is too large for it: shorten the issue, or use another provider",
    Cause.BLOCKLIST: "this machine or the domain is on a blocklist: take it off first",
    Cause.CONTENT: "it refuses what the message says: digest issue check shows findings",
}
_SENDGRID_HINTS = {
    Cause.AUTHENTICATION: (
        "look at SENDGRID_API_KEY (it needs the permission Mail Send) and SENDGRID_HOST (accounts "
        "in the EU have their own): digest doctor"
    ),
    Cause.PROTOCOL: (
        "change what the words name; where they are not SendGrid's, look at SENDGRID_HOST"
    ),
}
_DEAD = frozenset({Cause.NO_MAILBOX, Cause.NO_DOMAIN, Cause.BAD_ADDRESS, Cause.DISABLED})
_DEAD_HINT = "is this the right server? If these addresses are dead indeed"
_OTHER_HINT = "ask who runs it what that means"


def hold_reason(provider: str, trip: Trip) -> str:
    """Return one line for people: the words, and what to do before going on."""
    rejected = trip.rejected
    said = f"{rejected.code} {rejected.detail}".strip()
    at = f" (in answer to {rejected.stage.value.upper()})" if rejected.stage else ""
    times = f"{trip.count} messages" if trip.count > 1 else "a message"
    who = {"smtp": "the server", "sendgrid": "SendGrid"}.get(provider, provider)
    return f"{who} refused {times}: {said}{at}; {hint(rejected.failure.cause, provider)}"


def hint(cause: Cause, provider: str = "smtp") -> str:
    """Return what to do where a provider refuses for this cause."""
    if provider == "sendgrid" and cause in _SENDGRID_HINTS:
        return _SENDGRID_HINTS[cause]
    if cause in _DEAD:
        return _DEAD_HINT + ", count them: digest issue resume N --accept-refusals"
    return _HINTS.get(cause, _OTHER_HINT)
