"""Sample data for the demo: a week of made-up comparisons and a dozen made-up subscribers.

The tools don't exist, the sentences are this project's own, and the addresses are on domains
reserved for examples (RFC 2606). No page carries a date, so they count as new on the day they
are imported.
"""

from pathlib import Path

_HERE = Path(__file__).parent


def comparisons() -> Path:
    """Return a folder for `digest comparisons import`: nine comparisons as text, HTML and JSON."""
    return _HERE / "comparisons"


def subscribers() -> Path:
    """Return a CSV file for `digest subscribers import`, with columns email and first_name."""
    return _HERE / "subscribers.csv"
