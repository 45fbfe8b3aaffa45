"""Issues: their tables, their states, and queries over them.

Comes in: picks, and state changes that editors and workers ask for. Goes out: rows.
"""
