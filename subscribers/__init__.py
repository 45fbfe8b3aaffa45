"""Who reads: subscribers, their consent, and the addresses that must not be mailed.

Stands alone: it imports nothing of `digest`. Time comes in as an aware `now`.
"""
