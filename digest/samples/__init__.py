"""A week of made-up comparisons and a dozen made-up subscribers, for the demo and for trying out.

The tools don't exist, the sentences are this project's own, and the addresses are on domains
reserved for examples (RFC 2606). No page carries a date, so that they are new on the day they
are imported.
"""

from pathlib import Path

_HERE = Path(__file__).parent


def comparisons() -> Path:
    """A folder for `digest comparisons import`: nine comparisons as page text, HTML and JSON."""
    return _HERE / "comparisons"


def subscribers() -> Path:
    """A CSV file for `digest subscribers import`, with the columns email and first_name."""
    return _HERE / "subscribers.csv"
