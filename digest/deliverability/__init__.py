"""Checks what mailbox providers ask of a sender: SPF, DKIM, DMARC, PTR, MX and the public address.

Comes in: a `SenderConfig` and a `DnsResolver`. Goes out: a `CheckResult` for each thing checked,
with what to do about it. Tests hand in a DNS server of their own.
"""
