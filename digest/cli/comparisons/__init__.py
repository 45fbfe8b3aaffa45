"""digest comparisons: import, list, show, hide, correct and pin comparison pages.

Comes in: files, pages on stdin, slugs and fields as they were typed. Goes out: what was kept,
changed or refused, a line each, or JSON.
"""

from digest.cli.comparisons.commands import app

__all__ = ["app"]
