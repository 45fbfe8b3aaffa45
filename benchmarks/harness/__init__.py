"""Runs cases, takes the spread of their figures and holds their ratios against the kept ones.

In come cases (`case`) and the figures kept in `benchmarks/kept.json`; out go a table on standard
output, that file, and the part of `docs/performance.md` that is written from it. Nothing here knows
what is measured.
"""
