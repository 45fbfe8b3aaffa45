"""What came of the issues, for their editors: one issue, and all of them over time.

Comes in: events, deliveries, votes, consents, links. Goes out: counts, and figures to show as a
table, a plot, CSV or bars in a terminal. People and machines are always apart. Nothing is written
but by `keep`, which keeps the figures of issues that were quiet for a while.
"""
