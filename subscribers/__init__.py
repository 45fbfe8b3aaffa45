"""Subscribers, their consent and preferences, and the addresses that must not be mailed.

Comes in: a session, an address or a subscriber's id, an aware `now`. Goes out: rows, and what
became of a request. It imports nothing of `digest`.

    service             add, find, unsubscribe and erase subscribers
    signup              double opt-in, and coming back after unsubscribing
    rate_counter        counts sign-ups, address changes and proofs of work
    preferences         frequency, topics, pauses, address change, unsubscribe feedback
    consent             the append-only record of consent
    suppression         addresses that must not be mailed; suppression_removal takes them off
    mailable            the condition for being mailed now, as SQL
    tokens, addresses   link tokens; parsing, comparing and hashing addresses
    transfer            CSV in and out
"""
