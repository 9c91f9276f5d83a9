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
NOWHERE = np.zeros((0, 2))
NOBODY = np.zeros(0, dtype=np.int64)


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
    told_points_m: NDArray[np.float64] = NOWHERE,
    told_people: NDArray[np.int64] = NOBODY,
    cell_size_m: float | None = None,
) -> Coverage:
    """How many distinct people report from each part of a community.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Places of reports that may be told, metres.
    reporters : ndarray of object, shape (n,)
        Who reported.
    streets_gdf : GeoDataFrame
        Metric CRS; cells without a street are left out. Empty: all cells.
    area : Polygon or MultiPolygon
        The community's ground.
    min_people : int
        Smallest number of people that may be told of.
    told_points_m, told_people : ndarray, shapes (m, 2) and (m,)
        Middles of the cells of `disclosure` and how many people are told of in each. They may be the same people as
        the reporters and as each other, so that the largest number counts and not the sum.
    cell_size_m : float, optional
        Width of the hexagons; by default chosen from the number of people.

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
    size = cell_size_m or choose_coverage_cell_size(area.area, len(set(reporters)))
    grid = HexagonGrid(size)
    ground = ground_cells(grid, area, np.asarray(streets_gdf.geometry.array, dtype=object))
    index = pd.MultiIndex.from_arrays([ground[:, 0], ground[:, 1]])
    said = pd.DataFrame(grid.cells_of(np.asarray(points_m, dtype=np.float64)), columns=["q", "r"])
    seen = said.assign(reporter=reporters).drop_duplicates().groupby(["q", "r"]).size()
    told = pd.DataFrame(grid.cells_of(told_points_m), columns=["q", "r"]).assign(people=told_people)
    most = told.groupby(["q", "r"])["people"].max()
    counts = np.maximum(*(np.asarray(people.reindex(index, fill_value=0)) for people in (seen, most)))
    level = np.array(LEVELS)[(counts >= min_people).astype(int) + (counts >= MANY * min_people)]
    return Coverage(gpd.GeoDataFrame({"level": level}, geometry=grid.polygons(ground), crs=streets_gdf.crs), size)
