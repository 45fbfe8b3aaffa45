"""Where bounces arrive: a Maildir or an IMAP folder behind one interface.

Comes in: the address of a mailbox. Goes out: the bytes of unread messages, and marks on those
that were ours.
"""
