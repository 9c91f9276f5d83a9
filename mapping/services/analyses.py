"""Ask for an analysis: its record and its job are written together."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import analyses, communities, jobs
from mapping.store.communities import Community
from mapping.store.database import Database

RUN_HOTSPOTS = "run_hotspots"


async def request_analysis(database: Database, slug: str, *, now: datetime | None = None) -> UUID:
    """Record a run and put its job into the queue, in one transaction; gives the run's id."""
    async with database.app.begin() as connection:
        return await enqueue_analysis(connection, await communities.find(connection, slug), now or datetime.now(UTC))


async def enqueue_analysis(connection: AsyncConnection, community: Community, as_of: datetime) -> UUID:
    """`request_analysis` within a transaction of the caller's."""
    run_id = uuid4()
    await analyses.add_run(
        connection,
        community_id=community.id,
        run_id=run_id,
        parameters=community.settings.get("hotspots", {}),
        seed=secrets.randbits(32),
        as_of=as_of,
    )
    await jobs.enqueue(connection, RUN_HOTSPOTS, slug=community.slug, run_id=str(run_id))
    return run_id
