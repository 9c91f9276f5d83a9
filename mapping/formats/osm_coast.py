"""The sea: OSM maps it by its coastlines alone, with land on their left and water on their right."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely

_ASIDE_DEGREES = 1e-6  # a hand's breadth to the side of the coast
_ACROSS = 1.05  # a little over the edge, so that the two surely cross

Positions = npt.NDArray[np.float64]


def _sides(line: shapely.LineString) -> tuple[Positions, Positions]:
    """Positions (n, 2) just left and just right of the middle of every stretch of a line."""
    coordinates = shapely.get_coordinates(line)
    along = np.diff(coordinates, axis=0)
    keep = np.hypot(along[:, 0], along[:, 1]) > 0
    along, middle = along[keep], (coordinates[:-1] + coordinates[1:])[keep] / 2
    aside = np.column_stack((-along[:, 1], along[:, 0])) / np.hypot(along[:, 0], along[:, 1])[:, None] * _ASIDE_DEGREES
    return middle + aside, middle - aside


def _beyond_the_edge(position: Positions, frame: shapely.Polygon) -> Positions:
    """A position just outside the frame, straight across from one inside; outside, the position itself."""
    point = shapely.Point(position)
    if not frame.contains(point):
        return position
    nearest = frame.exterior.interpolate(frame.exterior.project(point))
    across: Positions = shapely.get_coordinates(nearest)[0] - position
    return position + across * _ACROSS


def _shores(lonlat: Positions, frame: shapely.Polygon) -> list[shapely.LineString]:
    """The known stretches of one coastline; where a cut-out misses nodes, it runs on over the edge of the frame."""
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    shores = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run) < 2:
            continue
        stretch = lonlat[run]
        if run[0] > 0:
            stretch = np.vstack((_beyond_the_edge(stretch[0], frame), stretch))
        if run[-1] < len(lonlat) - 1:
            stretch = np.vstack((stretch, _beyond_the_edge(stretch[-1], frame)))
        shores.append(shapely.LineString(stretch))
    return shores


def sea_polygons(
    coastlines: Mapping[int, Positions], bounds: tuple[float, float, float, float]
) -> dict[int, shapely.MultiPolygon]:
    """The parts of a rectangle that are sea.

    Parameters
    ----------
    coastlines : mapping of way id to ndarray (n, 2)
        Longitude and latitude in the direction of the OSM way, NaN for nodes that the file lacks.
    bounds : tuple of float
        West, south, east, north of the rectangle, degrees.

    Returns
    -------
    dict of int to MultiPolygon
        Each part under the smallest id of a coastline on its shore.

    Notes
    -----
    The rectangle is cut by the coastlines; a face is sea if more of the shore says so than denies it, so that a
    coastline that breaks off inside does not flood the land. A rectangle without coastline holds no sea.
    """
    frame = shapely.box(*bounds)
    shores = [(osm_id, shore) for osm_id in sorted(coastlines) for shore in _shores(coastlines[osm_id], frame)]
    edges = shapely.union_all([frame.exterior, *(shore for _, shore in shores)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    faces = faces[shapely.within(shapely.point_on_surface(faces), frame)]
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces), dtype=np.int64)
    owners: dict[int, int] = {}
    for osm_id, shore in shores:
        land, sea = _sides(shore)
        np.subtract.at(votes, tree.query(shapely.points(land), predicate="within")[1], 1)
        on_sea = tree.query(shapely.points(sea), predicate="within")[1]
        np.add.at(votes, on_sea, 1)
        for face in on_sea:
            owners.setdefault(int(face), osm_id)
    parts: dict[int, list[shapely.Polygon]] = {}
    for face in np.flatnonzero(votes > 0):
        parts.setdefault(owners[int(face)], []).append(faces[face])
    return {osm_id: shapely.MultiPolygon(polygons) for osm_id, polygons in parts.items()}
