"""Moran's I, for the whole map and for each place, with the exact chance of each place's neighbours.

A place unlike its neighbours (much among little, or little among much) is an outlier, which Gi* cannot show.
Sources: Moran (1950), doi:10.2307/2332142; Cliff & Ord (1981), Spatial Processes; Anselin (1995),
doi:10.1111/j.1538-4632.1995.tb00338.x, eq. 12 and its conditional hypothesis: a place keeps its value, the others
are exchangeable.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.draws import tails_of_sums
from mapping.analysis.weights import Weights
from mapping.errors import AnalysisError

QUADRANTS = ("high-high", "low-high", "low-low", "high-low")


@dataclass(frozen=True)
class LocalMoran:
    """Local Moran's I of n places.

    Parameters
    ----------
    statistic : ndarray of float, shape (n,)
        Without unit; zero where a place has no neighbours or all values are equal.
    quadrant : ndarray of str, shape (n,)
        The place, then its neighbours, above or below the mean: one of `QUADRANTS`; "none" for places without
        neighbours or where all values are equal. The two mixed ones are the outliers.
    """

    statistic: NDArray[np.float64]
    quadrant: NDArray[np.str_]


def morans_i(values: NDArray[np.generic], weights: Weights) -> float:
    """Moran's I of the whole map: whether like lies beside like.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite.
    weights : Weights
        As they are; usually row-standardised, no place its own neighbour.

    Returns
    -------
    float
        Near −1 / (n − 1) without any pattern; zero where all values are equal or nobody has a neighbour.

    Raises
    ------
    AnalysisError
        If a value is not finite, or there is not one for each place.
    """
    centred = _centred(values, weights)
    variance, total = float(centred @ centred), float(weights.weights.sum())
    if variance == 0 or total == 0:
        return 0.0
    return float(len(centred) / total * (centred @ weights.sums(centred)) / variance)


def local_moran(values: NDArray[np.generic], weights: Weights) -> LocalMoran:
    """Local Moran's I of each place.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite.
    weights : Weights
        As they are; usually row-standardised, no place its own neighbour.

    Returns
    -------
    LocalMoran
        Scaled by the sum of squares over n − 1.

    Raises
    ------
    AnalysisError
        If a value is not finite, or there is not one for each place.
    """
    centred = _centred(values, weights)
    around = weights.sums(centred)
    variance = float(centred @ centred) / max(len(centred) - 1, 1)
    if variance == 0:
        return LocalMoran(np.zeros(len(centred)), np.full(len(centred), "none"))
    has_neighbours = weights.weights > 0
    conditions = [centred > 0, around > 0]
    quadrant = np.select(
        [
            ~has_neighbours,
            conditions[0] & conditions[1],
            ~conditions[0] & conditions[1],
            ~conditions[0] & ~conditions[1],
        ],
        ["none", *QUADRANTS[:3]],
        default=QUADRANTS[3],
    )
    return LocalMoran(np.where(has_neighbours, centred * around / variance, 0.0), quadrant)


def _centred(values: NDArray[np.generic], weights: Weights) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != weights.weights.shape:
        raise AnalysisError("There must be one value for each place.")
    if not np.isfinite(numbers).all():
        raise AnalysisError("Values must be finite; fill or drop places without a value.")
    if len(numbers) == 0 or numbers.min() == numbers.max():
        return np.zeros(len(numbers))
    return np.asarray(numbers - numbers.mean(), dtype=np.float64)


def exact_local_p_values(counts: NDArray[np.int64], weights: Weights) -> NDArray[np.float64]:
    """Chance that a place's neighbours, drawn from all other places, are as far to their side as they are.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Zero or more.
    weights : Weights
        Ones, no place its own neighbour.

    Returns
    -------
    ndarray of float, shape (n,)
        One-sided, toward the side where the neighbours lie of what is expected of them; one where a place has no
        neighbours.

    Raises
    ------
    AnalysisError
        If a count is negative or not whole, or the weights are not ones or hold a place itself.

    Notes
    -----
    Places with the same count share one distribution: that of the sum of k of the other n − 1 counts.
    """
    whole = np.asarray(counts)
    if whole.shape != weights.weights.shape or not np.issubdtype(whole.dtype, np.integer):
        raise AnalysisError("Exact chances need one whole count for each place.")
    if not np.array_equal(weights.weights, weights.squares) or weights.matrix.diagonal().any():
        raise AnalysisError("Exact chances need weights of one, and no place its own neighbour.")
    sums, sizes = weights.sums(whole).astype(np.int64), weights.weights.astype(np.int64)
    p_values = np.ones(len(whole))
    for value in np.unique(whole):
        mine = np.flatnonzero((whole == value) & (sizes > 0))
        if len(mine) == 0:
            continue
        others = np.delete(whole, mine[0])
        is_high = sums[mine] >= sizes[mine] * others.mean()
        high, low = mine[is_high], mine[~is_high]
        p_values[high] = _upper_tails(others, sizes[high], sums[high])
        p_values[low] = _upper_tails(others.max() - others, sizes[low], sizes[low] * others.max() - sums[low])
    return p_values


def _upper_tails(counts: NDArray[np.int64], sizes: NDArray[np.int64], sums: NDArray[np.int64]) -> NDArray[np.float64]:
    if len(sizes) == 0:
        return np.zeros(0)
    return np.asarray(tails_of_sums(counts, int(sizes.max()), int(sums.max()))[sizes, sums])
