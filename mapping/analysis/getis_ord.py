"""Getis-Ord Gi*, and the exact chance of a neighbourhood's sum.

The usual normal z is unfit for rare counts: on clumped noise it raises thousands of false hotspots. Under the
hypothesis that the cells' values are exchangeable, the sum of a neighbourhood of k cells is the sum of k values drawn
without replacement from all n; its distribution is computed, not simulated.
Source: Getis & Ord (1992), doi:10.1111/j.1538-4632.1992.tb00261.x; Ord & Getis (1995),
doi:10.1111/j.1538-4632.1995.tb00912.x, eq. 14.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.draws import tails_of_sums
from mapping.errors import AnalysisError


class Neighbourhoods(Protocol):
    """What a statistic needs to know of space: a `Lattice` or `Weights`."""

    weights: NDArray[np.float64]
    squares: NDArray[np.float64]

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Weighted sum of the values in each neighbourhood."""


def getis_ord(values: NDArray[np.generic], neighbourhoods: Neighbourhoods) -> NDArray[np.float64]:
    """Gi* of each cell: how many standard deviations its neighbourhood stands out.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite values, one a cell.
    neighbourhoods : Lattice or Weights
        Each cell in its own neighbourhood.

    Returns
    -------
    ndarray of float, shape (n,)
        Without unit; zero where a neighbourhood is the whole map or all values are equal.

    Raises
    ------
    AnalysisError
        If a value is not finite, or there is not one for each cell.
    """
    numbers = np.asarray(values, dtype=np.float64)
    _require_one_each(numbers, neighbourhoods)
    if not np.isfinite(numbers).all():
        raise AnalysisError("Values must be finite; fill or drop cells without a value.")
    count = len(numbers)
    if count == 0 or numbers.min() == numbers.max():
        return np.zeros(count)
    centred = numbers - numbers.mean()
    spread = np.sqrt(np.einsum("i,i", centred, centred) / count)
    scale = count * neighbourhoods.squares
    scale -= neighbourhoods.weights**2
    np.sqrt(np.maximum(scale, 0.0, out=scale), out=scale)
    scale *= spread / np.sqrt(count - 1)
    sums = neighbourhoods.sums(centred)
    sums[scale == 0] = 0.0
    scale[scale == 0] = 1.0
    sums /= scale
    return sums


def exact_p_values(counts: NDArray[np.int64], neighbourhoods: Neighbourhoods) -> NDArray[np.float64]:
    """Chance that k cells drawn without replacement sum to at least what the neighbourhood has.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Counts, zero or more.
    neighbourhoods : Lattice or Weights
        Each cell in its own neighbourhood; weights of one.

    Returns
    -------
    ndarray of float, shape (n,)
        One-sided p-values in (0, 1].

    Raises
    ------
    AnalysisError
        If a count is negative or not whole, or weights are not ones.
    """
    whole = np.asarray(counts)
    _require_one_each(whole, neighbourhoods)
    if not np.issubdtype(whole.dtype, np.integer):
        raise AnalysisError("Exact chances need whole counts; give integers.")
    if not np.array_equal(neighbourhoods.weights, neighbourhoods.squares):
        raise AnalysisError("Exact chances need weights of one; count neighbours, do not weigh them.")
    if len(whole) == 0:
        return np.zeros(0)
    if whole.min() < 0:
        raise AnalysisError("Counts cannot be negative.")
    sums, sizes = neighbourhoods.sums(whole).astype(np.int64), neighbourhoods.weights.astype(np.int64)
    return np.asarray(tails_of_sums(whole, int(sizes.max()), int(sums.max()))[sizes, sums])


def _require_one_each(values: NDArray[np.generic], neighbourhoods: Neighbourhoods) -> None:
    if values.shape != neighbourhoods.weights.shape:
        raise AnalysisError("There must be one value for each cell.")


def q_values(p_values: NDArray[np.float64], *, strict: bool = False) -> NDArray[np.float64]:
    """Adjusted p-values: the share of false alarms among all cells at least as striking.

    Parameters
    ----------
    p_values : ndarray of float, shape (n,)
        In 0…1.
    strict : bool
        Benjamini-Yekutieli, which holds under any dependence, in place of Benjamini-Hochberg.

    Returns
    -------
    ndarray of float, shape (n,)
        In 0…1.

    Raises
    ------
    AnalysisError
        If a p-value is not in 0…1.

    Notes
    -----
    Written here because importing scipy.stats costs a server two seconds at its start; scipy is the tests' oracle.
    Source: Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli (2001),
    doi:10.1214/aos/1013699998.
    """
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise AnalysisError("Chances must lie between 0 and 1.")
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    places = np.arange(1, count + 1)
    factor = count * (np.sum(1 / places) if strict else 1.0)
    raised = np.minimum.accumulate((p_values[order] * factor / places)[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
