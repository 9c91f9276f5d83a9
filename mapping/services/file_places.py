"""Files of places as the analyses take them: in metres, with their columns named, beside streets and ground."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from mapping.analysis.grids import GRIDS, Grid, choose_cell_size
from mapping.errors import AnalysisError, InvalidInput
from mapping.formats.tables import read_places
from mapping.geodesy import in_crs, to_metric

MARGIN_M = 100.0
AREA_REACH_M = 100.0  # of analyses that count cells, and not single places
MANY_COINCIDE = 0.05
CELLS_PER_STEP = 2.0  # of rounding, so that neighbouring places fall into neighbouring cells
RINGS = 2.5


@dataclass(frozen=True)
class PlacesFile:
    """A file of places and how to read it; columns are None where the file has none."""

    path: Path
    crs: str | None = None
    skip_missing: bool = False
    columns: dict[str, str | None] = field(default_factory=dict)

    def read(self) -> gpd.GeoDataFrame:
        """Its rows in metres, in the UTM zone of their middle, points in place of lines and areas."""
        frame = read_places(self.path, crs=self.crs, skip_missing=self.skip_missing)
        for wanted, name in self.columns.items():
            if name is not None and name not in frame.columns:
                raise InvalidInput(
                    f"There is no column {name!r} for {wanted}; the file has {', '.join(_named(frame))}."
                )
        if len(frame) == 0:
            raise AnalysisError(f"{self.path.name!r} holds no places.")
        return to_metric(frame)

    def times(self, frame: gpd.GeoDataFrame) -> pd.Series:
        """When each row happened, UTC."""
        name = self.columns.get("time")
        if name is None:
            raise InvalidInput("This needs a time for each place; name its column with --time.")
        times: pd.Series = pd.to_datetime(frame[name], utc=True, errors="coerce", format="ISO8601")
        if times.isna().any():
            row = int(np.flatnonzero(times.isna())[0]) + 1
            raise InvalidInput(f"Column {name!r} must hold dates such as 2026-11-23; row {row} does not.")
        return times

    def numbers(self, frame: gpd.GeoDataFrame, wanted: str) -> NDArray[np.float64]:
        """A column of numbers, shape (n,)."""
        name = self.columns[wanted]
        numbers = np.asarray(pd.to_numeric(frame[name], errors="coerce"), dtype=np.float64)
        if not np.isfinite(numbers).all():
            row = int(np.flatnonzero(~np.isfinite(numbers))[0]) + 1
            raise InvalidInput(f"Column {name!r} must hold numbers; row {row} does not.")
        return numbers


def _named(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def points_of(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Points as they are, the middle of lines, the centroid of areas; shape (n, 2)."""
    shapes = np.array(frame.geometry.array, dtype=object)
    is_line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    shapes[is_line] = shapely.line_interpolate_point(shapes[is_line], 0.5, normalized=True)
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)), dtype=np.float64)


def _beside(path: Path | None, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Another file in the CRS of a frame; empty where none is given."""
    if path is None:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=frame.crs)
    other = in_crs(read_places(path), frame.crs)
    return other if "name" in other.columns else other.assign(name=None)


def streets_beside(path: Path | None, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Streets of a file, a line each, in the CRS of a frame; empty where none is given."""
    return gpd.GeoDataFrame(_beside(path, frame).explode(ignore_index=True))


def ground_of(path: Path | None, points: NDArray[np.float64], frame: gpd.GeoDataFrame) -> BaseGeometry:
    """The ground: the polygons of a file, or what lies around all points."""
    if path is not None:
        ground = shapely.union_all(np.asarray(_beside(path, frame).geometry.array, dtype=object))
        if ground.area == 0:
            raise InvalidInput(f"{path.name!r} must hold polygons.")
        return ground
    return shapely.MultiPoint(points).convex_hull.buffer(MARGIN_M)


def grid_for(kind: str, cell_size_m: float | None, area: BaseGeometry, points: NDArray[np.float64]) -> Grid:
    """Cells of a kind and a size; where none is given it is chosen from the ground and from how places are rounded."""
    if kind not in GRIDS:
        raise InvalidInput("The grid is hexagons or squares.")
    size = choose_cell_size(area.area) if cell_size_m is None else cell_size_m
    if cell_size_m is None:
        size = max(size, 5.0 * np.ceil(CELLS_PER_STEP * rounding_m(points) / 5))
    return GRIDS[kind](float(size))


def reach_for(reach_m: float | None, cell_size_m: float, least_m: float) -> float:
    """The reach that is given, or one of two rings at the least."""
    return max(least_m, RINGS * cell_size_m) if reach_m is None else reach_m


def rounding_m(points: NDArray[np.float64]) -> float:
    """The step to which places were rounded, metres; zero where hardly any two coincide.

    Places of incidents are often published to the nearest block or thousandth of a degree. Cells finer than that would
    hold whole blocks in single cells, which can never stand out.
    """
    distinct = np.unique(points, axis=0)
    if len(distinct) < 2 or len(distinct) > (1 - MANY_COINCIDE) * len(points):
        return 0.0
    gaps = cKDTree(distinct).query(distinct, 2)[0][:, 1]
    return float(np.quantile(gaps, 0.1))


def tally(cells: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the held cells are each of the cells."""
    index = pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])
    rows = index.get_indexer(pd.MultiIndex.from_arrays([held[:, 0], held[:, 1]]))
    return np.bincount(rows[rows >= 0], minlength=len(cells))
