"""Reads comparisons from the JSON form that `docs/json-form.md` describes.

Comes in: JSON text. Goes out: `ComparisonPage` values, or `PageError` with the key and the line.
"""
