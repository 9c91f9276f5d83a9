"""Getis-Ord Gi* with binary weights, and the exact chance of a neighbourhood's sum.

The usual normal z is unfit for rare counts: on clumped noise it raises thousands of false hotspots. Under the
hypothesis that the cells' values are exchangeable, the sum of a neighbourhood of k cells is the sum of k values drawn
without replacement from all n; its distribution is computed, not simulated.
Source: Getis & Ord (1992), doi:10.1111/j.1538-4632.1992.tb00261.x; Ord & Getis (1995),
doi:10.1111/j.1538-4632.1995.tb00912.x, eq. 14.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from mapping.errors import AnalysisError


def neighbourhood_sums(
    values: NDArray[np.generic], neighbours: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum of the values in each neighbourhood, and its number of cells.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value a cell.
    neighbours : ndarray of int64, shape (n, m)
        Positions of the cell itself and its neighbours, −1 where there is none.

    Returns
    -------
    sums : ndarray of float, shape (n,)
    sizes : ndarray of int64, shape (n,)
    """
    is_there = neighbours >= 0
    sums = np.where(is_there, values.astype(np.float64)[neighbours], 0.0).sum(axis=1)
    return sums, is_there.sum(axis=1)


def getis_ord(values: NDArray[np.generic], neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Gi* of each cell: how many standard deviations its neighbourhood stands out.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite values, one a cell.
    neighbours : ndarray of int64, shape (n, m)
        Positions of the cell itself and its neighbours, −1 where there is none.

    Returns
    -------
    ndarray of float, shape (n,)
        Without unit; zero where a neighbourhood is the whole map or all values are equal.

    Raises
    ------
    AnalysisError
        If a value is not finite.
    """
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise AnalysisError("Values must be finite; fill or drop cells without a value.")
    count, mean = len(numbers), numbers.mean() if len(numbers) else 0.0
    sums, sizes = neighbourhood_sums(numbers, neighbours)
    spread = np.sqrt(max((numbers**2).mean() - mean**2, 0.0)) if count else 0.0
    scale = spread * np.sqrt(np.maximum(count * sizes - sizes**2, 0) / max(count - 1, 1))
    return np.asarray(np.divide(sums - mean * sizes, scale, out=np.zeros(count), where=scale > 0))


def exact_p_values(counts: NDArray[np.int64], neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chance that k cells drawn without replacement sum to at least what the neighbourhood has.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Counts, zero or more.
    neighbours : ndarray of int64, shape (n, m)
        Positions of the cell itself and its neighbours, −1 where there is none.

    Returns
    -------
    ndarray of float, shape (n,)
        One-sided p-values in (0, 1].

    Raises
    ------
    AnalysisError
        If a count is negative.

    Notes
    -----
    One dynamic programme over the distinct counts: ways[j, s] = number of ways to choose j cells that sum to s.
    All terms are positive, so the relative error stays near the machine's.
    """
    if len(counts) == 0:
        return np.zeros(0)
    if counts.min() < 0:
        raise AnalysisError("Counts cannot be negative.")
    sums, sizes = neighbourhood_sums(counts, neighbours)
    largest = int(sizes.max())
    ways = _ways(counts, largest)
    p_values = np.ones(len(counts))
    for size in np.unique(sizes):
        total = comb(len(counts), size)
        tails = np.cumsum(ways[size][::-1])[::-1] / total
        chosen = sizes == size
        p_values[chosen] = tails[sums[chosen].astype(np.int64)]
    return np.minimum(p_values, 1.0)


def _ways(counts: NDArray[np.int64], largest: int) -> NDArray[np.float64]:
    values, multiplicities = np.unique(counts, return_counts=True)
    highest = int(np.sort(counts)[::-1][:largest].sum())
    ways = np.zeros((largest + 1, highest + 1))
    ways[0, 0] = 1.0
    for value, multiplicity in zip(values.tolist(), multiplicities.tolist(), strict=True):
        grown = np.zeros_like(ways)
        for taken in range(min(largest, multiplicity) + 1):
            shift = taken * value
            if shift > highest:
                break
            grown[taken:, shift:] += comb(multiplicity, taken) * ways[: largest + 1 - taken, : highest + 1 - shift]
        ways = grown
    return ways


def q_values(p_values: NDArray[np.float64], *, strict: bool = False) -> NDArray[np.float64]:
    """Benjamini-Hochberg (or, strict, Benjamini-Yekutieli) adjusted p-values.

    Written here because importing scipy.stats costs a server two seconds at its start; scipy is the tests' oracle.
    Source: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli (2001),
    doi:10.1214/aos/1013699998.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    places = np.arange(1, count + 1)
    factor = count * (np.sum(1 / places) if strict else 1.0)
    raised = np.minimum.accumulate((p_values[order] * factor / places)[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
