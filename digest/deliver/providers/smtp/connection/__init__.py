"""The client side of one SMTP connection, as a state machine that never waits.

Comes in: bytes that a `Transport` read. Goes out: bytes queued on it, and outcomes. It knows no
socket and no clock, so one thread can drive many connections, and tests need no server.

There is a class for each style, and a server gets the fastest that it offers:

- `PlainConnection` (`plain`): every command waits for its reply (RFC 5321).
- `PipelinedConnection` (`pipelined`): a message's MAIL, RCPT and DATA travel with the body of the
  one before it (RFC 2920).
- `ChunkedConnection` (`chunked`): bodies wait for no permission, and several are in flight at
  once (RFC 3030 BDAT).
"""
