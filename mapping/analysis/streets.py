"""Which stretches of street stand out: marks per 100 m, with the exact chance and a rate that short streets cannot
exaggerate.

The hypothesis is that marks fall on streets by length alone; see `rates` for the test and the shrunken rate. Caveat:
marks come in clumps, and people mark where they walk; a street that stands out is one to look at, not a verdict.
"""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.analysis.getis_ord import q_values
from mapping.analysis.points import checked_points
from mapping.analysis.rates import empirical_bayes, excess_p_values
from mapping.errors import AnalysisError
from mapping.geodesy import require_metric

PER_M = 100.0


def nearest_streets(
    streets: NDArray[np.object_], points_m: NDArray[np.float64], max_distance_m: float
) -> NDArray[np.int64]:
    """The street nearest to each point.

    Parameters
    ----------
    streets : ndarray of LineString, shape (m,)
        Metres.
    points_m : ndarray of float, shape (n, 2)
        Metres.
    max_distance_m : float
        Points farther from any street belong to none.

    Returns
    -------
    ndarray of int64, shape (n,)
        Position of the street, the first of equally near ones; −1 for none.

    Raises
    ------
    AnalysisError
        If a point or the distance is not finite.
    """
    points = checked_points(points_m)
    if not (np.isfinite(max_distance_m) and max_distance_m > 0):
        raise AnalysisError("The distance to a street must be a positive number of metres.")
    found = np.full(len(points), -1, dtype=np.int64)
    if len(streets) and len(points):
        tree = shapely.STRtree(streets)
        owners, near = tree.query_nearest(shapely.points(points), max_distance=max_distance_m, all_matches=True)
        order = np.lexsort((-near, owners))  # of equally near streets the first is written last and stays
        found[owners[order]] = near[order]
    return found


def rank_streets(
    streets_gdf: gpd.GeoDataFrame, points_m: NDArray[np.float64], *, max_distance_m: float = 30.0
) -> gpd.GeoDataFrame:
    """Streets by how many marks they have for their length.

    Parameters
    ----------
    streets_gdf : GeoDataFrame
        LineStrings in a metric CRS, each a stretch between two junctions.
    points_m : ndarray of float, shape (n, 2)
        Marks, one for each voice, metres in the same CRS.
    max_distance_m : float
        Marks farther from any street are not counted.

    Returns
    -------
    GeoDataFrame
        On the index of `streets_gdf`, in its order, its columns and: marks (int), length_m, marks_per_100m,
        shrunken_per_100m (empirical Bayes), expected (marks if they fell by length alone), p_value (chance of so many
        or more), q_value (Benjamini-Hochberg), place (1 for the highest shrunken rate; ties in order).

    Raises
    ------
    GeodesyError
        If the CRS is missing or not in metres.
    AnalysisError
        If a geometry is missing or is no line.
    """
    require_metric(streets_gdf)
    lines = np.asarray(streets_gdf.geometry.array, dtype=object)
    if not (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING).all():
        raise AnalysisError("Streets must be single lines; explode those of several parts, drop those without a shape.")
    near = nearest_streets(lines, points_m, max_distance_m)
    marks = np.bincount(near[near >= 0], minlength=len(lines))
    length = shapely.length(lines)
    if marks[length == 0].any():
        raise AnalysisError("Some streets have no length; drop them.")
    total, whole = int(marks.sum()), float(length.sum())
    share = length / whole if whole > 0 else length
    p_value = excess_p_values(marks, share, total)
    shrunken = empirical_bayes(marks, length)
    place = np.empty(len(lines), dtype=np.int64)
    place[np.lexsort((-marks, -shrunken))] = np.arange(1, len(lines) + 1)
    return streets_gdf.assign(
        marks=marks,
        length_m=length,
        marks_per_100m=PER_M * np.divide(marks, length, out=np.zeros(len(lines)), where=length > 0),
        shrunken_per_100m=PER_M * shrunken,
        expected=total * share,
        p_value=p_value,
        q_value=q_values(p_value),
        place=place,
    )
