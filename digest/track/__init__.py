"""What comes back after an issue was sent: clicks, opens, provider events, bounces.

Comes in: HTTP requests of mail programs, webhook posts, inbound messages. Goes out: events in the
database, and states of deliveries.
"""
