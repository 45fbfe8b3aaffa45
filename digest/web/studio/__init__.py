"""Pages for editors, on this machine only: an issue as its recipients will see it.

Comes in: HTTP requests from the loopback address. Goes out: pages about drafts and issues.
"""
