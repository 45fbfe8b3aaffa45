"""Who gets an issue.

Comes in: an issue and a moment. Goes out: conditions that select the eligible subscribers, and
their partition into queues by recipient domain.
"""
