"""Analysis runs with their record, the frames they read, and the hotspots they found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84


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
    """Whether any analysis was ever asked for."""
    statement = sa.text("SELECT EXISTS (SELECT FROM mapping.analysis_runs WHERE community_id = :community_id)")
    return bool((await connection.execute(statement, {"community_id": community_id})).scalar_one())


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
    input_hash: bytes,
    result_hash: bytes,
    code_version: str,
    summary: Mapping[str, Any],
    hotspots: Sequence[Mapping[str, Any]],
) -> None:
    """Keep a run's result; a run that is repeated replaces its own rows."""
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
            """UPDATE mapping.analysis_runs SET state = 'done', input_hash = :input_hash, result_hash = :result_hash,
                code_version = :code_version, summary = CAST(:summary AS jsonb), finished_at = now()
            WHERE community_id = :community_id AND id = :id"""
        ),
        {
            **values,
            "input_hash": input_hash,
            "result_hash": result_hash,
            "code_version": code_version,
            "summary": json.dumps(dict(summary)),
        },
    )


async def hotspots_gdf(connection: AsyncConnection, community_id: int, run_id: UUID) -> gpd.GeoDataFrame:
    """The hotspots a run found: index id (str), column rank, geometry in EPSG:4326."""
    rows = (
        await connection.execute(
            sa.text(
                """SELECT id, rank, ST_AsBinary(geometry) AS geometry FROM mapping.hotspots
                WHERE community_id = :community_id AND run_id = :run_id ORDER BY rank, id"""
            ),
            {"community_id": community_id, "run_id": run_id},
        )
    ).all()
    return gpd.GeoDataFrame(
        {"rank": [row.rank for row in rows]},
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=np.array([shapely.from_wkb(bytes(row.geometry)) for row in rows], dtype=object),
        crs=WGS84,
    )


async def reports_gdf(connection: AsyncConnection, community_id: int, as_of: datetime) -> gpd.GeoDataFrame:
    """What an analysis may count: released reports with a place, in the order of their ids.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, true places; index report id (str); columns reporter (str), layer, category, severity,
        when, affected (tuple), observed_at (UTC). T2 and unreleased reports are not among them.
    """
    rows = (
        await connection.execute(
            sa.text(
                """SELECT id, coalesce(encode(reporter_key, 'hex'), id::text) AS reporter, layer, category, severity,
                    when_seen, affected, observed_at, ST_AsBinary(geometry) AS geometry
                FROM mapping.reports
                WHERE community_id = :community_id AND moderation = 'published' AND tier < 2
                    AND (consents ->> 'publish')::boolean AND geometry IS NOT NULL AND observed_at <= :as_of
                    AND status NOT IN ('resolved', 'closed_without_action')
                ORDER BY id"""
            ),
            {"community_id": community_id, "as_of": as_of},
        )
    ).all()
    return gpd.GeoDataFrame(
        {
            "reporter": [row.reporter for row in rows],
            "layer": [row.layer for row in rows],
            "category": [row.category for row in rows],
            "severity": np.array([row.severity for row in rows], dtype=np.int64),
            "when": [row.when_seen for row in rows],
            "affected": [tuple(row.affected) for row in rows],
            "observed_at": pd.DatetimeIndex([row.observed_at for row in rows], tz="UTC"),
        },
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=np.array([shapely.from_wkb(bytes(row.geometry)) for row in rows], dtype=object),
        crs=WGS84,
    )
