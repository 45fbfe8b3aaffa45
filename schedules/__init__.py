"""Schedules: rules in time, their due times, and the runs that they set off.

Comes in: a session, an aware `now`, and the action that a due time sets off. Goes out: rows of
runs, and what became of them. It imports nothing of `digest`.

    cron        parses a cron rule          recurrence   computes due times in a time zone
    registry    adds, finds and updates     runs         claims a due time, which is unique
    runner      one tick                    manual_run   a run that an editor starts
    scheduler   the process that ticks      tables       schedule and run
"""
