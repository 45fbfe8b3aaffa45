"""Reads a comparison page as plain text, as a browser copies it.

Comes in: lines of text. Goes out: a `ComparisonPage`, or `PageError` with the line. `names` finds
the two tools, `figures` their scores and prices, `quotes` and `scorecard` the reviews.
"""
