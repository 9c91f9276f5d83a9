"""Rates of events by exposure: drawn toward the mean where few are exposed, and the exact chance of an excess.

Small places are high and low by chance alone, which the shrunken rate takes back. Under the hypothesis of one rate
everywhere the count of a place given the total is binomial, so that the conditional Poisson test is exact. Caveat:
events come in clumps, so that a small chance says "one to look at", not a verdict.
Sources: Marshall (1991), doi:10.2307/2347593, the global moment estimator; Przyborowski & Wilenski (1940),
doi:10.1093/biomet/31.3-4.313, the conditional test.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from mapping.errors import AnalysisError


def empirical_bayes(events: NDArray[np.generic], exposure: NDArray[np.generic]) -> NDArray[np.float64]:
    """Rate of each place, shrunk toward the rate of all by how little it is exposed.

    Parameters
    ----------
    events : ndarray, shape (n,)
        Counts, zero or more.
    exposure : ndarray, shape (n,)
        People, metres of street or the like, zero or more; no events where it is zero.

    Returns
    -------
    ndarray of float, shape (n,)
        Events per unit of exposure; the rate of all where the exposure is zero or the rates differ by no more than
        chance.

    Raises
    ------
    AnalysisError
        If a number is negative or not finite, the shapes differ, or there are events without exposure.
    """
    counts, base = checked_exposure(events, exposure)
    if not base.any():
        return np.zeros(len(counts))
    overall = counts.sum() / base.sum()
    raw = np.divide(counts, base, out=np.full(len(base), overall), where=base > 0)
    spread = (base * (raw - overall) ** 2).sum() / base.sum()
    between = max(spread - overall / base[base > 0].mean(), 0.0)
    within = np.divide(overall, base, out=np.full(len(base), np.inf), where=base > 0)
    trust = between / (between + within) if between > 0 else np.zeros(len(base))
    return np.asarray(overall + trust * (raw - overall), dtype=np.float64)


def excess_p_values(events: NDArray[np.int64], share: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    """Chance of so many events or more if each of the total fell by exposure alone.

    Parameters
    ----------
    events : ndarray of int64, shape (n,)
        Counts, zero or more.
    share : ndarray of float, shape (n,)
        Of all exposure, 0…1.
    total : int
        Events everywhere.

    Returns
    -------
    ndarray of float, shape (n,)
        P(X ≥ events) of a binomial, as the incomplete beta function; one without events.
    """
    return np.where(events > 0, betainc(np.maximum(events, 1), total - events + 1, share), 1.0)


def checked_exposure(
    events: NDArray[np.generic], exposure: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Events and exposure as numbers that make sense together.

    Raises
    ------
    AnalysisError
        If a number is negative or not finite, the shapes differ, or there are events without exposure.
    """
    counts, base = np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if counts.ndim != 1 or counts.shape != base.shape:
        raise AnalysisError("There must be one exposure for each count of events.")
    if not (np.isfinite(counts).all() and np.isfinite(base).all()) or (counts < 0).any() or (base < 0).any():
        raise AnalysisError("Events and exposure must be finite and not negative.")
    if counts[base == 0].any():
        raise AnalysisError("There are events where nobody is exposed; join such places to their neighbours.")
    return counts, base
