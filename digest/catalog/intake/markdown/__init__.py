"""Reads a comparison page as Markdown.

Comes in: CommonMark with tables, perhaps with front matter. Goes out: a `ComparisonPage`, from its
visible lines (read like page text) and its front matter (address, date of publication).
"""
