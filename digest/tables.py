"""Registers the tables of every room, for migrations and tests, which need the whole schema."""

from sqlmodel import SQLModel

from digest.backup_runs import tables as backup_runs
from digest.catalog import tables as catalog
from digest.deliver import tables as deliver
from digest.deliver.transactional import tables as letters
from digest.editors import tables as editors
from digest.events import tables as track
from digest.issues import tables as issues
from digest.issues.revisions import tables as revisions
from digest.monitoring import tables as monitoring
from digest.sources import tables as sources
from digest.track.bounces import tables as bounces
from schedules import tables as schedules
from store.base import complete_partial_indexes
from subscribers import tables as subscribers

ROOMS = (
    backup_runs,
    bounces,
    catalog,
    deliver,
    editors,
    letters,
    issues,
    monitoring,
    revisions,
    sources,
    track,
    schedules,
    subscribers,
)
"""Importing them is what registers their tables."""

complete_partial_indexes()
metadata = SQLModel.metadata
