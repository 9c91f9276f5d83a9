"""A grid of pointy-top hexagons, fixed to the origin of the CRS so that cells do not move when data arrive.

A cell is named by its axial coordinates (q, r). `cell_size_m` is the width across flats.
Source: Snyder, Qi & Sander (1999), doi:10.1117/12.373212, hexagonal cube coordinates.
"""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.errors import AnalysisError

Cells = NDArray[np.int64]
MIN_CELL_M, MAX_CELL_M = 15.0, 100.0
CELLS_PER_REPORT = 64


def choose_cell_size(area_m2: float, reports: int) -> float:
    """A cell width so fine that most cells hold no report and a few hold one.

    Parameters
    ----------
    area_m2 : float
        Area of the ground, in m².
    reports : int
        Number of reports on it.

    Returns
    -------
    float
        Metres, between 15 and 100, rounded to 5 m: about 64 cells to a report.

    Notes
    -----
    The exact test takes cells as exchangeable: a place that falls into one single cell can never stand out, however
    many people marked it, since some cell must be the highest. Cells finer than the places themselves give it power.
    """
    if not (math.isfinite(area_m2) and area_m2 > 0):
        raise AnalysisError("The area has no extent; give the community a boundary.")
    size = math.sqrt(area_m2 / (CELLS_PER_REPORT * max(reports, 1)))
    return float(np.clip(5 * round(size / 5), MIN_CELL_M, MAX_CELL_M))


def cells_of(points_m: NDArray[np.float64], cell_size_m: float) -> Cells:
    """The cell of each point, by cube rounding.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Easting and northing, metres.
    cell_size_m : float
        Width across flats, metres.

    Returns
    -------
    ndarray of int64, shape (n, 2)
        Axial coordinates.
    """
    radius = cell_size_m / math.sqrt(3)
    q = (math.sqrt(3) / 3 * points_m[:, 0] - points_m[:, 1] / 3) / radius
    r = 2 / 3 * points_m[:, 1] / radius
    cube = np.column_stack([q, r, -q - r])
    rounded = np.rint(cube)
    worst = np.abs(rounded - cube).argmax(axis=1)
    rows = np.arange(len(cube))
    rounded[rows, worst] -= rounded.sum(axis=1)
    return rounded[:, :2].astype(np.int64)


def cell_centres(cells: Cells, cell_size_m: float) -> NDArray[np.float64]:
    """Centres of cells, shape (n, 2), metres."""
    radius = cell_size_m / math.sqrt(3)
    return np.column_stack([cell_size_m * (cells[:, 0] + cells[:, 1] / 2), 1.5 * radius * cells[:, 1]])


def cell_polygons(cells: Cells, cell_size_m: float) -> NDArray[np.object_]:
    """Cells as polygons, shape (n,), metres."""
    radius = cell_size_m / math.sqrt(3)
    angles = np.deg2rad(np.arange(6) * 60 - 30)
    corners = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    rings = cell_centres(cells, cell_size_m)[:, None, :] + corners[None, :, :]
    return np.asarray(shapely.polygons(shapely.linearrings(rings)), dtype=object)


def sample_points(geometries: NDArray[np.object_], spacing_m: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points along geometries, at most `spacing_m` metres apart, with the position of their geometry.

    Returns
    -------
    points_m : ndarray, shape (m, 2)
        Points of lines, points themselves.
    owners : ndarray of int64, shape (m,)
        Index into `geometries`.
    """
    dense = shapely.segmentize(geometries, spacing_m)
    points, owners = shapely.get_coordinates(dense, return_index=True)
    return points, owners.astype(np.int64)


def street_cells(area: BaseGeometry, streets: NDArray[np.object_], cell_size_m: float) -> Cells:
    """The cells of an area that people can be in: those a street passes; all of them where no street is known.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        Metres.
    streets : ndarray of LineString
        Metres.
    cell_size_m : float
        Width across flats, metres.

    Returns
    -------
    ndarray of int64, shape (n, 2)
        Sorted axial coordinates, each once.
    """
    if len(streets):
        points, _ = sample_points(streets, cell_size_m / 4)
        cells = np.unique(cells_of(points, cell_size_m), axis=0)
    else:
        west, south, east, north = area.bounds
        xs = np.arange(west, east + cell_size_m / 2, cell_size_m / 2)
        ys = np.arange(south, north + cell_size_m / 2, cell_size_m / 2)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        cells = np.unique(cells_of(grid, cell_size_m), axis=0)
    centres = cell_centres(cells, cell_size_m)
    shapely.prepare(area)
    return cells[shapely.contains_xy(area, centres[:, 0], centres[:, 1])]


def ring_steps(rings: int) -> Cells:
    """Axial steps to a cell itself and all cells up to `rings` rings away, shape (1 + 3·rings·(rings + 1), 2)."""
    span = range(-rings, rings + 1)
    steps = [(q, r) for q in span for r in span if abs(q + r) <= rings]
    return np.array(sorted(steps, key=lambda step: (step != (0, 0), step)), dtype=np.int64)


def neighbour_table(cells: Cells, rings: int = 1) -> NDArray[np.int64]:
    """For each cell the positions of itself and the cells within some rings; −1 where there is none.

    Parameters
    ----------
    cells : ndarray of int64, shape (n, 2)
        Axial coordinates, sorted, each once.
    rings : int
        Reach, in cells.

    Returns
    -------
    ndarray of int64, shape (n, 1 + 3·rings·(rings + 1))
    """
    if len(cells) == 0:
        return np.zeros((0, len(ring_steps(rings))), dtype=np.int64)
    keys = cells[:, 0] * 2**32 + cells[:, 1]
    wanted = cells[:, None, :] + ring_steps(rings)[None, :, :]
    wanted_keys = wanted[..., 0] * 2**32 + wanted[..., 1]
    found = np.minimum(np.searchsorted(keys, wanted_keys), len(keys) - 1)
    return np.where(keys[found] == wanted_keys, found, -1)
