"""Grids of equal cells, fixed to the origin of the CRS so that cells do not move when data arrive.

A cell is named by two whole numbers (q, r): axial coordinates of pointy-top hexagons, or column and row of squares.
`cell_size_m` is the width across flats, or the side.
Source: Snyder, Qi & Sander (1999), doi:10.1117/12.373212, hexagonal coordinates; Birch, Oom & Beecham (2007),
doi:10.1016/j.ecolmodel.2007.03.041, why hexagons: all six neighbours are alike.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.analysis.points import checked_points
from mapping.errors import AnalysisError

Cells = NDArray[np.int64]
Run = tuple[int, int, int]
"""Neighbours in one row: step in r, first and last step in q."""

MIN_CELL_M = 10.0
ENOUGH_CELLS = 1_000_000
MAX_CELLS = 4_000_000
KEY = 2**32
POINTS_AT_ONCE = 32_768


def cell_keys(cells: Cells) -> NDArray[np.int64]:
    """One number for each cell, to look cells up by; shape (n,)."""
    return np.asarray(cells[:, 0] * KEY + cells[:, 1], dtype=np.int64)


class Grid(Protocol):
    """What hexagons and squares have in common."""

    @property
    def cell_size_m(self) -> float:
        """Width across flats, or side; metres."""

    def cells_of(self, points_m: NDArray[np.float64]) -> Cells:
        """The cell of each point (n, 2), metres; shape (n, 2)."""

    def centres(self, cells: Cells) -> NDArray[np.float64]:
        """Centres of cells, shape (n, 2), metres."""

    def polygons(self, cells: Cells) -> NDArray[np.object_]:
        """Cells as polygons, shape (n,), metres."""

    def runs(self, rings: int) -> list[Run]:
        """A cell's neighbourhood of some rings, itself among it, row by row."""


@dataclass(frozen=True)
class HexagonGrid:
    """Pointy-top hexagons."""

    cell_size_m: float

    def __post_init__(self) -> None:
        """Refuse a size that is none."""
        _require_size(self.cell_size_m)

    def cells_of(self, points_m: NDArray[np.float64]) -> Cells:
        """The cell of each point (n, 2), metres: the nearest centre of two rectangular lattices."""
        return _blockwise(points_m, self._nearest)

    def _nearest(self, x: NDArray[np.float64], y: NDArray[np.float64], cells: Cells) -> None:
        """The nearer of two centres: that of the rectangle the point is in, or its corner, half a cell away."""
        across, up = x / self.cell_size_m, y / (self.cell_size_m * math.sqrt(3))
        column, row = np.rint(across), np.rint(up)
        across -= column
        up -= row
        is_west, is_south = across < 0, up < 0
        np.abs(across, out=across)
        np.abs(up, out=up)
        up *= 3
        across += up
        at_corner = across > 1  # the squared distances differ by 1 − |a| − 3 |b|
        column -= row
        row += row
        column += (is_south & at_corner).view(np.int8) - (is_west & at_corner).view(np.int8)
        row += at_corner.view(np.int8) - 2 * (is_south & at_corner).view(np.int8)
        cells[:, 0], cells[:, 1] = column, row

    def centres(self, cells: Cells) -> NDArray[np.float64]:
        """Centres of cells, shape (n, 2), metres."""
        height = self.cell_size_m * math.sqrt(3) / 2
        return np.column_stack([self.cell_size_m * (cells[:, 0] + cells[:, 1] / 2), height * cells[:, 1]])

    def polygons(self, cells: Cells) -> NDArray[np.object_]:
        """Cells as polygons, shape (n,), metres."""
        angles = np.deg2rad(np.arange(6) * 60 - 30)
        corners = self.cell_size_m / math.sqrt(3) * np.column_stack([np.cos(angles), np.sin(angles)])
        return _rings(self.centres(cells), corners)

    def runs(self, rings: int) -> list[Run]:
        """A cell's neighbourhood of some rings, itself among it, row by row."""
        return [(r, max(-rings, -rings - r), min(rings, rings - r)) for r in range(-rings, rings + 1)]


@dataclass(frozen=True)
class SquareGrid:
    """Squares; neighbours touch by side or corner."""

    cell_size_m: float

    def __post_init__(self) -> None:
        """Refuse a size that is none."""
        _require_size(self.cell_size_m)

    def cells_of(self, points_m: NDArray[np.float64]) -> Cells:
        """The cell of each point (n, 2), metres."""
        return _blockwise(points_m, self._holding)

    def _holding(self, x: NDArray[np.float64], y: NDArray[np.float64], cells: Cells) -> None:
        cells[:, 0] = np.floor(x / self.cell_size_m)
        cells[:, 1] = np.floor(y / self.cell_size_m)

    def centres(self, cells: Cells) -> NDArray[np.float64]:
        """Centres of cells, shape (n, 2), metres."""
        return np.asarray(self.cell_size_m * (cells + 0.5), dtype=np.float64)

    def polygons(self, cells: Cells) -> NDArray[np.object_]:
        """Cells as polygons, shape (n,), metres."""
        corners = self.cell_size_m / 2 * np.array([[1, -1], [1, 1], [-1, 1], [-1, -1]])
        return _rings(self.centres(cells), corners)

    def runs(self, rings: int) -> list[Run]:
        """A cell's neighbourhood of some rings, itself among it, row by row."""
        return [(r, -rings, rings) for r in range(-rings, rings + 1)]


GridKind = Literal["hexagons", "squares"]
GRIDS: dict[str, type[HexagonGrid] | type[SquareGrid]] = {"hexagons": HexagonGrid, "squares": SquareGrid}


def _require_size(cell_size_m: float) -> None:
    if not (math.isfinite(cell_size_m) and cell_size_m > 0):
        raise AnalysisError("The cell size must be a positive number of metres.")


def _blockwise(
    points_m: NDArray[np.float64], place: Callable[[NDArray[np.float64], NDArray[np.float64], Cells], None]
) -> Cells:
    """Cells of points, so many at once that the steps between stay in the processor's cache."""
    points = checked_points(points_m)
    cells = np.empty((2, len(points)), dtype=np.int64).T  # each coordinate lies together
    for begin in range(0, len(points), POINTS_AT_ONCE):
        part = slice(begin, begin + POINTS_AT_ONCE)
        place(points[part, 0], points[part, 1], cells[part])
    return cells


def _rings(centres: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.object_]:
    rings = centres[:, None, :] + corners[None, :, :]
    return np.asarray(shapely.polygons(shapely.linearrings(rings)), dtype=object)


def choose_cell_size(area_m2: float) -> float:
    """A cell width as fine as a finger on a map, coarser where there would be too many cells.

    Parameters
    ----------
    area_m2 : float
        Area of the ground, in m².

    Returns
    -------
    float
        Metres: 10, or the next multiple of 5 with which there are no more than about a million cells.

    Raises
    ------
    AnalysisError
        If the area has no extent.

    Notes
    -----
    The exact test takes cells as exchangeable: a place that falls into one single cell can never stand out, however
    many people marked it, since some cell must be the highest. Cells finer than the places themselves give it power.
    """
    if not (math.isfinite(area_m2) and area_m2 > 0):
        raise AnalysisError("The area has no extent; give the community a boundary.")
    return max(MIN_CELL_M, 5.0 * math.ceil(math.sqrt(area_m2 / ENOUGH_CELLS) / 5))


def rings_within(cell_size_m: float, reach_m: float) -> int:
    """How many rings of cells lie within a distance of a cell's centre, one at the least.

    Raises
    ------
    AnalysisError
        If the reach is no positive number of metres.
    """
    if not (math.isfinite(reach_m) and reach_m > 0):
        raise AnalysisError("The reach must be a positive number of metres.")
    return max(1, round(reach_m / cell_size_m - 0.5))


def cell_counts(grid: Grid, points_m: NDArray[np.float64]) -> tuple[Cells, NDArray[np.int64]]:
    """The cells that hold points, and how many.

    Parameters
    ----------
    grid : Grid
        Hexagons or squares.
    points_m : ndarray of float, shape (n, 2)
        Metres.

    Returns
    -------
    cells : ndarray of int64, shape (m, 2)
        Sorted, each once.
    counts : ndarray of int64, shape (m,)
        One or more.
    """
    return unique_cells(grid.cells_of(points_m))


def unique_cells(cells: Cells) -> tuple[Cells, NDArray[np.int64]]:
    """Each cell once, in the order of q, then r, and how often it was there."""
    if len(cells) == 0:
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64)
    q, r = cells[:, 0], cells[:, 1]
    first_q, first_r = int(q.min()), int(r.min())
    columns, rows = int(q.max()) - first_q + 1, int(r.max()) - first_r + 1
    if columns * rows > 8 * len(cells) + MAX_CELLS:
        keys, counts = np.unique((q - first_q) * KEY + (r - first_r), return_counts=True)
        return np.column_stack([keys // KEY + first_q, keys % KEY + first_r]), counts
    tally = np.bincount((q - first_q) * rows + (r - first_r), minlength=columns * rows)
    held = np.flatnonzero(tally)
    return np.column_stack([held // rows + first_q, held % rows + first_r]), tally[held]


def sample_points(geometries: NDArray[np.object_], spacing_m: float) -> NDArray[np.float64]:
    """Points along geometries at most `spacing_m` metres apart, shape (n, 2); points as they are."""
    return np.asarray(shapely.get_coordinates(shapely.segmentize(geometries, spacing_m)), dtype=np.float64)


def ground_cells(grid: Grid, area: BaseGeometry, streets: NDArray[np.object_]) -> Cells:
    """The cells of an area that people can be in: those a street passes; all of them where no street is known.

    Parameters
    ----------
    grid : Grid
        Hexagons or squares.
    area : Polygon or MultiPolygon
        Metres.
    streets : ndarray of LineString
        Metres.

    Returns
    -------
    ndarray of int64, shape (n, 2)
        Sorted, each once.

    Raises
    ------
    AnalysisError
        If there would be more than four million.
    """
    half = grid.cell_size_m / 2
    west, south, east, north = area.bounds
    if max(east - west, half) * max(north - south, half) / grid.cell_size_m**2 > 4 * MAX_CELLS:
        raise AnalysisError("The cells are too small for so large an area; take larger ones.")
    if len(streets):
        points = sample_points(streets, half / 2)
    else:
        xs, ys = np.arange(west, east + half, half), np.arange(south, north + half, half)
        points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    cells, _ = cell_counts(grid, points)
    centres = grid.centres(cells)
    shapely.prepare(area)
    return cells[shapely.contains_xy(area, centres[:, 0], centres[:, 1])]
