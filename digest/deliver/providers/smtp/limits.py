"""Every limit of the SMTP provider in one place, with its unit and its source."""

HANDSHAKE_TIMEOUT = 60.0
"""Seconds for each reply until the first message; whoever waits for them sees nothing happen."""
COMMAND_TIMEOUT = 300.0
"""Seconds for the reply to MAIL, RCPT or DATA: RFC 5321 section 4.5.3.2."""
BODY_TIMEOUT = 600.0
"""Seconds for the reply to a body: RFC 5321 section 4.5.3.2.6.

Giving up on that reply leaves a delivery unknown, so it is as long as the RFC asks for.
"""

MAX_WINDOW = 64
"""Bodies on one connection that wait for a reply (RFC 3030; one with RFC 2920)."""
MAX_IN_FLIGHT_OCTETS = 4_000_000
"""Octets sent since the oldest body without a reply began: bounds what a lost connection leaves
unknown."""
MAX_BACKLOG = 262_144
"""Octets that are composed before the socket takes some: bounds memory."""
COMPOSED_AT_ONCE = 8
"""Messages that are composed together though fewer are sent: alone each takes half more time."""

MAX_REPLY_LINE = 65_536
"""Octets of a line of a reply. RFC 5321 section 4.5.3.1.5 allows 512; servers exceed it."""
MAX_REPLY_LINES = 512
"""Lines of a reply. RFC 5321 sets no limit; without one a server could fill the memory."""
MAX_DETAIL = 400
"""Characters of a reply's text that are kept in an outcome."""

READ_SIZE = 65_536
"""Octets for each read from the socket."""
MAX_READ = 1_048_576
"""Octets read from a TLS socket before they are parsed."""
MAX_BUFFERS = 64
"""Buffers for each `sendmsg`; POSIX guarantees 16 (IOV_MAX), Linux takes 1,024."""

TLS_RECORD = 16_384
"""Octets of a TLS record at most: RFC 8446 section 5.1."""

BUSY_SECONDS = 60.0
"""How long to hold back when a fresh connection refuses its first message; then twice as long..."""
MAX_BUSY_SECONDS = 900.0
"""...up to this."""
MAX_FRESH_REFUSALS = 2
"""Fresh connections on which one message may be the first and refused, before others are tried."""
ACCEPTED_PER_REFUSAL = 50
"""Where more than one in so many is refused, new connections send groups instead of chunks."""
LOSS_DIVISOR = 4
"""By what the largest window is divided whenever bodies in flight are lost."""
MAX_TRIES = 2
"""Connections on which a message may be lost before its body began; then it is deferred."""
MAX_UNANSWERED = 2
"""Connections in a row that may end with bodies unanswered; then the run ends."""
TURN_SECONDS = 0.5
"""How long the pool waits for a socket before it yields to its caller."""
POLL_SECONDS = 0.1
"""How long to wait before asking for batches again when there was none."""
