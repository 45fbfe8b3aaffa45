"""One recipient's message from an issue's frozen bytes.

Comes in: an edition (frozen bytes and headers) and the values of one recipient. Goes out: the
bytes of a MIME message, quoted-printable, ready for DKIM and SMTP.
"""
