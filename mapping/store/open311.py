"""Released reports as Open311 asks for them: by id, or by category, status and the date they tell, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import tables

_released = tables.released_reports
_NEWEST = _released.c.observed_on.collate("C").desc()  # as in the index; other collations pass over hyphens
_WITHIN = sa.text('observed_on COLLATE "C" BETWEEN :first AND :last')
_MIDDLE = sa.case(
    (
        sa.func.GeometryType(_released.c.geometry) == "LINESTRING",
        sa.func.ST_LineInterpolatePoint(_released.c.geometry, 0.5),
    ),
    else_=_released.c.geometry,
)


@dataclass(frozen=True)
class ReleasedRequest:
    """What is told of one report; a line by its middle, degrees in EPSG:4326, a day or a month as text."""

    id: UUID
    category: str
    tier: int
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    place: str | None
    description: str | None
    observed_on: str
    status: str
    is_simulated: bool


@dataclass(frozen=True)
class RequestsQuery:
    """Which requests, and which page of them.

    Parameters
    ----------
    first, last : date
        Span of days, both within. A month is dated by its first day.
    categories, statuses : sequence of str or None
        Any of these; None: all.
    limit, offset : int
        How many, after how many.
    """

    first: date
    last: date
    categories: Sequence[str] | None
    statuses: Sequence[str] | None
    limit: int
    offset: int


def _select(community_id: int) -> sa.Select[Any]:
    names = ("id", "category", "tier", "radius_m", "place", "description", "observed_on", "status", "is_simulated")
    place = (sa.func.ST_Y(_MIDDLE).label("latitude"), sa.func.ST_X(_MIDDLE).label("longitude"))
    return (
        sa.select(*place, *(_released.c[name] for name in names))
        .where(_released.c.community_id == community_id)
        .order_by(_NEWEST, _released.c.id.desc())
    )


async def _rows(connection: AsyncConnection, statement: sa.Select[Any]) -> list[ReleasedRequest]:
    return [ReleasedRequest(**row) for row in (await connection.execute(statement)).mappings()]


async def find_requests(connection: AsyncConnection, community_id: int, asked: RequestsQuery) -> list[ReleasedRequest]:
    """A page of a community's released reports."""
    # A month is text that begins its days' texts: from the first of a month on, it is within; later, it is not.
    first = asked.first.isoformat()[:7] if asked.first.day == 1 else asked.first.isoformat()
    statement = _select(community_id).where(_WITHIN.bindparams(first=first, last=asked.last.isoformat()))
    if asked.categories is not None:
        statement = statement.where(_released.c.category.in_(asked.categories))
    if asked.statuses is not None:
        statement = statement.where(_released.c.status.in_(asked.statuses))
    return await _rows(connection, statement.limit(asked.limit).offset(asked.offset))


async def find_by_ids(connection: AsyncConnection, community_id: int, ids: Sequence[UUID]) -> list[ReleasedRequest]:
    """Those of some public ids that are released; of the others nothing is said."""
    return await _rows(connection, _select(community_id).where(_released.c.id.in_(ids)))
