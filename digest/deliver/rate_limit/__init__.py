"""How many messages may be handed over when: per second, per day, per recipient domain.

Comes in: limits from the settings and how many messages are due. Goes out: how many may go now,
and when the next may. The state is in the database and holds over all workers.
"""
