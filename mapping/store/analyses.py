"""Analysis runs with their record, and the hotspots they found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84
from mapping.store import tables


@dataclass(frozen=True)
class AnalysisRun:
    """The record from which a run can be repeated to the same numbers."""

    community_id: int
    id: UUID
    state: str
    parameters: Mapping[str, Any]
    seed: int
    as_of: datetime
    input_hash: bytes | None
    code_version: str | None
    result_hash: bytes | None


_runs = tables.analysis_runs


def _is_run(community_id: int, run_id: UUID) -> sa.ColumnElement[bool]:
    return sa.and_(_runs.c.community_id == community_id, _runs.c.id == run_id)


async def add_run(
    connection: AsyncConnection,
    *,
    community_id: int,
    run_id: UUID,
    parameters: Mapping[str, Any],
    seed: int,
    as_of: datetime,
) -> None:
    """Record a run before its job is queued."""
    await connection.execute(
        sa.insert(_runs).values(
            community_id=community_id,
            id=run_id,
            kind="hotspots",
            state="queued",
            parameters=dict(parameters),
            seed=seed,
            as_of=as_of,
        )
    )


async def find_run(connection: AsyncConnection, community_id: int, run_id: UUID) -> AnalysisRun | None:
    """One run's record."""
    columns = [_runs.c[field.name] for field in fields(AnalysisRun)]
    row = (await connection.execute(sa.select(*columns).where(_is_run(community_id, run_id)))).mappings().first()
    return None if row is None else AnalysisRun(**row)


async def latest_run_id(connection: AsyncConnection, community_id: int) -> UUID | None:
    """The newest finished run."""
    run_id: UUID | None = await connection.scalar(
        sa.select(_runs.c.id)
        .where(_runs.c.community_id == community_id, _runs.c.state == "done")
        .order_by(_runs.c.as_of.desc(), _runs.c.finished_at.desc())
        .limit(1)
    )
    return run_id


async def run_before(connection: AsyncConnection, run: AnalysisRun) -> AnalysisRun | None:
    """The newest finished run that counted up to an earlier time than this one."""
    columns = [_runs.c[field.name] for field in fields(AnalysisRun)]
    statement = (
        sa.select(*columns)
        .where(_runs.c.community_id == run.community_id, _runs.c.state == "done", _runs.c.id != run.id)
        .where(_runs.c.as_of <= run.as_of)
        .order_by(_runs.c.as_of.desc(), _runs.c.finished_at.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else AnalysisRun(**row)


async def has_runs(connection: AsyncConnection, community_id: int) -> bool:
    """Whether an analysis was asked for that has not failed."""
    asked = sa.exists().where(_runs.c.community_id == community_id, _runs.c.state != "failed")
    return bool(await connection.scalar(sa.select(asked)))


async def move_queued_run(connection: AsyncConnection, community_id: int, as_of: datetime) -> bool:
    """Have a run that has not begun count everything up to `as_of`; False if there is none."""
    queued = sa.and_(_runs.c.community_id == community_id, _runs.c.state == "queued")
    moved = await connection.execute(sa.update(_runs).where(queued).values(as_of=as_of))
    return bool(moved.rowcount)


async def set_run_state(connection: AsyncConnection, community_id: int, run_id: UUID, state: str) -> None:
    """Note that a run has begun or failed."""
    await connection.execute(sa.update(_runs).where(_is_run(community_id, run_id)).values(state=state))


async def finish_run(
    connection: AsyncConnection,
    run: AnalysisRun,
    *,
    parameters: Mapping[str, Any],
    input_hash: bytes,
    result_hash: bytes,
    code_version: str,
    summary: Mapping[str, Any],
    hotspots: Sequence[Mapping[str, Any]],
    layers: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Keep a run's result and every parameter it used; a run that is repeated replaces its own rows."""
    shown = tables.analysis_layers
    await connection.execute(sa.delete(shown).where(shown.c.community_id == run.community_id, shown.c.run_id == run.id))
    owner = {"community_id": run.community_id, "run_id": run.id}
    await connection.execute(
        sa.insert(shown), [{**owner, "kind": kind, "features": list(features)} for kind, features in layers.items()]
    )
    kept = tables.hotspots
    await connection.execute(sa.delete(kept).where(kept.c.community_id == run.community_id, kept.c.run_id == run.id))
    rows = [
        {
            "community_id": run.community_id,
            "run_id": run.id,
            "id": hotspot["id"],
            "rank": hotspot["rank"],
            "reporters": hotspot["properties"]["reporters"],
            "properties": hotspot["properties"],
            "geometry": from_shape(hotspot["geometry"], WGS84),
        }
        for hotspot in hotspots
    ]
    if rows:
        await connection.execute(sa.insert(kept), rows)
    await connection.execute(
        sa.update(_runs)
        .where(_is_run(run.community_id, run.id))
        .values(
            state="done",
            parameters=dict(parameters),
            input_hash=input_hash,
            result_hash=result_hash,
            code_version=code_version,
            summary=dict(summary),
            finished_at=sa.func.now(),
        )
    )
