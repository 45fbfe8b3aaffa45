"""Pages for editors, on this machine only: an issue as its recipients will see it, and its sending.

Comes in: requests and forms from the loopback address. Goes out: pages, and streams of progress.
"""
