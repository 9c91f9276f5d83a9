"""The street network in PostGIS: what an import adds, changes, removes, and what it leaves alone."""

from dataclasses import replace

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import NotFound
from mapping.formats.osm import demo_extract_path, read_osm
from mapping.store.database import Database
from mapping.store.frames import street_segments_gdf
from mapping.store.networks import TableCounts, replace_network
from tests.towns import line, small_town

NOTHING = TableCounts(0, 0, 0)


async def scalar(connection: AsyncConnection, sql: str, community_id: int) -> object:
    return (await connection.execute(sa.text(sql), {"id": community_id})).scalar_one()


async def test_the_first_import_adds_everything(connection: AsyncConnection, community_id: int) -> None:
    counts = await replace_network(connection, community_id, small_town())
    assert counts.street_segments == TableCounts(4, 0, 0)
    assert counts.lamps == TableCounts(1, 0, 0)
    assert counts.crossings == TableCounts(1, 0, 0)
    assert counts.places == TableCounts(6, 0, 0)
    assert counts.addresses == TableCounts(1, 0, 0)


async def test_the_same_again_changes_nothing(connection: AsyncConnection, community_id: int) -> None:
    await replace_network(connection, community_id, small_town())
    counts = await replace_network(connection, community_id, small_town())
    assert (counts.street_segments, counts.lamps, counts.crossings, counts.places) == (NOTHING,) * 4
    assert counts.addresses == NOTHING


async def test_a_new_state_updates_by_osm_id_and_removes_what_is_gone(
    connection: AsyncConnection, community_id: int
) -> None:
    await replace_network(connection, community_id, small_town())
    town = small_town()
    streets = town.streets.iloc[:3].copy()
    streets.loc[1, "lit"] = "no"
    streets.loc[2, "geometry"] = line((1, 0), (1, 1.2))
    lamps = town.lamps.assign(osm_id=11)
    counts = await replace_network(connection, community_id, replace(town, streets=streets, lamps=lamps))
    assert counts.street_segments == TableCounts(0, 2, 1)
    assert counts.lamps == TableCounts(1, 0, 1)
    assert counts.places == NOTHING
    stored = (await street_segments_gdf(connection, community_id)).set_index(["osm_way_id", "segment"])
    assert list(stored.index) == [(1, 0), (1, 1), (2, 0)]
    assert stored["lit"].tolist() == ["yes", "no", "no"]
    assert stored.loc[(2, 0)].geometry.equals(line((1, 0), (1, 1.2)))


async def test_segments_come_back_as_they_went_in(connection: AsyncConnection, community_id: int) -> None:
    await replace_network(connection, community_id, small_town())
    stored = await street_segments_gdf(connection, community_id)
    given = small_town().streets
    assert stored.crs.to_epsg() == 4326
    assert stored.columns.tolist() == given.columns.tolist()
    assert stored["name"].tolist() == ["Головна вулиця", "Головна вулиця", "Side Street", None]
    assert stored["length_m"].tolist() == [55.5, 55.5, 111.2, 55.5]
    assert shapely.equals_exact(stored.geometry.to_numpy(), given.geometry.to_numpy()).all()


async def test_a_community_without_streets_has_an_empty_frame(connection: AsyncConnection, community_id: int) -> None:
    stored = await street_segments_gdf(connection, community_id)
    assert stored.empty
    assert stored.crs.to_epsg() == 4326
    assert "geometry" in stored


async def test_the_same_osm_object_may_lie_in_two_communities(
    connection: AsyncConnection, database: Database, community_id: int
) -> None:
    await replace_network(connection, community_id, small_town())
    other = await scalar(
        connection,
        """INSERT INTO public_release.communities (slug, name, boundary, time_zone, languages)
        SELECT slug || '-2', name, boundary, time_zone, languages FROM public_release.communities WHERE id = :id
        RETURNING id""",
        community_id,
    )
    assert isinstance(other, int)
    await replace_network(connection, other, small_town())
    emptied = small_town()
    await replace_network(connection, other, replace(emptied, streets=emptied.streets.iloc[:1]))
    assert len(await street_segments_gdf(connection, other)) == 1
    assert len(await street_segments_gdf(connection, community_id)) == 4


async def test_each_import_counts_the_version_up(connection: AsyncConnection, community_id: int) -> None:
    sql = "SELECT network_version FROM public_release.communities WHERE id = :id"
    assert await scalar(connection, sql, community_id) == 0
    await replace_network(connection, community_id, small_town())
    await replace_network(connection, community_id, small_town())
    assert await scalar(connection, sql, community_id) == 2


async def test_an_unknown_community_is_refused(connection: AsyncConnection) -> None:
    with pytest.raises(NotFound):
        await replace_network(connection, 2_000_000_000, small_town())


async def test_a_fault_halfway_leaves_the_old_town(database: Database, community_id: int) -> None:
    town = small_town()
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, town)
    broken = replace(town, streets=town.streets.iloc[:1], places=town.places.assign(kind="castle"))
    with pytest.raises(sa.exc.IntegrityError):
        async with database.app.begin() as connection:
            await replace_network(connection, community_id, broken)
    async with database.app.connect() as connection:
        assert len(await street_segments_gdf(connection, community_id)) == 4


async def test_the_demo_town(connection: AsyncConnection, community_id: int) -> None:
    extract = read_osm(demo_extract_path())
    counts = await replace_network(connection, community_id, extract)
    assert counts.street_segments == TableCounts(len(extract.streets), 0, 0)
    assert counts.places == TableCounts(len(extract.places), 0, 0)
    again = await replace_network(connection, community_id, read_osm(demo_extract_path()))
    assert (again.street_segments, again.places) == (NOTHING, NOTHING)
    # PostGIS measures on the ellipsoid; UTM is within 0.1 % of it.
    off = await scalar(
        connection,
        """SELECT max(abs(length_m / ST_Length(geometry::geography) - 1)) FROM public_release.street_segments
        WHERE community_id = :id""",
        community_id,
    )
    assert isinstance(off, float)
    assert off < 0.001
