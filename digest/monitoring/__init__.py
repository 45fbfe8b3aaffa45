"""Tells how the whole installation does: processes, schedules, sources, sending, mail, disk.

Comes in: the database and its disk. Goes out: a status for `digest status`, with what needs a
person; figures for `/metrics`; Prometheus' alert rules and Grafana's dashboard (`files/`).
"""
