"""Keeps which backups were made on schedule, by which worker, and what came of each.

Comes in: what a worker begins and ends (`digest.backups.scheduled`). Goes out: whether one is due,
which failed, and which files are too many.
"""
