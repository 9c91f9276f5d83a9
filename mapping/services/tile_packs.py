"""A community's basemap in one file, for use without a network."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mapping.errors import InvalidInput
from mapping.formats.tile_packs import in_pack_order, new_pack
from mapping.store import communities
from mapping.store.database import Database
from mapping.store.tile_sets import BASEMAP, OSM, make_tiles
from mapping.store.tiles import TileKey, tiles_within

CENTER_ZOOM = 14


@dataclass(frozen=True)
class PackedTiles:
    """What a pack holds: tiles that are not empty, their zooms, and how many places for tiles the extent has."""

    tiles: int
    zooms: range
    places: int


async def export_basemap(
    database: Database,
    slug: str,
    path: Path,
    *,
    max_zoom: int,
    progress: Callable[[float], None] = lambda done: None,
) -> PackedTiles:
    """Write the basemap of a community's extent as PMTiles.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    path : Path
        File, named `.pmtiles`; replaced when the new one is whole.
    max_zoom : int
        The last zoom; the first is 0, because the few tiles of far zooms weigh next to nothing.
    progress : callable
        Called with the share done, 0…1.

    Raises
    ------
    NotFound
        If there is no such community.
    InvalidInput
        If nothing is within its extent yet, or the file cannot be written.

    Notes
    -----
    Tiles are made by the query of the route and in one snapshot: the town before an import or after it, never both.
    """
    async with database.public.connect() as looking:
        community = await communities.find(looking, slug)
    async with database.reader.snapshot() as rows:
        keys = in_pack_order([(key.z, key.x, key.y) for key in tiles_within(community.bbox, max_zoom)])
        with new_pack(path) as pack:
            for number, key in enumerate(keys, start=1):
                (tile,) = await make_tiles(rows, BASEMAP, community.id, [TileKey(*key)])
                pack.add(*key, tile.body)
                progress(number / len(keys))
            if not pack.tiles:
                raise InvalidInput(f"There are no streets here yet: mapping import osm FILE --community {slug}")
            metadata = {
                "name": community.name["en"],
                "attribution": OSM,
                "type": "baselayer",
                "vector_layers": BASEMAP.vector_layers(max_zoom),
            }
            pack.finish(community.bbox, min(CENTER_ZOOM, max_zoom), metadata)
    return PackedTiles(pack.tiles, range(min(pack.zooms), max(pack.zooms) + 1), len(keys))
