"""Analysis runs with their record, and the hotspots they found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


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


async def add_run(
    connection: AsyncConnection,
    *,
    community_id: int,
    run_id: UUID,
    parameters: Mapping[str, Any],
    seed: int,
    as_of: datetime,
) -> None:
    """Record a run that is asked for."""
    await connection.execute(
        sa.text(
            """INSERT INTO mapping.analysis_runs (community_id, id, kind, state, parameters, seed, as_of)
            VALUES (:community_id, :id, 'hotspots', 'queued', CAST(:parameters AS jsonb), :seed, :as_of)"""
        ),
        {
            "community_id": community_id,
            "id": run_id,
            "parameters": json.dumps(dict(parameters)),
            "seed": seed,
            "as_of": as_of,
        },
    )


async def find_run(connection: AsyncConnection, community_id: int, run_id: UUID) -> AnalysisRun | None:
    """One run's record."""
    row = (
        (
            await connection.execute(
                sa.text(
                    """SELECT community_id, id, state, parameters, seed, as_of, input_hash, code_version, result_hash
                    FROM mapping.analysis_runs WHERE community_id = :community_id AND id = :id"""
                ),
                {"community_id": community_id, "id": run_id},
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else AnalysisRun(**row)


async def latest_run_id(connection: AsyncConnection, community_id: int) -> UUID | None:
    """The newest finished run."""
    run_id: UUID | None = (
        await connection.execute(
            sa.text(
                """SELECT id FROM mapping.analysis_runs WHERE community_id = :community_id AND state = 'done'
                ORDER BY as_of DESC, finished_at DESC LIMIT 1"""
            ),
            {"community_id": community_id},
        )
    ).scalar_one_or_none()
    return run_id


async def has_runs(connection: AsyncConnection, community_id: int) -> bool:
    """Whether an analysis was asked for that has not failed."""
    statement = sa.text(
        """SELECT EXISTS (SELECT FROM mapping.analysis_runs
        WHERE community_id = :community_id AND state <> 'failed')"""
    )
    return bool((await connection.execute(statement, {"community_id": community_id})).scalar_one())


async def move_queued_run(connection: AsyncConnection, community_id: int, as_of: datetime) -> bool:
    """Have a run that has not begun count everything up to `as_of`; False if there is none."""
    moved = await connection.execute(
        sa.text(
            """UPDATE mapping.analysis_runs SET as_of = :as_of
            WHERE community_id = :community_id AND state = 'queued'"""
        ),
        {"community_id": community_id, "as_of": as_of},
    )
    return bool(moved.rowcount)


async def set_run_state(connection: AsyncConnection, community_id: int, run_id: UUID, state: str) -> None:
    """Note that a run has begun or failed."""
    await connection.execute(
        sa.text("UPDATE mapping.analysis_runs SET state = :state WHERE community_id = :community_id AND id = :id"),
        {"state": state, "community_id": community_id, "id": run_id},
    )


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
) -> None:
    """Keep a run's result and every parameter it used; a run that is repeated replaces its own rows."""
    values = {"community_id": run.community_id, "id": run.id}
    await connection.execute(
        sa.text("DELETE FROM mapping.hotspots WHERE community_id = :community_id AND run_id = :id"), values
    )
    for hotspot in hotspots:
        await connection.execute(
            sa.text(
                """INSERT INTO mapping.hotspots (community_id, run_id, id, rank, reporters, properties, geometry)
                VALUES (:community_id, :run_id, :id, :rank, :reporters, CAST(:properties AS jsonb),
                    ST_GeomFromWKB(:geometry, 4326))"""
            ),
            {
                "community_id": run.community_id,
                "run_id": run.id,
                "id": hotspot["id"],
                "rank": hotspot["rank"],
                "reporters": hotspot["properties"]["reporters"],
                "properties": json.dumps(hotspot["properties"]),
                "geometry": hotspot["geometry"].wkb,
            },
        )
    await connection.execute(
        sa.text(
            """UPDATE mapping.analysis_runs SET state = 'done', parameters = CAST(:parameters AS jsonb),
                input_hash = :input_hash, result_hash = :result_hash,
                code_version = :code_version, summary = CAST(:summary AS jsonb), finished_at = now()
            WHERE community_id = :community_id AND id = :id"""
        ),
        {
            **values,
            "parameters": json.dumps(dict(parameters)),
            "input_hash": input_hash,
            "result_hash": result_hash,
            "code_version": code_version,
            "summary": json.dumps(dict(summary)),
        },
    )
