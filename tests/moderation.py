"""A decision on a report as it stands, for tests of something else."""

from typing import Any
from uuid import UUID

from mapping.services import moderation
from mapping.store.database import Database
from mapping.store.reports import StoredReport


async def moderate_report(database: Database, slug: str, report_id: UUID, action: str, **who: Any) -> StoredReport:
    """Read the report, then publish, hide or reject what was read."""
    read = await moderation.report_as_read(database, slug, report_id)
    return await moderation.moderate_report(database, slug, report_id, action, revision=read.revision, **who)
