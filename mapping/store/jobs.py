"""The job queue in PostgreSQL: jobs are put there in the transaction that makes them necessary."""

from typing import Any

import procrastinate
from sqlalchemy.ext.asyncio import AsyncConnection

ANALYSES, UPKEEP = "analyses", "upkeep"

_queue = procrastinate.App(connector=procrastinate.PsycopgConnector())


async def enqueue(connection: AsyncConnection, task: str, *, lock: str, delay_s: int = 0, **arguments: Any) -> int:
    """Put a job into the queue when, and only when, the caller's transaction commits.

    Parameters
    ----------
    connection : AsyncConnection
        Of the role `mapping_app`.
    task : str
        Name of the task, as the worker knows it.
    lock : str
        Jobs of one lock are carried out one after the other.
    delay_s : int
        Seconds until a worker may take it.
    **arguments
        JSON values.

    Returns
    -------
    int
        Id of the job.
    """
    raw = (await connection.get_raw_connection()).driver_connection
    deferrer = _queue.configure_task(task, queue=ANALYSES, lock=lock, schedule_in={"seconds": delay_s}, connection=raw)
    return int(await deferrer.defer_async(**arguments))
