"""The sea: OSM maps it by its coastlines alone, with land on their left and water on their right."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely

_ASIDE_DEGREES = 1e-6  # a hand's breadth to the side of the coast


def _sides(line: shapely.LineString) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Positions (n, 2) just left and just right of the middle of every stretch of a line."""
    coordinates = shapely.get_coordinates(line)
    along = np.diff(coordinates, axis=0)
    keep = np.hypot(along[:, 0], along[:, 1]) > 0
    along, middle = along[keep], (coordinates[:-1] + coordinates[1:])[keep] / 2
    aside = np.column_stack((-along[:, 1], along[:, 0])) / np.hypot(along[:, 0], along[:, 1])[:, None] * _ASIDE_DEGREES
    return middle + aside, middle - aside


def sea_polygons(
    coastlines: Mapping[int, shapely.LineString], bounds: tuple[float, float, float, float]
) -> dict[int, shapely.MultiPolygon]:
    """The parts of a rectangle that are sea.

    Parameters
    ----------
    coastlines : mapping of way id to LineString
        EPSG:4326, in the direction of the OSM ways.
    bounds : tuple of float
        West, south, east, north of the rectangle, degrees.

    Returns
    -------
    dict of int to MultiPolygon
        Each part, under the smallest id of a coastline on its shore.

    Notes
    -----
    The rectangle is cut by the coastlines; a face is sea if more of the shore says so than denies it, so that a
    coastline that breaks off inside does not flood the land. A rectangle without coastline holds no sea.
    """
    frame = shapely.box(*bounds)
    clipped = {osm_id: shapely.intersection(line, frame) for osm_id, line in coastlines.items()}
    shores = [
        (osm_id, part)
        for osm_id, line in sorted(clipped.items())
        for part in shapely.get_parts(line)
        if part.geom_type == "LineString"
    ]
    if not shores:
        return {}
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all([frame.exterior, *(part for _, part in shores)])))
    )
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces), dtype=np.int64)
    owners: dict[int, int] = {}
    for osm_id, part in shores:
        land, sea = _sides(part)
        np.subtract.at(votes, tree.query(shapely.points(land), predicate="within")[1], 1)
        on_sea = tree.query(shapely.points(sea), predicate="within")[1]
        np.add.at(votes, on_sea, 1)
        for face in on_sea:
            owners.setdefault(int(face), osm_id)
    parts: dict[int, list[shapely.Polygon]] = {}
    for face in np.flatnonzero(votes > 0):
        parts.setdefault(owners[int(face)], []).append(faces[face])
    return {osm_id: shapely.MultiPolygon(polygons) for osm_id, polygons in parts.items()}
