"""Lists of released reports: narrowed, newest month first, by pages. Read through the public role."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.report_filters import PageKey, ReportFilters
from mapping.store import tables
from mapping.store.named_queries import query

COUNT_LIMIT = 10_000
_MONTHS = query("released_months")
_released = tables.released_reports
_month: sa.ColumnClause[str] = sa.literal_column("left(observed_on, 7)", sa.Text)  # as the index has it
_COLUMNS = (
    _released.c.id,
    _released.c.layer,
    _released.c.category,
    _released.c.severity,
    _released.c.when_seen.label("when"),
    _released.c.status,
    _released.c.place,
    _released.c.observed_on,
    _released.c.radius_m,
    _released.c.confirmations,
)


@dataclass(frozen=True)
class ListedReports:
    """One page of a list, and where the next begins if there is one."""

    rows: list[dict[str, Any]]
    next: PageKey | None


def _matches(community_id: int, filters: ReportFilters) -> sa.ColumnElement[bool]:
    wanted = {
        _released.c.layer: filters.layer,
        _released.c.category: filters.category,
        _released.c.when_seen: filters.when,
        _released.c.status: filters.status,
    }
    asked = [column == value for column, value in wanted.items() if value is not None]
    if filters.since is not None:
        asked.append(_month >= filters.since)
    return sa.and_(_released.c.community_id == community_id, *asked)


async def list_reports(
    connection: AsyncConnection, community_id: int, filters: ReportFilters, *, after: PageKey | None, limit: int
) -> ListedReports:
    """A page of released reports, newest month first, within a month in the order of their random ids."""
    statement = sa.select(*_COLUMNS).where(_matches(community_id, filters))
    if after is not None:
        same_month = sa.and_(_month == after.month, _released.c.id > after.id)
        # The first condition follows from the second, but only the first lets the index begin there.
        statement = statement.where(_month <= after.month, sa.or_(_month < after.month, same_month))
    ordered = statement.order_by(_month.desc(), _released.c.id).limit(limit + 1)
    rows = [dict(row) for row in (await connection.execute(ordered)).mappings()]
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else PageKey(last["observed_on"][:7], last["id"])
    return ListedReports(rows[:limit], following)


async def count_matching(connection: AsyncConnection, community_id: int, filters: ReportFilters) -> int:
    """How many released reports match, counted up to one more than `COUNT_LIMIT`."""
    found = sa.select(sa.literal(1)).where(_matches(community_id, filters)).limit(COUNT_LIMIT + 1).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0)


async def released_months(connection: AsyncConnection, community_id: int) -> list[str]:
    """Months (`YYYY-MM`) of which reports are released, newest first."""
    rows = await connection.execute(_MONTHS, {"community_id": community_id})
    return [str(row.month) for row in rows]
