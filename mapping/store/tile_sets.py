"""Tile sets: the basemap, and reports, hotspots and streets beside it; each tile is made by one query.

A set that shows what a collection of OGC API holds has the collection's name. Everything is read from `public_release`:
places of people are masked there already, confidential reports are not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.dialects.postgresql import psycopg

from mapping.store.bare import Rows
from mapping.store.collections import COLLECTIONS
from mapping.store.named_queries import query
from mapping.store.tiles import Tile, TileKey

GRID_ZOOM = 11  # up to here reports are counted in cells, beyond each is there by itself
BASE_ZOOMS = (5, 8, 11)  # at which counts are kept
MOST_AT_ONCE = 8  # so many small tiles cost the database what two cost one by one
MAX_DATA_ZOOM = 16  # nothing is added beyond; clients enlarge these tiles
OSM = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors, ODbL</a>'


def _bare(name: str) -> str:
    """A named query of one tile as the driver takes it, for as many tiles as are asked for at once."""
    text = str(query(name).compile(dialect=psycopg.dialect()))
    for part in "zxy":
        text = text.replace(f"%({part})s", f"asked.{part}")
    return f"""SELECT array_agg(made.tile ORDER BY asked.place)
FROM unnest(%(z)s::integer[], %(x)s::integer[], %(y)s::integer[]) WITH ORDINALITY AS asked (z, x, y, place)
CROSS JOIN LATERAL (
{text}) AS made (tile)"""


@dataclass(frozen=True)
class TileLayer:
    """A layer of a tile: its fields in words, and the zooms at which it is there (None: those of its set)."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    min_zoom: int | None = None
    max_zoom: int | None = None


@dataclass(frozen=True)
class TileSet:
    """Tiles of one kind.

    Parameters
    ----------
    name : str
        As in addresses.
    layers : tuple of TileLayer
        What the tiles hold.
    statement : str
        The query that makes tiles of things.
    version : str
        By which version tiles are kept: reports, hotspots or streets.
    min_zoom : int
        Below, every tile is empty.
    is_from_osm : bool
        Whether OpenStreetMap is to be named.
    reports_of : str or None
        Layer of the vocabulary whose reports alone are held; None: all of them.
    """

    name: str
    layers: tuple[TileLayer, ...]
    statement: str
    version: str
    min_zoom: int = 0
    is_from_osm: bool = False
    reports_of: str | None = None

    def zooms(self, layer: TileLayer) -> tuple[int, int]:
        """The first and the last zoom at which a layer of it is there."""
        least = self.min_zoom if layer.min_zoom is None else layer.min_zoom
        return least, MAX_DATA_ZOOM if layer.max_zoom is None else layer.max_zoom

    def vector_layers(self, max_zoom: int = MAX_DATA_ZOOM) -> list[dict[str, Any]]:
        """Its layers up to a zoom, as TileJSON and PMTiles tell them."""
        told = []
        for layer in self.layers:
            least, most = self.zooms(layer)
            if least <= max_zoom:
                fields = dict(layer.fields)
                told.append({"id": layer.name, "fields": fields, "minzoom": least, "maxzoom": min(most, max_zoom)})
        return told

    def counts(self, key: TileKey) -> bool:
        """Whether a tile holds counts in cells and not things."""
        return self.version == "reports" and key.z <= GRID_ZOOM

    def version_name(self, key: TileKey) -> str:
        """By which version a tile is kept: reports, grid, hotspots or streets."""
        return "grid" if self.counts(key) else self.version


_REPORT = {
    "id": "public id",
    "layer": "layer",
    "category": "category",
    "severity": "1 to 4",
    "status": "what became of it",
    "radius_m": "metres about the masked place within which it is; absent where the place is exact",
}
_ROAD = {"name": "name", "highway": "OSM highway", "lit": "OSM lit"}
BASEMAP = TileSet(
    "basemap",
    (
        TileLayer("landuse", {"kind": "homes, green, wood, field or works"}),
        TileLayer("water"),
        TileLayer("buildings", min_zoom=15),
        TileLayer("roads", {"kind": "main, minor or path", **_ROAD}),
        TileLayer("pois", {"kind": "OSM value", "name": "name"}, min_zoom=15),
    ),
    _bare("basemap_tile"),
    "streets",
    is_from_osm=True,
)
REPORTS = TileSet(
    "reports",
    (
        TileLayer("reports", _REPORT, min_zoom=GRID_ZOOM + 1),
        TileLayer("reports_grid", {"layer": "layer", "count": "reports in the cell"}, max_zoom=GRID_ZOOM),
    ),
    _bare("reports_tile"),
    "reports",
)
HOTSPOTS = TileSet(
    "hotspots",
    (
        TileLayer(
            "hotspots",
            {
                "id": "id, lasting from run to run",
                "rank": "1 is the first",
                "tier": "ranks that cannot be told apart share one",
                "score": "0 to 100, in steps of five",
                "step": "colour, 1 to 5",
            },
        ),
    ),
    _bare("hotspots_tile"),
    "hotspots",
)
STREETS = TileSet(
    "streets",
    (TileLayer("streets", {**_ROAD, "surface": "OSM surface"}),),
    _bare("streets_tile"),
    "streets",
    min_zoom=10,
    is_from_osm=True,
)
_OF_LAYERS = (
    replace(REPORTS, name=collection.name, reports_of=collection.name)
    for collection in COLLECTIONS.values()
    if collection.table == "reports"
)
FEATURES = {tile_set.name: tile_set for tile_set in (REPORTS, *_OF_LAYERS, HOTSPOTS, STREETS)}
_GRID = _bare("report_grid_tile")


def tiles_statement(
    tile_set: TileSet, community_id: int | None, keys: Sequence[TileKey]
) -> tuple[str, dict[str, list[int] | int | str | None]]:
    """The query that makes tiles, all of one zoom, and its values; for all communities the id is None."""
    parts: dict[str, list[int] | int | str | None] = {
        part: [getattr(key, part) for key in keys] for part in ("z", "x", "y")
    }
    values = {"community_id": community_id, **parts}
    if tile_set.version == "reports":
        values["layer"] = tile_set.reports_of
    if tile_set.counts(keys[0]):
        return _GRID, {**values, "base": next(base for base in BASE_ZOOMS if base >= keys[0].z)}
    return tile_set.statement, values


def most_at_once(tile_set: TileSet, key: TileKey) -> int:
    """How many tiles a statement may make: the ground and counts of far zooms are work enough for one alone."""
    return 1 if tile_set is BASEMAP or tile_set.counts(key) else MOST_AT_ONCE


async def make_tiles(rows: Rows, tile_set: TileSet, community_id: int | None, keys: Sequence[TileKey]) -> list[Tile]:
    """Make tiles by one statement, which costs little more than for one of them.

    Parameters
    ----------
    rows : Rows
        Of a role that may read `public_release`.
    tile_set : TileSet
        What it holds.
    community_id : int or None
        Whose; None: all communities (of the basemap one has to be given).
    keys : sequence of TileKey
        Which tiles, all of one zoom.

    Returns
    -------
    list of Tile
        As many; extent 4096; no bytes where there is nothing.

    Notes
    -----
    Basemap: below zoom 13 main roads, water and green; at 13 land use and streets as well; from 14 all ways; from 15
    buildings; from 16 every named point of interest. Watercourses are drawn as narrow areas, so that a layer
    holds one kind of geometry. Streets as those of the basemap. Reports: up to zoom 11 counts in 64 × 64 cells.
    Source: Mapbox Vector Tile Specification 2.1.
    """
    if keys[0].z < tile_set.min_zoom:
        return [Tile(b"")] * len(keys)
    row = await rows.first_row(*tiles_statement(tile_set, community_id, keys))
    assert row is not None
    return [Tile(body) for body in row[0]]
