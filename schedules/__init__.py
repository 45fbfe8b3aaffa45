"""Schedules: rules in time, their due times, and the runs that they set off.

Comes in: a session, an aware `now`, and the action that a due time sets off. Goes out: rows of
runs, and what became of them. It imports nothing of `digest`.

    cron            parses a cron rule            recurrence   computes due times in a time zone
    skipped_dates   dates on which it rests       timetable    reads a schedule's row as due times
    properties      what a schedule can be given  words        says rules and moments plainly
    registry        adds, changes, pauses         runs         claims a due time, which is unique
    runner          one tick                      manual_run   a run that an editor starts
    scheduler       the process that ticks        tables       schedule and run
"""
