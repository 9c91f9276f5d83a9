"""Is it getting better or worse: the Mann-Kendall test and Sen's slope, for many series at once.

Sources: Mann (1945), doi:10.2307/1907187; Kendall (1975), Rank Correlation Methods; Sen (1968),
doi:10.1080/01621459.1968.10480934. Variance with ties: Gilbert (1987), Statistical Methods for Environmental
Pollution Monitoring, eq. 16.3.
"""

from dataclasses import dataclass
from threading import Thread

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mapping.errors import AnalysisError

MIN_STEPS = 3
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Trends:
    """Trends of n series.

    Parameters
    ----------
    score : ndarray of int64, shape (n,)
        Mann-Kendall S: pairs that rise less pairs that fall.
    z : ndarray of float, shape (n,)
        S with continuity correction in its standard deviations; zero where all values are equal.
    p_value : ndarray of float, shape (n,)
        Two-sided, normal approximation.
    tau : ndarray of float, shape (n,)
        S as a share of all pairs, −1…1.
    slope : ndarray of float, shape (n,)
        Sen's slope, in units of the values a step.
    """

    score: NDArray[np.int64]
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    tau: NDArray[np.float64]
    slope: NDArray[np.float64]


def mann_kendall(series: NDArray[np.generic]) -> Trends:
    """Mann-Kendall trend test of each row.

    Parameters
    ----------
    series : ndarray, shape (n, steps)
        Finite values at equal steps of time, oldest first; at least three steps.

    Returns
    -------
    Trends

    Raises
    ------
    AnalysisError
        If there are fewer than three steps, or a value is not finite.
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < MIN_STEPS:
        raise AnalysisError(f"A trend needs at least {MIN_STEPS} steps of time; take shorter windows.")
    if not np.isfinite(values).all():
        raise AnalysisError("Values must be finite; fill steps without data, with zero where nothing was counted.")
    count, steps = values.shape
    lags = np.repeat(np.arange(1.0, steps), np.arange(steps - 1, 0, -1))
    score, slope = np.empty(count, dtype=np.int64), np.empty(count)

    def fill(begin: int, end: int) -> None:
        room = np.empty((2, min(end - begin, ROWS_AT_ONCE), len(lags)))
        for first in range(begin, end, ROWS_AT_ONCE):
            part = slice(first, min(first + ROWS_AT_ONCE, end))
            score[part], slope[part] = _pairs(values[part], lags, room)

    half = count // 2 if count > ROWS_AT_ONCE else 0
    other = Thread(target=fill, args=(0, half))  # numpy lets go of the interpreter in what takes the time
    other.start()
    fill(half, count)
    other.join()
    spread = np.sqrt((steps * (steps - 1) * (2 * steps + 5) - _ties(values)) / 18)
    z = np.divide(score - np.sign(score), spread, out=np.zeros(count), where=spread > 0)
    return Trends(score, z, 2 * ndtr(-np.abs(z)), 2 * score / (steps * (steps - 1)), slope)


def _pairs(
    values: NDArray[np.float64], lags: NDArray[np.float64], room: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """S and the median slope over all pairs of steps, of so few rows that the pairs stay in the cache (`room`)."""
    steps = values.shape[1]
    changes, signs = room[:, : len(values)]
    filled = 0
    for lag in range(1, steps):
        np.subtract(values[:, lag:], values[:, :-lag], out=changes[:, filled : filled + steps - lag])
        filled += steps - lag
    score = np.sign(changes, out=signs).sum(axis=1).astype(np.int64)
    pairs, moved = len(lags), np.count_nonzero(signs, axis=1)
    falling = (moved - score) // 2
    is_zero = (falling <= (pairs - 1) // 2) & (falling + pairs - moved > pairs // 2)  # so many pairs tie: a median of 0
    slope = np.zeros(len(values))
    slope[~is_zero] = _medians(changes[~is_zero] / lags)
    return score, slope


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of each row; changes the order in the rows."""
    middle = values.shape[1] // 2
    values.partition(middle, axis=1)
    upper = values[:, middle]
    if values.shape[1] % 2:
        return upper
    return np.asarray((values[:, :middle].max(axis=1) + upper) / 2)


def _ties(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of t (t - 1) (2 t + 5) over the groups of t equal values of each row."""
    ordered = np.sort(values, axis=1)
    is_first = np.ones(values.shape, dtype=np.bool_)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    firsts = np.flatnonzero(is_first)
    sizes = np.diff(firsts, append=values.size)
    rows = firsts // values.shape[1]
    return np.asarray(np.bincount(rows, sizes * (sizes - 1) * (2 * sizes + 5), minlength=len(values)), dtype=np.float64)
