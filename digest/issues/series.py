"""Checks names of series: the issues of one schedule, or those drafted manually."""

from digest.issues.tables import MANUAL_SERIES
from store.errors import UserError


def check_series_name(name: str) -> None:
    """Raise UserError if a schedule can't have this name, since its issues would be others'."""
    if name == MANUAL_SERIES:
        msg = f"{name} is the series of issues drafted manually; take another name"
        raise UserError(msg)
