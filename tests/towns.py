"""A hand-made town for tests that need streets in the database: the same frames as an OSM extract has."""

from dataclasses import dataclass

import geopandas as gpd
import shapely

from mapping.formats.osm import ADDRESS_COLUMNS, CROSSING_COLUMNS, PLACE_COLUMNS
from mapping.formats.osm_streets import STREET_COLUMNS
from mapping.store.tiles import TileKey
from tests.tile_matrices import place_in_tiles

WEST, SOUTH = 24.944, 60.170


@dataclass
class SmallTown:
    """Frames that `store.networks.replace_network` takes; columns as in `OsmExtract`."""

    streets: gpd.GeoDataFrame
    lamps: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    addresses: gpd.GeoDataFrame


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
    """The tile at a position."""
    column, row = place_in_tiles(z, lon, lat)
    return TileKey(z, int(column), int(row))


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
        addresses=_frame(ADDRESS_COLUMNS, [("n", 40, "12-А", "12a", "Головна вулиця", "holovna street", point)]),
    )


def ukrainian_town() -> SmallTown:
    """A made-up town of two villages with streets as Ukraine names them, house numbers, a pharmacy and a school."""
    nothing, here = (None,) * 5, shapely.Point(WEST + 0.001, SOUTH + 0.001)
    ways = [
        ("вулиця Тараса Шевченка", (0, 0), (1, 0)),
        ("вулиця Шевченка", (10, 5), (11, 5)),
        ("вулиця 8 Березня", (0, 1), (1, 1)),
        ("проспект Миру", (0, 2), (1, 2)),
        ("площа Ринок", (0, 3), (0.3, 3)),
        ("вулиця Юрія Гагаріна", (1, 0), (1, 1)),
        ("провулок Лісовий", (0, 4), (1, 4)),
        ("1-ша Паркова вулиця", (0, 5), (1, 5)),
        ("вулиця Знам'янська", (0, 6), (1, 6)),
    ]
    houses = [
        ("12-А", "12a", "вулиця Тараса Шевченка", "tarasa shevchenka street"),
        ("12", "12", "вулиця Тараса Шевченка", "tarasa shevchenka street"),
        ("121", "121", "вулиця Тараса Шевченка", "tarasa shevchenka street"),
        ("8", "8", "вулиця 8 Березня", "8 bereznia street"),
        ("5", "5", "вулиця Польова", "polova street"),
    ]
    return SmallTown(
        streets=_frame(
            STREET_COLUMNS,
            [
                (number, 0, name, "residential", None, *nothing, 55.5, line(start, end))
                for number, (name, start, end) in enumerate(ways)
            ],
        ),
        lamps=_frame(("osm_id",), [(10, here)]),
        crossings=_frame(CROSSING_COLUMNS, [(20, "zebra", "no", "lowered", "yes", None, here)]),
        places=_frame(
            PLACE_COLUMNS,
            [
                ("n", 1, "locality", "village", "Верхнє", None, here),
                ("n", 2, "locality", "village", "Нижнє", None, shapely.Point(WEST + 0.0105, SOUTH + 0.005)),
                ("n", 3, "amenity", "pharmacy", "Подорожник", None, here),
                ("n", 4, "amenity", "school", None, None, here),
                ("n", 5, "amenity", "bus_stop", "Ринок", None, here),
                ("n", 6, "amenity", "bus_stop", "Ринок", None, shapely.Point(WEST + 0.0012, SOUTH + 0.001)),
            ],
        ),
        addresses=_frame(
            ADDRESS_COLUMNS,
            [
                ("n", 40 + number, *house, shapely.Point(WEST + 0.0002 * (1 + number), SOUTH + 0.0001))
                for number, house in enumerate(houses)
            ],
        ),
    )
