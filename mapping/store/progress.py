"""What became of what people said: counted on the group's side, rounded there, read from what is released."""

from dataclasses import dataclass
from importlib.resources import files

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.states import CLOSING_REASONS
from mapping.store import tables

_QUERIES = files("mapping.store") / "queries"
_PUT_COUNTS, _PUT_DAYS = (
    sa.text((_QUERIES / name).read_text("utf-8")) for name in ("put_progress_counts.sql", "put_progress_days.sql")
)


@dataclass(frozen=True)
class ProgressCount:
    """A group of reports. `stage` is `kept` where nothing is shown of them, else their status."""

    tier: int
    stage: str
    reason: str
    reports: int


@dataclass(frozen=True)
class ProgressDays:
    """Days that a step took, for the middle one of so many reports."""

    step: str
    reports: int
    median_days: int


async def refresh_progress(connection: AsyncConnection, community_id: int) -> None:
    """Count a community's reports anew and release the rounded counts and the medians.

    Parameters
    ----------
    connection : AsyncConnection
        Of the role `mapping_app`, in a transaction; one at a time for a community.
    community_id : int
        Community.
    """
    for table in (tables.progress_counts, tables.progress_days):
        await connection.execute(sa.delete(table).where(table.c.community_id == community_id))
    values = {"community_id": community_id}
    await connection.execute(_PUT_COUNTS, {**values, "reasons": list(CLOSING_REASONS)})
    await connection.execute(_PUT_DAYS, values)


async def progress_counts(connection: AsyncConnection, community_id: int) -> list[ProgressCount]:
    """The released counts; a group that is not there has none or too few to be told."""
    kept = tables.progress_counts
    rows = await connection.execute(
        sa.select(kept.c.tier, kept.c.stage, kept.c.reason, kept.c.reports).where(kept.c.community_id == community_id)
    )
    return [ProgressCount(*row) for row in rows]


async def progress_days(connection: AsyncConnection, community_id: int) -> list[ProgressDays]:
    """The released medians; a step that is not there was taken by fewer than five reports."""
    kept = tables.progress_days
    rows = await connection.execute(
        sa.select(kept.c.step, kept.c.reports, kept.c.median_days).where(kept.c.community_id == community_id)
    )
    return [ProgressDays(*row) for row in rows]
