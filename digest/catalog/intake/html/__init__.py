"""Reads a comparison page as HTML.

Comes in: an HTML document as text. Goes out: a `ComparisonPage`, from its visible lines (read like
page text) and its metadata (address, date of publication).
"""
