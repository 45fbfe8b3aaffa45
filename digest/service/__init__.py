"""Runs the product as a service of systemd: units, and telling it of readiness.

Comes in: where the program and its data are. Goes out: unit files, and messages to systemd.
"""
