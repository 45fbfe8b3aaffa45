"""The bounce mailbox: what mail servers and readers write back to us.

Comes in: inbound messages of a Maildir or an IMAP folder. Goes out: delivery events and
unsubscribes in the database; messages of ours marked, all others untouched.
"""
