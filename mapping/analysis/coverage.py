"""Where few people report: a map of marks says nothing of the ground where nobody marks, and that is not safety.

The numbers are told in three steps, the lowest of which begins at none and ends below what may be told of people, so
that the layer never shows that one person marked a place.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.analysis.grids import HexagonGrid, ground_cells
from mapping.errors import AnalysisError
from mapping.geodesy import require_metric

LEVELS = ("few", "some", "many")
PEOPLE_PER_CELL = 10
MIN_COVERAGE_CELL_M, MAX_COVERAGE_CELL_M = 250.0, 2000.0
MANY = 3  # times `min_people`


@dataclass(frozen=True)
class Coverage:
    """How many people report from where.

    Parameters
    ----------
    cells : GeoDataFrame
        Polygons, metric CRS; column level, one of `LEVELS`: fewer than `min_people` (none among them), up to three
        times as many, more.
    cell_size_m : float
        Width of the hexagons.
    """

    cells: gpd.GeoDataFrame
    cell_size_m: float


def choose_coverage_cell_size(area_m2: float, reporters: int) -> float:
    """A width at which ten people report from a cell if all cells were alike.

    Parameters
    ----------
    area_m2 : float
        Area of the ground, m².
    reporters : int
        Distinct people.

    Returns
    -------
    float
        Metres, between 250 and 2,000, rounded to 50 m.
    """
    size = float(np.sqrt(area_m2 * PEOPLE_PER_CELL / max(reporters, 1)))
    return float(np.clip(50 * round(size / 50), MIN_COVERAGE_CELL_M, MAX_COVERAGE_CELL_M))


def report_coverage(
    points_m: NDArray[np.float64],
    reporters: NDArray[np.object_],
    streets_gdf: gpd.GeoDataFrame,
    area: BaseGeometry,
    *,
    min_people: int,
    is_private: NDArray[np.bool_] | None = None,
    cell_size_m: float | None = None,
) -> Coverage:
    """How many distinct people report from each part of a community.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Places of reports, metres.
    reporters : ndarray of object, shape (n,)
        Who reported.
    streets_gdf : GeoDataFrame
        Metric CRS; cells without a street are left out. Empty: all cells.
    area : Polygon or MultiPolygon
        The community's ground.
    min_people : int
        Smallest number of people that may be told of.
    is_private : ndarray of bool, shape (n,), optional
        Reports whose places are told to nobody. People of a cell who made no other count in multiples of `min_people`,
        so that the rest cannot be taken off. By default none.
    cell_size_m : float, optional
        Width of the hexagons; by default chosen from the people of reports that are not private.

    Returns
    -------
    Coverage

    Raises
    ------
    GeodesyError
        If the streets are not in metres.
    AnalysisError
        If points and reporters differ in number, or a point is not finite.
    """
    require_metric(streets_gdf)
    if len(points_m) != len(reporters) or not min_people >= 1:
        raise AnalysisError("There must be one reporter for each point, and `min_people` at least one.")
    hidden = np.zeros(len(points_m), dtype=np.bool_) if is_private is None else is_private
    size = cell_size_m or choose_coverage_cell_size(area.area, len(set(reporters[~hidden])))
    grid = HexagonGrid(size)
    ground = ground_cells(grid, area, np.asarray(streets_gdf.geometry.array, dtype=object))
    said = pd.DataFrame(grid.cells_of(np.asarray(points_m, dtype=np.float64)), columns=["q", "r"])
    is_unseen = said.assign(reporter=reporters, hidden=hidden).groupby(["q", "r", "reporter"])["hidden"].all()
    index = pd.MultiIndex.from_arrays([ground[:, 0], ground[:, 1]])
    seen, unseen = (
        np.asarray(people.groupby(["q", "r"]).size().reindex(index, fill_value=0))
        for people in (is_unseen[~is_unseen], is_unseen[is_unseen])
    )
    counts = seen + min_people * (unseen // min_people)
    level = np.array(LEVELS)[(counts >= min_people).astype(int) + (counts >= MANY * min_people)]
    return Coverage(gpd.GeoDataFrame({"level": level}, geometry=grid.polygons(ground), crs=streets_gdf.crs), size)
