"""The places where text of other mail servers and of the provider comes in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import Stage as Command
from digest.deliver.providers.smtp.reply import queue_id, read_reply
from digest.deliver.providers.smtp.reply_parser import ReplyParser
from digest.track.bounces.parse import parse_inbound_message
from digest.track.provider_events.sendgrid import parse_webhook
from subscribers.tokens import Tokens

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = "a secret of the benchmark that is long enough"
Entrance = Callable[[str], object]
REPORT = (
    "From: MAILER-DAEMON@mx.example\nTo: bounces@d.example\nSubject: {subject}\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\n{words}\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    "Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; {code}\n\n--b\nContent-Type: message/rfc822\n\n{original}\n--b--\n"
)
USUAL = {
    "subject": "Undelivered",
    "words": "sorry",
    "recipient": "a@b.example",
    "code": "550 5.1.1 no such user",
    "original": "Message-ID: <x@y>\n\nx",
}


def mail() -> dict[str, Entrance]:
    """Return each entrance, by what comes in there."""
    return _bounces() | _events() | _replies()


def _bounces() -> dict[str, Entrance]:
    def shaped(shape: Callable[[str], str]) -> Entrance:
        return lambda text: parse_inbound_message(shape(text).encode("utf-8", "replace"))

    def report(part: str) -> Entrance:
        return shaped(lambda text: REPORT.format(**{**USUAL, part: text}))

    return {
        **{f"bounce: {part}": report(part) for part in USUAL},
        "bounce: a header": shaped(
            lambda text: f"Subject: x\nContent-Type: text/plain;{text}\n\nx"
        ),
        "bounce: a letter": shaped(
            lambda text: f"From: {text[:400_000]}\nSubject: {text[:400_000]}\n\n{text}"
        ),
        "bounce: raw": shaped(str),
    }


def _events() -> dict[str, Entrance]:

    tokens = Tokens([SECRET])

    def every_field(text: str) -> object:
        one = {"event": "bounce", "email": text, "reason": text, "status": text, "type": text}
        body = json.dumps([{**one, "sg_event_id": text, "timestamp": 1, "sg_message_id": text}])
        return parse_webhook(body.encode(), tokens, NOW)

    return {
        "event: every field": every_field,
        "event: raw": lambda text: parse_webhook(text.encode("utf-8", "replace"), tokens, NOW),
    }


def _replies() -> dict[str, Entrance]:

    def reply(text: str) -> object:
        raw = text.encode("utf-8", "replace")
        queue_id(raw)
        ReplyParser().feed(b"250-" + raw)
        return str(read_reply(Command.MAIL, 550, raw))

    return {
        "SMTP: a reply": reply,
        "SMTP: a reply, classified": lambda text: classify_reply("550 5.1.1 " + text, None),
    }
