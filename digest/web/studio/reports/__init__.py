"""Pages on what came of an issue, and of the last ones.

Comes in: requests. Goes out: pages with tables and SVG plots, CSV files, the mail with its clicks.
"""
