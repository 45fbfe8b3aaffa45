"""Decide who gets an issue.

Comes in: an issue and a moment. Goes out: the eligible subscribers as a query, and their partition
into batches, with a queue for each recipient domain that has a rate limit.
"""
