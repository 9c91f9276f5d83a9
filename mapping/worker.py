"""The door of background work: takes jobs from the queue in PostgreSQL and carries them out.

What a job needs is imported when the first such job comes, in a thread, so that a server beside it starts soon and
goes on answering.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from uuid import UUID

import procrastinate
from procrastinate.jobs import Status

from mapping.services.analyses import RUN_HOTSPOTS
from mapping.services.limits import forget_senders
from mapping.services.tiles import keep_grid, refresh_grid
from mapping.store.database import Database
from mapping.store.jobs import ANALYSES, UPKEEP

MAX_ATTEMPTS = 3
LONGEST_PAUSE_S = 60.0
GRACE_S = 8
_log = logging.getLogger(__name__)


def _analysis() -> Callable[[Database, str, UUID], Awaitable[int]]:
    from mapping.services.hotspot_run import run_analysis

    return run_analysis


def build_worker(database: Database) -> procrastinate.App:
    """The queue's application with every task this program knows.

    Parameters
    ----------
    database : Database
        What the tasks work on; its `conninfo` also holds the queue.
    """
    queue = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=database.conninfo, min_size=1, max_size=4)
    )

    @queue.task(name=RUN_HOTSPOTS, queue=ANALYSES, retry=procrastinate.RetryStrategy(max_attempts=MAX_ATTEMPTS, wait=5))
    async def run_hotspots(slug: str, run_id: str) -> int:
        run_analysis = await asyncio.to_thread(_analysis)
        return await run_analysis(database, slug, UUID(run_id))

    @queue.periodic(cron="* * * * *")
    @queue.task(name="retry_stalled", queue=UPKEEP)
    async def retry_stalled_jobs(timestamp: int) -> None:
        await retry_stalled(queue)

    @queue.periodic(cron="*/5 * * * *")
    @queue.task(name="forget_senders", queue=UPKEEP)
    async def forget_past_senders(timestamp: int) -> None:
        await forget_senders(database)

    return queue


async def retry_stalled(queue: procrastinate.App, *, silence_s: float = 60.0) -> None:
    """Put the jobs of workers that have given no sign of life for `silence_s` seconds back into the queue.

    A job that was begun `MAX_ATTEMPTS` times is given up: it may be what its workers die of.
    """
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=silence_s):
        if job.attempts + 1 < MAX_ATTEMPTS:
            await queue.job_manager.retry_job(job)
        else:
            _log.error("job %s (%s) is given up: its workers died", job.id, job.task_name)
            await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)


async def run_worker(database: Database, *, until_idle: bool = False) -> None:
    """Carry out jobs, and count the cells of tiles again, until cancelled, or until nothing is left to do.

    Parameters
    ----------
    database : Database
        Engines and queue.
    until_idle : bool
        Return when the queue is empty.
    """
    queue = build_worker(database)
    keeping = None if until_idle else asyncio.create_task(keep_grid(database))
    try:
        async with queue.open_async():
            await queue.run_worker_async(
                queues=[ANALYSES, UPKEEP],
                concurrency=2,
                wait=not until_idle,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_S,
                delete_jobs="successful",
            )
        if until_idle:
            await refresh_grid(database)
    finally:
        if keeping is not None:
            keeping.cancel()


async def end_worker(task: "asyncio.Task[None]") -> None:
    """Have a running `worker_task` finish its jobs, or stop them after a while.

    Asked more than once: while the database is away, libraries below may swallow a cancellation.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=GRACE_S + 2)


async def worker_task(database: Database) -> None:
    """Run a worker beside a server: when it falls, say so and start it again."""
    pause_s = 1.0
    while True:
        try:
            await run_worker(database)
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))
            _log.error("the worker stopped (%s); starting it again in %.0f s\n%s", type(error).__name__, pause_s, trace)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
