"""What the database says about itself."""

from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

WORKER_SILENCE_S = 60


def newest_version() -> str | None:
    """The schema version this code was written for."""
    return ScriptDirectory(str(Path(__file__).parent / "migrations")).get_current_head()


async def schema_version(connection: AsyncConnection) -> str | None:
    """The schema version the database has."""
    found: str | None = (
        await connection.execute(sa.text("SELECT version_num FROM public.alembic_version"))
    ).scalar_one_or_none()
    return found


async def has_live_worker(connection: AsyncConnection) -> bool:
    """Whether a worker has given a sign of life within the last minute."""
    statement = sa.text(
        """SELECT EXISTS (SELECT FROM mapping.procrastinate_workers
        WHERE last_heartbeat > now() - make_interval(secs => :silence_s))"""
    )
    return bool((await connection.execute(statement, {"silence_s": WORKER_SILENCE_S})).scalar_one())
