"""What became of what people said: counted on the group's side, rounded there, read from what is released."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.states import CLOSING_REASONS
from mapping.store import tables
from mapping.store.named_queries import query

_PUT_COUNTS, _PUT_DAYS, _PUT_RECEIVED = map(
    query, ("put_progress_counts", "put_progress_days", "put_progress_received")
)


@dataclass(frozen=True)
class ProgressCount:
    """A group of reports that the map shows; `stage` is their status."""

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


async def refresh_progress(connection: AsyncConnection, community_id: int, today: date) -> None:
    """Count a community's reports anew and release the rounded counts and the medians.

    Parameters
    ----------
    connection : AsyncConnection
        Of the role `mapping_app`, in a transaction; one at a time for a community.
    community_id : int
        Community.
    today : date
        What came in is counted by the first call in a month.
    """
    for table in (tables.progress_counts, tables.progress_days):
        await connection.execute(sa.delete(table).where(table.c.community_id == community_id))
    values = {"community_id": community_id}
    await connection.execute(_PUT_COUNTS, {**values, "reasons": list(CLOSING_REASONS)})
    await connection.execute(_PUT_DAYS, values)
    await connection.execute(_PUT_RECEIVED, {**values, "month": today.replace(day=1)})


async def progress_counts(connection: AsyncConnection, community_id: int) -> list[ProgressCount]:
    """The released counts; a group that is not there has none or too few to be told."""
    kept = tables.progress_counts
    rows = await connection.execute(
        sa.select(kept.c.tier, kept.c.stage, kept.c.reason, kept.c.reports).where(kept.c.community_id == community_id)
    )
    return [ProgressCount(*row) for row in rows]


async def progress_received(connection: AsyncConnection, community_id: int) -> dict[int, int]:
    """What had come in by tier when it was last counted; empty before the first count."""
    kept = tables.progress_received
    rows = await connection.execute(sa.select(kept.c.tier, kept.c.reports).where(kept.c.community_id == community_id))
    return {row.tier: row.reports for row in rows}


async def progress_days(connection: AsyncConnection, community_id: int) -> list[ProgressDays]:
    """The released medians; a step that is not there was taken by fewer than five reports."""
    kept = tables.progress_days
    rows = await connection.execute(
        sa.select(kept.c.step, kept.c.reports, kept.c.median_days).where(kept.c.community_id == community_id)
    )
    return [ProgressDays(*row) for row in rows]
