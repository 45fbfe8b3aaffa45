"""Limit how fast mail goes out: per second, per day, per recipient domain, and by a warm-up.

Comes in: limits from the settings, and how many messages are due. Goes out: how many may go now,
and when the next may. The state is in the database and holds over all workers.
"""
