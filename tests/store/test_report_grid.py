"""Counts per cell equal those counted by hand, whatever was released, changed and taken back; plans use the indexes."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store.database import Database
from mapping.store.release_versions import (
    ReleaseVersions,
    read_scope,
    rebuild_report_grid,
    refresh_report_grid,
)
from mapping.store.tile_sets import BASE_ZOOMS, HOTSPOTS, REPORTS, STREETS, TileSet, tiles_statement
from mapping.store.tiles import TileKey
from tests.released import release, release_hotspot

Grid = dict[tuple[int, str, int, int], int]


async def _kept(connection: AsyncConnection, community_id: int) -> Grid:
    rows = await connection.execute(
        sa.text("SELECT z, layer, gx, gy, reports FROM public_release.report_grid WHERE community_id = :id"),
        {"id": community_id},
    )
    return {(row.z, row.layer, row.gx, row.gy): row.reports for row in rows}


async def _by_hand(connection: AsyncConnection, community_id: int) -> Grid:
    """Cells by the formulas of the Two Dimensional Tile Matrix Set (OGC 17-083r4, annex D.1), in degrees."""
    rows = await connection.execute(
        sa.text(
            "SELECT layer, ST_AsBinary(ST_Transform(ST_Centroid(geom_3857), 4326)) AS middle"
            " FROM public_release.reports WHERE community_id = :id AND geometry IS NOT NULL"
        ),
        {"id": community_id},
    )
    counted: Counter[tuple[int, str, int, int]] = Counter()
    for row in rows:
        middle = shapely.from_wkb(bytes(row.middle))
        assert isinstance(middle, shapely.Point)
        for z in BASE_ZOOMS:
            side = 2 ** (z + 6)
            gx = int((middle.x + 180) / 360 * side)
            gy = int((1 - math.asinh(math.tan(math.radians(middle.y))) / math.pi) / 2 * side)
            counted[z, row.layer, gx, gy] += 1
    return dict(counted)


def _place(rng: np.random.Generator) -> str | None:
    x, y = rng.uniform(24.93, 24.96), rng.uniform(60.16, 60.18)
    kind = rng.integers(5)
    if kind == 0:
        return None
    return f"LINESTRING({x} {y}, {x + 0.003} {y + 0.001}, {x + 0.001} {y})" if kind == 1 else f"POINT({x} {y})"


async def _change(connection: AsyncConnection, community_id: int, rng: np.random.Generator, ids: list[Any]) -> None:
    """One of: release, take back, move, change the layer, confirm."""
    step = rng.integers(6) if ids else 0
    if step <= 1:
        layer = str(rng.choice(["unlit_streets", "dangerous_places"]))
        ids.append(await release(connection, community_id, _place(rng), layer=layer))
        return
    chosen = ids[rng.integers(len(ids))]
    statement = {
        2: "DELETE FROM public_release.reports WHERE id = :id",
        3: "UPDATE public_release.reports SET geometry = ST_GeomFromText(:place, 4326) WHERE id = :id",
        4: "UPDATE public_release.reports SET layer = 'resources' WHERE id = :id",
        5: "UPDATE public_release.reports SET confirmations = confirmations + 1 WHERE id = :id",
    }[int(step)]
    await connection.execute(sa.text(statement), {"id": chosen, **({"place": _place(rng)} if step == 3 else {})})


@pytest.mark.parametrize("seed", range(4))
async def test_counts_equal_those_by_hand(connection: AsyncConnection, community_id: int, seed: int) -> None:
    rng, ids = np.random.default_rng(seed), list[Any]()
    for _ in range(6):
        for _ in range(int(rng.integers(1, 25))):
            await _change(connection, community_id, rng, ids)
        while await refresh_report_grid(connection, batch=7):
            pass
        kept = await _kept(connection, community_id)
        assert kept == await _by_hand(connection, community_id)
    assert kept
    await rebuild_report_grid(connection, community_id)
    assert await _kept(connection, community_id) == kept
    await connection.execute(
        sa.text("DELETE FROM public_release.reports WHERE community_id = :id"), {"id": community_id}
    )
    await refresh_report_grid(connection)
    assert await _kept(connection, community_id) == {}


async def test_many_at_once_are_noted_by_cell(connection: AsyncConnection, community_id: int) -> None:
    await refresh_report_grid(connection)
    await connection.execute(
        sa.text(
            """INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, severity,
                when_seen, affected, observed_on, status)
            SELECT :id, gen_random_uuid(), 'no_lamps', 'unlit_streets', 0, ST_Point(24.94, 60.17 + n % 2 * 0.005, 4326),
                2, 'night', '{}', '2026-11-01', 'open' FROM generate_series(1, 5000) AS n"""
        ),
        {"id": community_id},
    )
    assert await refresh_report_grid(connection) == 2
    assert sum(n for (z, *_), n in (await _kept(connection, community_id)).items() if z == 11) == 5000


async def test_a_version_counts_what_is_seen_and_nothing_else(connection: AsyncConnection, community_id: int) -> None:
    slug = (
        await connection.execute(
            sa.text("SELECT slug FROM public_release.communities WHERE id = :id"), {"id": community_id}
        )
    ).scalar_one()

    async def versions() -> dict[str, int]:
        return {name: version[2] for name, version in (await read_scope(connection, slug)).versions.items()}

    async def all_versions() -> dict[str, tuple[int, int, int]]:
        return (await read_scope(connection, None)).versions

    first, first_of_all = await versions(), await all_versions()
    report_id = await release(connection, community_id, "POINT(24.94 60.17)")
    await release(connection, community_id, None)
    assert await versions() == {**first, "reports": first["reports"] + 1}
    assert (await all_versions())["reports"] != first_of_all["reports"]
    assert (await all_versions())["hotspots"] == first_of_all["hotspots"]
    await refresh_report_grid(connection)
    second = await versions()
    assert second == {**first, "reports": first["reports"] + 1, "grid": first["grid"] + 1}
    await connection.execute(
        sa.text("UPDATE public_release.reports SET confirmations = 3 WHERE id = :id"), {"id": report_id}
    )
    assert await versions() == second
    await release_hotspot(connection, community_id)
    assert (await versions())["hotspots"] == second["hotspots"] + 1
    assert await refresh_report_grid(connection) == 0
    assert (await versions())["hotspots"] == second["hotspots"] + 1


async def test_a_community_can_be_removed(connection: AsyncConnection, community_id: int) -> None:
    await release(connection, community_id, "POINT(24.94 60.17)")
    await refresh_report_grid(connection)
    await release_hotspot(connection, community_id)
    assert len(await _kept(connection, community_id)) == len(BASE_ZOOMS)
    await connection.execute(sa.text("DELETE FROM public_release.communities WHERE id = :id"), {"id": community_id})
    await refresh_report_grid(connection)
    assert await _kept(connection, community_id) == {}


async def test_versions_are_looked_up_once_a_second(database: Database, town: str) -> None:
    versions = ReleaseVersions()
    assert versions.known(town) is None
    scope = await versions.get(database.public, town)
    assert versions.known(town) is scope
    assert await versions.get(database.public, town) is scope
    assert ReleaseVersions(check_every_s=0).known(town) is None


@pytest.mark.parametrize("owner", [True, False])
@pytest.mark.parametrize(
    ("tile_set", "zoom", "index"),
    [
        (REPORTS, 14, "reports_geom_3857"),
        (REPORTS, 9, "report_grid_"),
        (HOTSPOTS, 14, "hotspots_geom_3857"),
        (STREETS, 14, "street_segments_geom_3857"),
    ],
)
async def test_plans_use_the_indexes(
    connection: AsyncConnection, community_id: int, tile_set: TileSet, zoom: int, index: str, owner: bool
) -> None:
    """Small tables are scanned as they are; that the index can serve is seen where scans are made dear."""
    await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
    key = TileKey(zoom, int((24.94 + 180) / 360 * 2**zoom), int(2**zoom * 0.2895))
    statement, values = tiles_statement(tile_set, community_id if owner else None, [key])
    plan = "\n".join((await connection.exec_driver_sql(f"EXPLAIN {statement}", values)).scalars())
    assert "Index Cond" in plan
    if owner:
        return  # of one community the key may serve as well, as the planner reckons from what there is
    assert index in plan
    if zoom >= 12:
        assert "geom_3857 &&" in plan.split("Index Cond", 1)[1].split("\n", 1)[0]
