"""The sum of some values drawn without replacement: its whole distribution, computed and not simulated.

One multivariate-hypergeometric dynamic programme over the distinct values. All terms are positive, so that relative
errors stay near the machine's however small a chance is.
"""

import numpy as np
from numpy.typing import NDArray

from mapping.errors import AnalysisError

MAX_TABLE = 50_000_000


def tails_of_sums(counts: NDArray[np.int64], largest: int, highest: int) -> NDArray[np.float64]:
    """Chance that `size` values drawn without replacement sum to `total` or more.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Zero or more.
    largest : int
        Largest size asked for, at most n.
    highest : int
        Highest total asked for.

    Returns
    -------
    ndarray of float, shape (largest + 1, highest + 1)
        By size and total; in 0…1.

    Raises
    ------
    AnalysisError
        If a count is negative, or sums are so large that their distribution does not fit the memory.

    Notes
    -----
    chances[j, s] is, up to the number of ways to choose j of all n, the number of ways to choose j of the values
    seen so far that sum to s; sums above `highest` are kept together with it.
    """
    if len(counts) and counts.min() < 0:
        raise AnalysisError("Counts cannot be negative.")
    if (largest + 1) * (highest + 1) > MAX_TABLE:
        raise AnalysisError("The counts are too large for exact chances; take a unit that gives smaller ones.")
    values, multiplicities = np.unique(counts, return_counts=True)
    ways = _log_ways(len(counts), largest)
    chances = np.zeros((largest + 1, highest + 1))
    chances[0, 0] = 1.0
    for value, multiplicity in zip(values.tolist(), multiplicities.tolist(), strict=True):
        most = min(largest, multiplicity)
        some = _log_ways(multiplicity, most)
        grown = np.zeros_like(chances)
        for taken in range(most + 1):
            sizes = np.arange(largest + 1 - taken)
            factor = np.exp(some[taken] + ways[sizes] - ways[sizes + taken])[:, None]
            _add_shifted(grown[taken:], factor * chances[: largest + 1 - taken], taken * value)
        chances = grown
    return np.minimum(np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], 1.0)


def _add_shifted(target: NDArray[np.float64], part: NDArray[np.float64], shift: int) -> None:
    """Move sums up by `shift`; those beyond the last column gather in it."""
    last = target.shape[1] - 1
    if shift <= last:
        target[:, shift:] += part[:, : last + 1 - shift]
    target[:, last] += part[:, max(last + 1 - shift, 0) :].sum(axis=1)


def _log_ways(count: int, largest: int) -> NDArray[np.float64]:
    """Logarithm of the ways to choose 0, 1, … `largest` of `count`."""
    taken = np.arange(largest)
    steps = np.log(np.maximum(count - taken, 0.5)) - np.log(taken + 1)
    return np.concatenate([[0.0], np.cumsum(steps)])
