"""Decisions on a report and its photos as they stand, for tests of something else."""

from typing import Any
from uuid import UUID

from mapping.services import moderation
from mapping.services.photos import moderate_photos, photos_to_review
from mapping.store.database import Database
from mapping.store.reports import StoredReport


async def moderate_report(database: Database, slug: str, report_id: UUID, action: str, **who: Any) -> StoredReport:
    """Read the report, then publish, hide or reject what was read."""
    read = await moderation.report_as_read(database, slug, report_id)
    return await moderation.moderate_report(database, slug, report_id, action, revision=read.revision, **who)


async def publish_photos(database: Database, slug: str, report_id: UUID) -> None:
    """Look at every photo of a report, then publish each."""
    for photo, _ in await photos_to_review(database, slug, report_id):
        await moderate_photos(database, slug, report_id, photo.id, "publish", actor="test", reason=None)
