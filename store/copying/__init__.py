"""Copies every table from one database to another, row by row, and compares what came.

Comes in: two open databases whose tables are the same. Goes out: the rows of the one in the other,
where its sequences stand, and a fingerprint of each table. A row is held at a time, so memory
stays flat however many there are.
"""
