"""The SMTP provider: RFC 5321 with PIPELINING (RFC 2920) and CHUNKING (RFC 3030).

Comes in: an edition and batches of recipients. Goes out: an outcome for each recipient. `pool`
leads several connections from one thread; none of them ever waits for its own answers.
"""
