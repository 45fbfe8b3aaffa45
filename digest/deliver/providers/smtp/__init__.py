"""The SMTP provider: RFC 5321 with PIPELINING (RFC 2920) and CHUNKING (RFC 3030).

Comes in: an edition and batches of recipients. Goes out: an outcome for each recipient.

`provider` keeps connections between runs; `client` opens them; `pool` drives several of them from
one thread; `connection` is the protocol's state machine, which knows no socket.
"""
