"""What SendGrid's v3 mail/send refuses: the documented limits, and its OpenAPI description.

The description lets unknown fields and reserved headers pass,
so the limits are checked here by hand as well. A fault is (message, field).
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "sendgrid-mail-v3.json"
MOST_BYTES = 30_000_000
ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")

TOP = frozenset(
    (
        *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content"),
        *("attachments", "template_id", "headers", "categories", "custom_args", "send_at"),
        *("batch_id", "asm", "ip_pool_name", "mail_settings", "tracking_settings"),
    )
)
PERSONALIZATION = frozenset(
    (
        *("from", "to", "cc", "bcc", "subject", "headers", "substitutions"),
        *("dynamic_template_data", "custom_args", "send_at"),
    )
)
RESERVED_HEADERS = frozenset(
    (
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type"),
        *("content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc"),
    )
)
TRACKING = {
    "click_tracking": {"enable", "enable_text"},
    "open_tracking": {"enable", "substitution_tag"},
    "subscription_tracking": {"enable", "text", "html", "substitution_tag"},
    "ganalytics": {
        *("enable", "utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign")
    },
}

Violation = tuple[str, str | None]


def find_violations(body: Any) -> list[Violation]:
    """Every rule that the request breaks, in the order of its fields."""
    if not isinstance(body, dict):
        return [("The JSON payload is not an object.", None)]
    faults = [fault for rule in RULES for fault in rule(body)]
    return faults or list(_against_description(body))


def _fields(body: dict[str, Any]) -> Iterator[Violation]:
    for name in body.keys() - TOP:
        yield f"{name} is not a field of this request.", name
    if not body.get("subject"):
        yield "The subject is required.", "subject"
    for name in ("from", "reply_to"):
        if name in body or name == "from":
            yield from _mailbox(body.get(name), name)
    for part, known in TRACKING.items():
        for name in body.get("tracking_settings", {}).get(part, {}).keys() - known:
            yield f"{name} is not a field of {part}.", f"tracking_settings.{part}"
    categories = body.get("categories", [])
    if len(categories) > 10 or len(set(categories)) != len(categories):
        yield "At most 10 categories, each once.", "categories"


def _content(body: dict[str, Any]) -> Iterator[Violation]:
    content = body.get("content") or []
    if not content:
        yield "The content is required.", "content"
    for place, part in enumerate(content):
        if not isinstance(part.get("value"), str) or not part["value"]:
            yield (
                "The content value must be a string of at least one character.",
                (f"content.{place}.value"),
            )
    order = ["text/plain", "text/html"]
    kinds = [part.get("type") for part in content]
    if kinds != sorted(kinds, key=lambda kind: order.index(kind) if kind in order else 2):
        yield "If present, text/plain must come first, followed by text/html.", "content"


def _personalizations(body: dict[str, Any]) -> Iterator[Violation]:
    all_of_them = body.get("personalizations") or []
    if not 1 <= len(all_of_them) <= 1_000:
        yield f"1 to 1000 personalizations, not {len(all_of_them)}.", "personalizations"
    seen: set[str] = set()
    for place, one in enumerate(all_of_them):
        where = f"personalizations.{place}"
        for name in one.keys() - PERSONALIZATION:
            yield f"{name} is not a field of a personalization.", f"{where}.{name}"
        people = one.get("to") or []
        if not people:
            yield "The to array is required for all personalization objects.", f"{where}.to"
        for position, person in enumerate(people):
            yield from _mailbox(person, f"{where}.to.{position}")
            email = str(person.get("email")).lower()
            if email in seen:
                yield f"{email} is included more than once.", "personalizations"
            seen.add(email)
        yield from _headers(one.get("headers", {}), f"{where}.headers")
        yield from _substitutions(one.get("substitutions", {}), f"{where}.substitutions")
        if len(json.dumps(one.get("custom_args", {}))) > 10_000:
            yield "custom_args exceed 10000 bytes.", f"{where}.custom_args"


def _headers(headers: dict[str, Any], where: str) -> Iterator[Violation]:
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS:
            yield f"The header {name} can't be overridden.", where
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            yield f"The header {name} must be a line of ASCII.", where


def _substitutions(substitutions: dict[str, Any], where: str) -> Iterator[Violation]:
    size = 0
    for tag, value in substitutions.items():
        if re.search(r"[\s<>&]", tag):
            yield f"The substitution tag {tag!r} holds a space or one of <>&.", where
        if not isinstance(value, str):
            yield "The substitution values must be strings.", where
        size += len(tag.encode()) + len(str(value).encode())
    if size > 10_000:
        yield "The substitutions exceed 10000 bytes.", where


def _mailbox(mailbox: Any, where: str) -> Iterator[Violation]:
    if not isinstance(mailbox, dict) or mailbox.keys() - {"email", "name"}:
        yield "An email object has an email and perhaps a name.", where
    elif not ADDRESS.fullmatch(str(mailbox.get("email"))):
        yield "Does not contain a valid address.", f"{where}.email"


def _against_description(body: dict[str, Any]) -> Iterator[Violation]:
    validator = _description()
    if validator:
        for error in validator.iter_errors(body):
            yield error.message[:200], ".".join(map(str, error.absolute_path))


@lru_cache
def _description() -> Draft202012Validator | None:
    if not SPEC.exists():
        return None
    request = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    return Draft202012Validator({**json.loads(SPEC.read_text("utf-8")), "$ref": request})


RULES: tuple[Callable[[dict[str, Any]], Iterator[Violation]], ...] = (
    _fields,
    _content,
    _personalizations,
)
