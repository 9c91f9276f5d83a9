"""A hand-made town for tests that need streets in the database: the same frames as an OSM extract has."""

import math
from dataclasses import dataclass

import geopandas as gpd
import shapely

from mapping.formats.osm import CROSSING_COLUMNS, PLACE_COLUMNS
from mapping.formats.osm_streets import STREET_COLUMNS
from mapping.store.tiles import TileKey

WEST, SOUTH = 24.944, 60.170


@dataclass
class SmallTown:
    """Frames that `store.networks.replace_network` takes; columns as in `OsmExtract`."""

    streets: gpd.GeoDataFrame
    lamps: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    places: gpd.GeoDataFrame


def _frame(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=4326).astype(
        dict.fromkeys((column for column in columns if column in ("osm_id", "osm_way_id", "segment")), "int64")
    )


def line(*steps: tuple[float, float]) -> shapely.LineString:
    """A line by steps of a thousandth of a degree from the town's south-western corner."""
    return shapely.LineString([(WEST + x / 1000, SOUTH + y / 1000) for x, y in steps])


def square(x: float, y: float, side: float) -> shapely.Polygon:
    """A square by its south-western corner and side, in thousandths of a degree."""
    return shapely.box(WEST + x / 1000, SOUTH + y / 1000, WEST + (x + side) / 1000, SOUTH + (y + side) / 1000)


def key_at(z: int, lon: float = WEST + 0.001, lat: float = SOUTH + 0.0008) -> TileKey:
    """The tile at a position (Web Mercator, OGC Two Dimensional Tile Matrix Set 2.0, annex D.1)."""
    x = (lon + 180) / 360 * 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
    return TileKey(z, int(x), int(y))


def small_town() -> SmallTown:
    """Two streets and a path, a lamp, a crossing, and one place of each kind."""
    nothing = (None,) * 5
    point = shapely.Point(WEST + 0.001, SOUTH + 0.001)
    return SmallTown(
        streets=_frame(
            STREET_COLUMNS,
            [
                (1, 0, "Головна вулиця", "primary", "yes", *nothing, 55.5, line((0, 0), (1, 0))),
                (1, 1, "Головна вулиця", "primary", "yes", *nothing, 55.5, line((1, 0), (2, 0))),
                (2, 0, "Side Street", "residential", "no", *nothing, 111.2, line((1, 0), (1, 1))),
                (3, 0, None, "footway", None, *nothing, 55.5, line((1, 1), (2, 1))),
            ],
        ),
        lamps=_frame(("osm_id",), [(10, point)]),
        crossings=_frame(CROSSING_COLUMNS, [(20, "zebra", "no", "lowered", "yes", None, point)]),
        places=_frame(
            PLACE_COLUMNS,
            [
                ("n", 30, "amenity", "pharmacy", "Аптека", "yes", point),
                ("w", 31, "building", "yes", None, None, square(0.2, 0.2, 0.5)),
                ("w", 32, "amenity", "school", "School 3", None, square(1.2, 0.2, 0.5)),
                ("w", 33, "water", "river", "River", None, line((0, 1.5), (2, 1.5))),
                ("r", 33, "green", "park", "Park", None, square(0, 1.1, 0.3)),
                ("w", 34, "homes", "residential", None, None, square(0, 0, 2)),
            ],
        ),
    )
