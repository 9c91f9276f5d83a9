"""Density surfaces for looking at, never for significance: a Gaussian kernel by linear binning and FFT.

Sources: Silverman (1982), doi:10.2307/2347084 (algorithm AS 176); Wand (1994), doi:10.1080/10618600.1994.10474656
(linear binning); Silverman (1986), Density Estimation, eq. 4.14 (normal-reference bandwidth).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import map_coordinates

from mapping.analysis.points import checked_points
from mapping.errors import AnalysisError

REACH = 6.0  # bandwidths after which a Gaussian is nothing: exp(-18) = 1.5e-8
MARGIN = 3.0  # bandwidths of ground shown around the outermost points
MAX_NODES = 40_000_000
AT_ONCE = 4_000_000
THREADS = 2
M2_PER_KM2 = 1e6
MIN_SPREAD_M = 0.001


@dataclass(frozen=True)
class Surface:
    """A regular grid of densities.

    Parameters
    ----------
    values : ndarray of float, shape (rows, columns)
        Points (or weight) per km²; the first row is the southernmost.
    west, south : float
        Position of the first node, metres.
    cell_m : float
        Distance of neighbouring nodes, metres.
    """

    values: NDArray[np.float64]
    west: float
    south: float
    cell_m: float


def _checked(
    points_m: NDArray[np.float64], bandwidth_m: float, weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = checked_points(points_m)
    heavy = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(bandwidth_m) and bandwidth_m > 0):
        raise AnalysisError("The bandwidth must be a positive number of metres.")
    if heavy.shape != (len(points),) or not np.isfinite(heavy).all() or (heavy < 0).any():
        raise AnalysisError("Weights must be finite, not negative, and one for each point.")
    return points, heavy


def reference_bandwidth(points_m: NDArray[np.float64]) -> float:
    """The normal-reference bandwidth: right for one cluster, too wide for several.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        At least two different points, metres.

    Returns
    -------
    float
        Metres.

    Raises
    ------
    AnalysisError
        If the points do not spread.
    """
    points, _ = _checked(points_m, 1.0, None)
    spread = float(np.sqrt(points.var(axis=0, ddof=1).mean())) if len(points) > 1 else 0.0
    if spread < MIN_SPREAD_M:
        raise AnalysisError("A bandwidth cannot be chosen from points in one place; give one in metres.")
    return float(spread * len(points) ** (-1 / 6))


def kernel_density(
    points_m: NDArray[np.float64],
    bandwidth_m: float,
    *,
    cell_m: float | None = None,
    bounds_m: tuple[float, float, float, float] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Surface:
    """Gaussian kernel density on a grid.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Easting and northing, metres.
    bandwidth_m : float
        Standard deviation of the kernel, metres.
    cell_m : float, optional
        Distance of the grid's nodes, metres; by default a tenth of the bandwidth.
    bounds_m : (west, south, east, north), optional
        Ground to cover, metres, which must hold every point; by default the points and three bandwidths around.
    weights : ndarray of float, shape (n,), optional
        Not negative; by default one each.

    Returns
    -------
    Surface
        All zero where there is no point.

    Raises
    ------
    AnalysisError
        If a number is not finite, a point is outside the bounds, or the grid would be too large.

    Notes
    -----
    Each point is shared among its four nodes, which keeps its place and mass. With cells of a tenth of the bandwidth
    the error is a few 1e-6 of the peak for points anywhere; at worst, with every point on a node,
    (cell / bandwidth)² / 6 of it.
    """
    points, heavy = _checked(points_m, bandwidth_m, weights)
    cell = bandwidth_m / 10 if cell_m is None else cell_m
    west, south, east, north = bounds_m if bounds_m is not None else _around(points, MARGIN * bandwidth_m)
    if not (np.isfinite([cell, west, south, east, north]).all() and cell > 0 and west <= east and south <= north):
        raise AnalysisError("The grid needs a positive cell and bounds in the order west, south, east, north.")
    columns, rows = (int(np.ceil(extent / cell)) + 2 for extent in (east - west, north - south))
    if columns * rows > MAX_NODES:
        raise AnalysisError(f"The grid would have {columns * rows} nodes; take larger cells.")
    across, up = np.ascontiguousarray(points.T)
    if len(points) and not (west <= across.min() and across.max() <= east and south <= up.min() and up.max() <= north):
        raise AnalysisError("Every point must lie within the bounds; widen them or drop the points outside.")
    mass = _binned((across - west) / cell, (up - south) / cell, heavy, rows, columns)
    # Sharing among nodes widens each point by cell² / 6 on average: the kernel is taken narrower by as much.
    values = _convolved(mass, np.sqrt(max((bandwidth_m / cell) ** 2 - 1 / 6, 1e-6)))
    values *= M2_PER_KM2 / cell**2
    return Surface(values, west, south, cell)


def _around(points: NDArray[np.float64], margin_m: float) -> tuple[float, float, float, float]:
    if len(points) == 0:
        raise AnalysisError("Without points the bounds must be given.")
    (west, south), (east, north) = points.min(axis=0) - margin_m, points.max(axis=0) + margin_m
    return float(west), float(south), float(east), float(north)


def _binned(
    across: NDArray[np.float64], up: NDArray[np.float64], weights: NDArray[np.float64], rows: int, columns: int
) -> NDArray[np.float64]:
    """Mass of each point, given in cells, shared among its four nodes, bilinearly."""
    column, row = across.astype(np.int64), up.astype(np.int64)
    first = row * columns + column
    east, north = across - column, up - row
    east *= weights
    corner = east * north
    north *= weights
    mass = np.bincount(first, weights - east - north + corner, minlength=rows * columns)
    mass += np.bincount(first + 1, east - corner, minlength=rows * columns)
    mass += np.bincount(first + columns, north - corner, minlength=rows * columns)
    mass += np.bincount(first + (columns + 1), corner, minlength=rows * columns)
    return np.asarray(mass.reshape(rows, columns), dtype=np.float64)


def _convolved(mass: NDArray[np.float64], bandwidth: float) -> NDArray[np.float64]:
    """A Gaussian of `bandwidth` cells over the grid; zeros around keep the ends from meeting."""
    rows, columns = mass.shape
    reach = int(np.ceil(REACH * bandwidth))
    shape = [fft.next_fast_len(extent + reach, real=True) for extent in (rows, columns)]
    along_rows, along_columns = (_kernel_spectrum(extent, bandwidth) for extent in shape)
    spectrum = fft.rfft2(mass, shape, workers=THREADS)
    spectrum *= along_rows[:, None]
    spectrum *= along_columns[None, : spectrum.shape[1]]
    smooth = np.asarray(
        fft.irfft2(spectrum, shape, overwrite_x=True, workers=THREADS)[:rows, :columns], dtype=np.float64
    )
    return np.maximum(smooth, 0.0, out=smooth)


def _kernel_spectrum(extent: int, bandwidth: float) -> NDArray[np.float64]:
    steps = np.arange(extent)
    steps = np.minimum(steps, extent - steps)
    kernel = np.exp(-0.5 * (steps / bandwidth) ** 2) / (np.sqrt(2 * np.pi) * bandwidth)
    return np.asarray(fft.fft(kernel).real)


def density_on(surface: Surface, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a surface says at given places, between its nodes by straight lines.

    Parameters
    ----------
    surface : Surface
        As `kernel_density` gives it.
    places_m : ndarray of float, shape (m, 2)
        Metres.

    Returns
    -------
    ndarray of float, shape (m,)
        Points (or weight) per km²; zero off the surface.
    """
    places = checked_points(places_m)
    steps = (places - (surface.west, surface.south)) / surface.cell_m
    return np.asarray(map_coordinates(surface.values, steps.T[::-1], order=1, cval=0.0), dtype=np.float64)


def kernel_density_at(
    points_m: NDArray[np.float64],
    places_m: NDArray[np.float64],
    bandwidth_m: float,
    *,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Gaussian kernel density at given places, exactly: every point against every place.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Metres.
    places_m : ndarray of float, shape (m, 2)
        Metres.
    bandwidth_m : float
        Standard deviation of the kernel, metres.
    weights : ndarray of float, shape (n,), optional
        Not negative; by default one each.

    Returns
    -------
    ndarray of float, shape (m,)
        Points (or weight) per km².

    Raises
    ------
    AnalysisError
        If a number is not finite.
    """
    points, heavy = _checked(points_m, bandwidth_m, weights)
    places, _ = _checked(places_m, bandwidth_m, None)
    found = np.zeros(len(places))
    step = max(1, AT_ONCE // max(len(points), 1))
    for begin in range(0, len(places), step):
        gaps = places[begin : begin + step, None, :] - points[None, :, :]
        found[begin : begin + step] = np.exp(-0.5 * (gaps**2).sum(axis=2) / bandwidth_m**2) @ heavy
    return np.asarray(found * (M2_PER_KM2 / (2 * np.pi * bandwidth_m**2)))
