"""Describes other tools' exports: which tool wrote a file, and what its columns mean.

Comes in: a header row and cells. Goes out: an `ImportFormat`, the role of each column, statuses.
"""
