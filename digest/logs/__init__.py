"""Writes logs: in words or as JSON, with a request's id, and without addresses or tokens.

Comes in: records of the standard library's logging. Goes out: lines on stderr, and faults to a
Sentry-compatible service where one is set.
"""
