"""What readers do by a link: sign up, confirm, change address, vote, unsubscribe.

Comes in: a verified token or a form. Goes out: one transaction that changes the subscriber and
records the proof of it.
"""
