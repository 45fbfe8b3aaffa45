"""digest schedule: rules in time.

Comes in: names, rules, dates and numbers as they were typed. Goes out: what the schedule says now,
in plain words, or JSON.
"""

from digest.cli.schedule.commands import app

__all__ = ["app"]
