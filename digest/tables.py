"""Every table of every room, for what needs the whole schema at once: migrations and tests."""

from sqlmodel import SQLModel

from digest.catalog import tables as catalog
from digest.deliver import tables as deliver
from digest.deliver.transactional import tables as letters
from digest.events import tables as track
from digest.issues import tables as issues
from schedules import tables as schedules
from subscribers import tables as subscribers

ROOMS = (catalog, deliver, letters, issues, track, schedules, subscribers)
"""Importing them is what registers their tables."""

metadata = SQLModel.metadata
