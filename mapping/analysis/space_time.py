"""Hotspots over disjoint windows of time: how each place behaves, and where it is getting better or worse."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mapping.analysis.draws import tails_of_sums
from mapping.analysis.emerging import emerging_categories
from mapping.analysis.getis_ord import exact_p_values, getis_ord, q_values
from mapping.analysis.lattices import Lattice
from mapping.analysis.trend import MIN_STEPS, Trends, mann_kendall
from mapping.errors import AnalysisError


@dataclass(frozen=True)
class SpaceTime:
    """Cells over windows.

    Parameters
    ----------
    strength : ndarray of float, shape (n, windows)
        Gi* of each cell in each window.
    is_hot, is_cold : ndarray of bool, shape (n, windows)
        Significant by the exact chance and Benjamini-Hochberg over the cells of the window.
    category : ndarray of str, shape (n,)
        Of `emerging.CATEGORIES`.
    trends : Trends
        Of the sums of each neighbourhood, marks a window.
    """

    strength: NDArray[np.float64]
    is_hot: NDArray[np.bool_]
    is_cold: NDArray[np.bool_]
    category: NDArray[np.str_]
    trends: Trends


def disjoint_windows(times: pd.Series, days: int, *, end: pd.Timestamp) -> tuple[NDArray[np.int64], list[pd.Timestamp]]:
    """Windows of equal length that end together at `end`; what is older than the last whole one is left out.

    Parameters
    ----------
    times : Series of Timestamp
        With time zone.
    days : int
        Length of a window.
    end : Timestamp
        With time zone; what is after it is left out.

    Returns
    -------
    window : ndarray of int64, shape (n,)
        From 0, the oldest; −1 for what is left out.
    begins : list of Timestamp
        Begin of each window.

    Raises
    ------
    AnalysisError
        If there are not at least three whole windows, or a time is missing.
    """
    if days < 1 or times.isna().any():
        raise AnalysisError("Windows need at least one day, and every mark a time; drop those without.")
    width = pd.Timedelta(days=days)
    past = times[times <= end]
    count = int((end - past.min()) / width) if len(past) else 0
    if count < MIN_STEPS:
        raise AnalysisError(f"The marks fill fewer than {MIN_STEPS} windows of {days} days; take shorter ones.")
    windows_ago = (end - times).dt.total_seconds().to_numpy() / width.total_seconds()
    ago = np.floor(windows_ago).astype(np.int64)
    window = np.where((ago >= 0) & (ago < count), count - 1 - ago, -1)
    return window, [end - (count - position) * width for position in range(count)]


def space_time(counts: NDArray[np.int64], lattice: Lattice, *, max_q: float, max_p: float = 0.05) -> SpaceTime:
    """Each cell's behaviour over windows.

    Parameters
    ----------
    counts : ndarray of int64, shape (n, windows)
        Marks of each cell in each window, oldest first; at least three windows.
    lattice : Lattice
        Of the n cells.
    max_q : float
        Largest share of false alarms among the hot, and among the cold, cells of a window.
    max_p : float
        Largest p-value that counts as a trend.

    Returns
    -------
    SpaceTime

    Raises
    ------
    AnalysisError
        If a count is negative, or there are fewer than three windows.

    Notes
    -----
    A window without any mark says nothing: no cell is hot or cold in it.
    """
    strength = np.column_stack([getis_ord(column, lattice) for column in counts.T])
    is_hot = np.column_stack([q_values(exact_p_values(column, lattice)) <= max_q for column in counts.T])
    is_cold = np.column_stack([q_values(_cold_p_values(column, lattice)) <= max_q for column in counts.T])
    sums = np.column_stack([lattice.sums(column) for column in counts.T])
    category = emerging_categories(strength, is_hot, is_cold, max_p=max_p)
    return SpaceTime(strength, is_hot, is_cold, category, mann_kendall(sums))


def _cold_p_values(counts: NDArray[np.int64], lattice: Lattice) -> NDArray[np.float64]:
    """Chance that as many cells drawn without replacement sum to no more than the neighbourhood has."""
    if len(counts) == 0:
        return np.zeros(0)
    highest = int(counts.max())
    sizes = lattice.weights.astype(np.int64)
    lacking = sizes * highest - lattice.sums(counts).astype(np.int64)
    return np.asarray(tails_of_sums(highest - counts, int(sizes.max()), int(lacking.max()))[sizes, lacking])
