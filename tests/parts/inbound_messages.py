"""Inbound messages: made after the RFCs' examples and after what mail servers really send."""

from email.message import EmailMessage

TO = "bounces@d.example"
DATE = "Mon, 23 Nov 2026 07:00:00 +0000"


def dsn(
    token: str | None,
    status: str = "5.1.1",
    action: str = "failed",
    told: str = "smtp; 550 5.1.1 no such user",
    *,
    recipient: str = "reader0@example.org",
    to: str = TO,
    headers_only: bool = False,
    more: str = "",
) -> bytes:
    """RFC 3464; with the original message, or its headers alone (RFC 6522)."""
    fields = (
        f"Reporting-MTA: dns; mx.example.net\n\n{more}"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: {told}\n"
    )
    parts = [
        ("text/plain", "I am sorry to have to inform you.\n"),
        ("message/delivery-status", fields),
    ]
    if token is not None:
        original = f"From: digest@d.example\nMessage-ID: <{token}@d.example>\nSubject: Verdicts\n"
        whole = ("message/rfc822", f"{original}\nWords.\n")
        parts.append(("text/rfc822-headers", original) if headers_only else whole)
    head = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: {to}\nDate: {DATE}\n"
        "Subject: Undelivered Mail\nAuto-Submitted: auto-replied\n"
    )
    return _report(head, "delivery-status", parts)


def _report(head: str, kind: str, parts: list[tuple[str, str]]) -> bytes:
    """RFC 6522."""
    body = "".join(f"--=_b\nContent-Type: {name}\n\n{text}\n" for name, text in parts)
    report = (
        f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="=_b"'
    )
    return f"{head}{report}\n\n{body}--=_b--\n".encode()


def arf(token: str | None, feedback: str = "abuse") -> bytes:
    """RFC 5965, addresses redacted as many do."""
    named = f"Message-ID: <{token}@d.example>\n" if token is not None else ""
    head = f"From: feedback@isp.example\nTo: {TO}\nDate: {DATE}\nSubject: FW: Verdicts\n"
    fields = (
        f"Feedback-Type: {feedback}\nUser-Agent: Some/1.0\nVersion: 1\n"
        "Original-Rcpt-To: redacted@example.org\n"
    )
    parts = [
        ("text/plain", "This is an email abuse report.\n"),
        ("message/feedback-report", fields),
        ("message/rfc822", f"From: digest@d.example\nSubject: Verdicts\n{named}\nWords.\n"),
    ]
    return _report(head, "feedback-report", parts)


def qmail(token: str, words: str = "Sorry, no mailbox here by that name. (#5.1.1)") -> bytes:
    """As qmail has written them since 1997."""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: {TO}\nDate: {DATE}\n"
        "Subject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<reader0@example.org>:\n{words}\n\n"
        "--- Below this line is a copy of the message.\n\n"
        "Return-Path: <digest@d.example>\nFrom: digest@d.example\n"
        f"Message-ID: <{token}@d.example>\nSubject: Verdicts\n\nWords.\n"
    ).encode()


def plain(subject: str, words: str = "Hello.", **headers: str) -> bytes:
    """A letter by somebody, or by something."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Date"] = "reader0@example.org", TO, DATE
    letter["Subject"] = subject
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(words)
    return letter.as_bytes()
