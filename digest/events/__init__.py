"""The event table and its writer: append-only facts about deliveries.

Comes in: facts, each with an id that deduplicates it. Goes out: rows. Below `track` and `readers`,
which both write events.
"""
