"""Points as arrays: checked, and one for each shape, where it is counted."""

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.errors import AnalysisError

FARTHEST_M = 1e8  # beyond this a coordinate is not in metres on Earth


def checked_points(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points as float, shape (n, 2); an empty array of any shape has none.

    Parameters
    ----------
    points_m : ndarray, shape (n, 2)
        Easting and northing, metres.

    Raises
    ------
    AnalysisError
        If the shape is another, or a number is not finite or too large to be metres on Earth.
    """
    points = np.asarray(points_m, dtype=np.float64)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise AnalysisError("Points need two columns, easting and northing in metres.")
    if not (max(points.max(), -points.min()) <= FARTHEST_M):
        raise AnalysisError("Points must be finite and in metres; drop those without a place.")
    return points


def middles(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    """Points as they are, the middle of lines (of the longest part), the centroid of areas and of several points.

    Parameters
    ----------
    geometries : ndarray of geometry, shape (n,)
        None missing or empty; metres.

    Returns
    -------
    ndarray of float, shape (n, 2)
    """
    shapes = np.array(geometries, dtype=object)
    is_line, is_point = shapely.get_dimensions(shapes) == 1, shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    parts = shapely.get_num_geometries(shapes)
    for row in np.flatnonzero(is_line & (parts > 1)):
        shapes[row] = max(shapely.get_parts(shapely.line_merge(shapes[row])), key=shapely.length)
    shapes[is_line] = shapely.get_geometry(shapes[is_line], 0)  # out of collections of one
    has_length = is_line & (shapely.length(shapes) > 0)
    shapes[has_length] = shapely.line_interpolate_point(shapes[has_length], 0.5, normalized=True)
    shapes[is_line & ~has_length] = shapely.get_point(shapes[is_line & ~has_length], 0)
    rest = ~is_line & ~is_point
    shapes[rest] = shapely.centroid(shapes[rest])
    return np.asarray(shapely.get_coordinates(shapes), dtype=np.float64)
