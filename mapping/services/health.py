"""Readiness: what must work before a server may be given traffic."""

from mapping.errors import Unavailable
from mapping.store import health
from mapping.store.database import Database


async def readiness(database: Database) -> dict[str, str]:
    """The state of database, migrations and worker.

    Raises
    ------
    Unavailable
        Naming the part that is not ready.
    """
    async with database.app.connect() as connection:
        if await health.schema_version(connection) != health.newest_version():
            raise Unavailable("The database has another schema version; run `mapping migrate`.")
        if not await health.has_live_worker(connection):
            raise Unavailable("No worker is running; start `mapping worker`, or `mapping serve` which brings one.")
    return {"status": "ready", "database": "ok", "migrations": "ok", "worker": "ok"}
