"""Decide who gets an issue.

Comes in: an issue and a moment. Goes out: the eligible subscribers as a query, and their partition
into batches, with queues of their own for recipient domains that have a rate limit.
"""
