"""Versions of what is released: looked up at most once a second, so that a kept tile costs no SQL."""

import asyncio
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.errors import NotFound
from mapping.store.communities import is_slug
from mapping.store.named_queries import query

CHECK_EVERY_S = 1.0
GRID_BATCH = 2000
_ONE, _ALL = query("release_version"), query("all_release_versions")
_REFRESH, _REBUILD = query("refresh_report_grid"), query("rebuild_report_grid")


@dataclass(frozen=True)
class Scope:
    """One community, or all (id None), and the versions of its tiles by name."""

    community_id: int | None
    versions: dict[str, tuple[int, int, int]]


async def read_scope(connection: AsyncConnection, slug: str | None) -> Scope:
    """Look up a community, or all for None, with the versions of its tiles.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    row = None
    if slug is None:
        row = (await connection.execute(_ALL)).mappings().first()
    elif is_slug(slug):
        row = (await connection.execute(_ONE, {"slug": slug})).mappings().first()
    if row is None:
        raise NotFound("There is no community of this name here.")
    names = ("reports", "grid", "hotspots", "streets")
    return Scope(row["community_id"], {name: (row["newest"], row["communities"], int(row[name])) for name in names})


class ReleaseVersions:
    """Scopes as they were at most a second ago; one look at a time for each.

    Parameters
    ----------
    check_every_s : float
        How long an answer is good for, in seconds.
    """

    def __init__(self, check_every_s: float = CHECK_EVERY_S) -> None:
        self.check_every_s = check_every_s
        self._known: dict[str | None, tuple[float, Scope]] = {}
        self._asking: dict[str | None, asyncio.Task[Scope]] = {}

    def known(self, slug: str | None) -> Scope | None:
        """A scope that was looked up less than a second ago, or None."""
        found = self._known.get(slug)
        if found is None or time.monotonic() - found[0] >= self.check_every_s:
            return None
        return found[1]

    async def get(self, engine: AsyncEngine, slug: str | None) -> Scope:
        """A scope and its versions; raises as `read_scope`."""
        scope = self.known(slug)
        if scope is not None:
            return scope
        task = self._asking.get(slug)
        if task is None:
            task = asyncio.ensure_future(self._ask(engine, slug))
            self._asking[slug] = task
        return await asyncio.shield(task)

    async def _ask(self, engine: AsyncEngine, slug: str | None) -> Scope:
        began = time.monotonic()
        try:
            async with engine.connect() as connection:
                scope = await read_scope(connection, slug)
        except NotFound:
            self._known.pop(slug, None)
            raise
        finally:
            del self._asking[slug]
        self._known[slug] = (began, scope)
        return scope


async def refresh_report_grid(connection: AsyncConnection, batch: int = GRID_BATCH) -> int:
    """Count the cells again that releases have noted since; gives how many notes were taken."""
    return int((await connection.execute(_REFRESH, {"batch": batch})).scalar_one())


async def rebuild_report_grid(connection: AsyncConnection, community_id: int | None = None) -> None:
    """Count the cells of a community, or of all for None, from nothing; the caller commits."""
    await connection.execute(sa.text("SET LOCAL statement_timeout TO '600s'"))
    await connection.execute(_REBUILD, {"community_id": community_id})
