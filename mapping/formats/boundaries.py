"""The ground of a community, from a GeoJSON file."""

import json
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from mapping.errors import UnreadableFile

MAX_BYTES = 20_000_000


def read_boundary(path: Path) -> BaseGeometry:
    """The union of all polygons of a GeoJSON file.

    Parameters
    ----------
    path : Path
        A geometry, a Feature or a FeatureCollection.

    Returns
    -------
    Polygon or MultiPolygon
        EPSG:4326, as GeoJSON always is (RFC 7946).

    Raises
    ------
    UnreadableFile
        If the file is missing, too large, no GeoJSON, or holds something else than polygons.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"{path.name!r} is larger than {MAX_BYTES // 1_000_000} MB; simplify the boundary.")
        found = json.loads(path.read_text("utf-8"))
        features = found["features"] if found["type"] == "FeatureCollection" else [found]
        shapes = [
            shapely.from_geojson(json.dumps(feature["geometry"] if feature["type"] == "Feature" else feature))
            for feature in features
        ]
    except OSError as error:
        raise UnreadableFile(f"{path.name!r} cannot be opened: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, RecursionError, shapely.errors.GEOSException):
        raise UnreadableFile(f"{path.name!r} cannot be read as GeoJSON; give a file with the town's polygon.") from None
    if not shapes or any(shape.geom_type not in ("Polygon", "MultiPolygon") for shape in shapes):
        raise UnreadableFile(f"{path.name!r} must hold polygons and nothing else.")
    return shapely.union_all(shapely.make_valid(shapes))
