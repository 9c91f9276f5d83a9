"""Files of places as the analyses take them: in metres, with their columns named, beside streets and ground."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.analysis.grids import GRIDS, Grid, choose_cell_size
from mapping.analysis.points import middles
from mapping.errors import AnalysisError, InvalidInput
from mapping.formats.tables import read_places
from mapping.geodesy import in_crs, to_metric

MARGIN_M = 100.0
AREA_REACH_M = 100.0  # of analyses that count cells, and not single places
CELLS_PER_STEP = 2.0  # of rounding, so that neighbouring places fall into neighbouring cells
RINGS = 2.5
MIN_ROUNDED, MOST, MANY_CELLS = 20, 0.95, 100
DECIMALS = (0, 1, 2, 3, 4)
M_PER_DEGREE = 111_320.0
FAR_M, MUCH_FARTHER, COMMON_SHARE = 50_000.0, 20.0, 0.9
DAY_FIRST = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y")


@dataclass(frozen=True)
class Places:
    """The places of a file.

    Parameters
    ----------
    frame : GeoDataFrame
        Metric CRS, the UTM zone of their middle; the index counts the rows of the file from 0.
    points : ndarray of float, shape (n, 2)
        One for each row, metres.
    step_m : float
        To which their coordinates were rounded, metres; zero where they were not.
    """

    frame: gpd.GeoDataFrame
    points: NDArray[np.float64]
    step_m: float


@dataclass(frozen=True)
class PlacesFile:
    """A file of places and how to read it; columns are None where the file has none."""

    path: Path
    crs: str | None = None
    skip_missing: bool = False
    columns: dict[str, str | None] = field(default_factory=dict)

    def read(self) -> Places:
        """Its rows in metres, with one point for each line and area.

        Raises
        ------
        InvalidInput
            If a named column is not there.
        AnalysisError
            If there is no row, or one lies far from all others.
        """
        read = read_places(self.path, crs=self.crs, skip_missing=self.skip_missing)
        for wanted, name in self.columns.items():
            if name is not None and name not in read.columns:
                raise InvalidInput(f"There is no column {name!r} for {wanted}; the file has {', '.join(_named(read))}.")
        if len(read) == 0:
            raise AnalysisError(f"{self.path.name!r} holds no places.")
        step_m = rounding_m(read)
        frame = to_metric(read)
        points = middles(np.asarray(frame.geometry.array, dtype=object))
        _require_near(points, frame.index)
        return Places(frame, points, step_m)

    def times(self, places: Places) -> pd.Series:
        """When each row happened, UTC.

        Raises
        ------
        InvalidInput
            If no column of times is named, or a row has none.
        """
        name = self.columns.get("time")
        if name is None:
            raise InvalidInput("This needs a time for each place; name its column with --time.")
        given = places.frame[name]
        times: pd.Series = pd.to_datetime(given, utc=True, errors="coerce", format="ISO8601")
        for pattern in DAY_FIRST:
            times = times.fillna(pd.to_datetime(given.astype(str), utc=True, errors="coerce", format=pattern))
        if times.isna().any():
            first = times.index[times.isna()][0]
            raise InvalidInput(
                f"Column {name!r} must hold dates such as 2026-11-23 or 23.11.2026; row {first + 1} below the header "
                f"holds {given[first]!r}."
            )
        return times

    def numbers(self, places: Places, wanted: str) -> NDArray[np.float64]:
        """A column of numbers, shape (n,).

        Raises
        ------
        InvalidInput
            If a row holds none.
        """
        name = self.columns[wanted]
        given = places.frame[name]
        numbers = np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)
        if not np.isfinite(numbers).all():
            first = int(np.flatnonzero(~np.isfinite(numbers))[0])
            raise InvalidInput(
                f"Column {name!r} must hold numbers; row {places.frame.index[first] + 1} below the header holds "
                f"{given.iloc[first]!r}."
            )
        return numbers


def _named(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def _require_near(points: NDArray[np.float64], rows: pd.Index) -> None:
    """Refuse a file of which a few places lie far from all others, as a lost sign or zeros put them."""
    apart = np.hypot(*(points - np.median(points, axis=0)).T)
    limit = max(FAR_M, MUCH_FARTHER * float(np.quantile(apart, COMMON_SHARE)))
    far = np.flatnonzero(apart > limit)
    if len(far):
        first = int(far[0])
        raise AnalysisError(
            f"Row {rows[first] + 1} below the header lies {apart[first] / 1000:,.0f} km from the middle of the others; "
            f"mend or drop it ({len(far)} such)."
        )


def rounding_m(frame: gpd.GeoDataFrame) -> float:
    """The step to which points were rounded, metres; zero where they were not.

    Places of incidents are often published to a thousandth of a degree. Cells finer than that would hold whole blocks
    in single cells, which can never stand out.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, before it is brought into metres.
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if len(shapes) < MIN_ROUNDED or (shapely.get_type_id(shapes) != shapely.GeometryType.POINT).any():
        return 0.0
    given = shapely.get_coordinates(shapes)
    metres = M_PER_DEGREE * np.array([np.cos(np.radians(given[:, 1].mean())), 1.0])
    if not frame.crs.is_geographic:
        given, metres = given / 1000, np.array([1000.0, 1000.0])  # thousands of metres, as rounded as degrees are
    for decimals in DECIMALS:
        scaled = given * 10.0**decimals
        if (np.abs(scaled - np.rint(scaled)) < 1e-6).all(axis=1).mean() >= MOST:
            return float(metres.min()) / 10.0**decimals
    return 0.0


def _beside(path: Path | None, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Another file in the CRS of a frame; empty where none is given."""
    if path is None:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=frame.crs)
    other = in_crs(read_places(path), frame.crs)
    return other if "name" in other.columns else other.assign(name=None)


def streets_beside(path: Path | None, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Streets of a file, a line each, in the CRS of a frame; empty where none is given.

    Raises
    ------
    InvalidInput
        If the file holds no lines.
    """
    parts = gpd.GeoDataFrame(_beside(path, frame).explode(ignore_index=True))
    is_line = shapely.get_dimensions(np.asarray(parts.geometry.array, dtype=object)) == 1
    if path is not None and not is_line.any():
        raise InvalidInput(f"{path.name!r} must hold streets, as lines.")
    return gpd.GeoDataFrame(parts[is_line].reset_index(drop=True))


def ground_of(path: Path | None, places: Places) -> BaseGeometry:
    """The ground: the polygons of a file, or what lies around all points.

    Raises
    ------
    InvalidInput
        If the file holds no polygons, or none of the places lies in them.
    """
    if path is None:
        return shapely.MultiPoint(places.points).convex_hull.buffer(MARGIN_M)
    ground = shapely.union_all(np.asarray(_beside(path, places.frame).geometry.array, dtype=object))
    if ground.area == 0:
        raise InvalidInput(f"{path.name!r} must hold polygons.")
    if not shapely.contains_xy(ground, *places.points.T).any():
        raise InvalidInput(f"None of the places lies in {path.name!r}; is it another town?")
    return ground


def grid_for(kind: str, cell_size_m: float | None, area: BaseGeometry, places: Places) -> Grid:
    """Cells of a kind and a size; where none is given it is chosen from the ground and from how places are rounded.

    Raises
    ------
    InvalidInput
        If there is no such kind.
    """
    if kind not in GRIDS:
        raise InvalidInput("The grid is hexagons or squares.")
    if cell_size_m is not None:
        return GRIDS[kind](float(cell_size_m))
    rounded = 5.0 * float(np.ceil(CELLS_PER_STEP * places.step_m / 5))
    largest = max(float(np.sqrt(area.area / MANY_CELLS)), 1.0)
    return GRIDS[kind](max(choose_cell_size(area.area), min(rounded, largest)))


def reach_for(reach_m: float | None, cell_size_m: float, least_m: float) -> float:
    """The reach that is given, or one of two rings at the least."""
    return max(least_m, RINGS * cell_size_m) if reach_m is None else reach_m


def tally(cells: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the held cells are each of the cells."""
    index = pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])
    rows = index.get_indexer(pd.MultiIndex.from_arrays([held[:, 0], held[:, 1]]))
    return np.bincount(rows[rows >= 0], minlength=len(cells))
