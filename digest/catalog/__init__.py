"""Tools and their comparisons: read from pages, stored, and looked up.

Comes in: page text, Markdown, HTML or JSON. Goes out: `ComparisonView` values, scores and trends.
"""
