"""Importing a town: all or nothing, with progress."""

from pathlib import Path

import pytest

from mapping.errors import NotFound, UnreadableFile
from mapping.formats.osm import demo_extract_path
from mapping.services.imports import import_osm
from mapping.store.database import Database
from mapping.store.frames import street_segments_gdf


async def count_segments(database: Database, community_id: int) -> int:
    async with database.app.connect() as connection:
        return len(await street_segments_gdf(connection, community_id))


async def test_an_import_reports_what_it_did(database: Database, town: str, community_id: int) -> None:
    shares: list[float] = []
    counts = await import_osm(database, town, demo_extract_path(), shares.append)
    assert counts.street_segments.added == await count_segments(database, community_id) > 4000
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_a_bad_file_leaves_the_town_as_it_was(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    await import_osm(database, town, demo_extract_path())
    before = await count_segments(database, community_id)
    half, lamp = tmp_path / "half.osm.pbf", tmp_path / "lamp.osm"
    half.write_bytes(demo_extract_path().read_bytes()[:400_000])
    lamp.write_text('<osm version="0.6"><node id="1" lon="1" lat="1"><tag k="highway" v="street_lamp"/></node></osm>')
    for path in (half, lamp):
        with pytest.raises(UnreadableFile, match=path.name):
            await import_osm(database, town, path)
    assert await count_segments(database, community_id) == before


async def test_an_unknown_community_is_refused_before_reading(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await import_osm(database, "no-such-town", tmp_path / "absent.osm.pbf")
