"""Ask for an analysis: its record and its job are written together."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import AnalysisError, Unavailable
from mapping.store import analyses, communities, jobs
from mapping.store.communities import Community
from mapping.store.database import Database

RUN_HOTSPOTS = "run_hotspots"
REFRESH_AFTER_S = 30
WAIT_S = 600
SEED = 1  # one for all: with a fresh one each run would tell hotspots in another order, also when nothing shown changed


async def request_analysis(database: Database, slug: str, *, now: datetime | None = None) -> UUID:
    """Record a run and put its job into the queue, in one transaction; gives the run's id."""
    async with database.app.begin() as connection:
        return await enqueue_analysis(connection, await communities.find(connection, slug), now or datetime.now(UTC))


async def enqueue_analysis(
    connection: AsyncConnection, community: Community, as_of: datetime, *, delay_s: int = 0
) -> UUID:
    """`request_analysis` within a transaction of the caller's."""
    run_id = uuid4()
    await analyses.add_run(
        connection,
        community_id=community.id,
        run_id=run_id,
        parameters=community.settings.get("hotspots", {}),
        seed=SEED,
        as_of=as_of,
    )
    await jobs.enqueue(
        connection, RUN_HOTSPOTS, lock=community.slug, delay_s=delay_s, slug=community.slug, run_id=str(run_id)
    )
    return run_id


async def refresh_analysis(connection: AsyncConnection, community: Community) -> None:
    """After a change of what is released: a run soon, one for a burst of changes, in the caller's transaction."""
    now = datetime.now(UTC)
    if not await analyses.move_queued_run(connection, community.id, now):
        await enqueue_analysis(connection, community, now, delay_s=REFRESH_AFTER_S)


async def wait_for_run(database: Database, slug: str, run_id: UUID) -> None:
    """Return when a run is done, whichever worker carries it out.

    Raises
    ------
    AnalysisError
        If it failed.
    Unavailable
        If no worker has finished it within ten minutes.
    """
    for _ in range(WAIT_S):
        async with database.app.connect() as connection:
            community = await communities.find(connection, slug)
            run = await analyses.find_run(connection, community.id, run_id)
        if run is None or run.state == "failed":
            raise AnalysisError("The analysis failed; the worker's log says why.")
        if run.state == "done":
            return
        await asyncio.sleep(1)
    raise Unavailable("The analysis is not done after ten minutes; is a worker running?")
