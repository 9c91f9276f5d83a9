"""Score and rank of hotspots, with the doubt about it.

The score stands on fixed anchors, so that an old score does not move when data arrive elsewhere. Doubt comes from a
Poisson bootstrap over reporters times Dirichlet weights: who happened to report, and how the parts are weighed.
Source: OECD/JRC Handbook on composite indicators (2008); Saisana et al. (2005),
doi:10.1111/j.1467-985X.2005.00350.x; Hall & Miller (2010), doi:10.1214/10-AOS808.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapping.errors import AnalysisError

COMPONENTS = ("severity", "reporters", "recency", "vulnerable", "exposure")
REPORTERS_ANCHOR = 30
EXPOSURE_ANCHOR = 5000
DIRICHLET_CONCENTRATION = 50.0
NONE = np.zeros(1)


@dataclass(frozen=True)
class Voices:
    """One row per hotspot and reporter: the strongest thing this person said of this place.

    `hotspot` and `reporter` are positions; `severity` 1–4; `recency` 2^(−age/half-life) in (0, 1];
    `is_vulnerable` whether a vulnerable group was named; `is_made_up` whether the row stands for somebody of whom only
    the middle of several is known, in a hotspot where up to `rounding` more may have marked. All of shape (n,).
    """

    hotspot: NDArray[np.int64]
    reporter: NDArray[np.int64]
    severity: NDArray[np.float64]
    recency: NDArray[np.float64]
    is_vulnerable: NDArray[np.bool_]
    is_made_up: NDArray[np.bool_]


@dataclass(frozen=True)
class Ranking:
    """Ranks of h hotspots and how far to trust them; ranks are 1-based, the first of equal scores first.

    Parameters
    ----------
    points : ndarray of float, shape (h, 5)
        What each component adds; they sum to `score`.
    score : ndarray of float, shape (h,)
        0…100.
    rank, rank_low, rank_high : ndarray of int64, shape (h,)
        Rank by score, and its interval.
    p_top : ndarray of float, shape (h,)
        Share of draws in which the hotspot is among the first `top`.
    tier : ndarray of int64, shape (h,)
        Hotspots of one tier cannot be told apart: a new tier begins after the first r where the same r lead in at
        least `confidence` of the draws.
    rank_without : ndarray of int64, shape (h, 5)
        Rank if a component did not count.
    """

    points: NDArray[np.float64]
    score: NDArray[np.float64]
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    p_top: NDArray[np.float64]
    tier: NDArray[np.int64]
    rank_without: NDArray[np.int64]


def components(
    voices: Voices,
    exposure: NDArray[np.float64],
    reporter_weights: NDArray[np.float64],
    more: NDArray[np.float64] = NONE,
) -> NDArray[np.float64]:
    """The parts of the score on their fixed anchors.

    Parameters
    ----------
    voices : Voices
        What people said.
    exposure : ndarray of float, shape (hotspots,)
        People who live near.
    reporter_weights : ndarray of float, shape (reporters,)
        How often each person counts: ones, or a bootstrap draw.
    more : ndarray of float, shape (hotspots,), optional
        People to be counted beside those with a voice.

    Returns
    -------
    ndarray of float, shape (hotspots, 5)
        In 0…1. Severity: mean 1 → 0, 4 → 1. Reporters: log(1 + n) / log(31), at most 1. Recency: mean of
        2^(−age/half-life). Vulnerable: share of people who named a vulnerable group. Exposure: log(1 + people) /
        log(5001), at most 1. All zero where nobody is left.
    """
    hotspots = len(exposure)
    weights = reporter_weights[voices.reporter]
    people = np.bincount(voices.hotspot, weights, hotspots)
    divisor = np.where(people > 0, people, 1.0)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(voices.hotspot, weights * values, hotspots) / divisor)

    parts = np.column_stack(
        [
            mean((voices.severity - 1) / 3),
            np.minimum(np.log1p(people + more) / np.log1p(REPORTERS_ANCHOR), 1.0),
            mean(voices.recency),
            mean(voices.is_vulnerable.astype(np.float64)),
            np.minimum(np.log1p(exposure) / np.log1p(EXPOSURE_ANCHOR), 1.0),
        ]
    )
    return np.where(people[:, None] > 0, parts, 0.0)


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def require_weights(weights: NDArray[np.float64]) -> None:
    """Refuse weights of components that make no score.

    Raises
    ------
    AnalysisError
        If they are not five finite numbers, none negative, that sum to 1.
    """
    if weights.shape != (len(COMPONENTS),) or not np.isclose(weights.sum(), 1.0) or (weights < 0).any():
        raise AnalysisError(f"Weights of {', '.join(COMPONENTS)} are needed: five, none negative, that sum to 1.")


def rank_hotspots(
    voices: Voices,
    exposure: NDArray[np.float64],
    *,
    weights: NDArray[np.float64],
    rounding: int = 0,
    top: int,
    draws: int,
    confidence: float,
    rng: np.random.Generator,
) -> Ranking:
    """Score and rank of each hotspot, with the doubt about it.

    Parameters
    ----------
    voices : Voices
        What people said.
    exposure : ndarray of float, shape (hotspots,)
        People who live near each; zero or more.
    weights : ndarray of float, shape (5,)
        Of the components; they sum to 1.
    rounding : int
        How many people more may have marked a hotspot with made-up voices.
    top : int
        How many first places to give chances for.
    draws : int
        Bootstrap draws.
    confidence : float
        Of the interval and the tiers, e.g. 0.9.
    rng : numpy Generator
        Source of randomness.

    Returns
    -------
    Ranking

    Raises
    ------
    AnalysisError
        If the weights do not sum to 1, or a number is negative, not finite or out of its range.
    """
    require_weights(weights)
    if not np.isfinite(exposure).all() or (exposure < 0).any():
        raise AnalysisError("Numbers of people must be finite and not negative.")
    if not (np.isfinite(voices.severity).all() and np.isfinite(voices.recency).all()):
        raise AnalysisError("Severity and recency must be finite; give every voice both.")
    if draws < 1 or not 0 < confidence < 1:
        raise AnalysisError("At least one draw is needed, and a confidence between 0 and 1.")
    reporters = int(voices.reporter.max()) + 1 if len(voices.reporter) else 0
    parts = components(voices, exposure, np.ones(reporters))
    points = 100 * parts * weights
    score = points.sum(axis=1)
    rank = _ranks(score)
    ranks = _drawn_ranks(voices, exposure, weights, rounding, draws, rng)
    tail = (1 - confidence) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf").astype(np.int64)
    return Ranking(
        points,
        score,
        rank,
        np.minimum(low, rank),
        np.maximum(high, rank),
        (ranks <= top).mean(axis=0),
        _tiers(rank, ranks, confidence),
        np.column_stack([_ranks(score - points[:, part]) for part in range(len(COMPONENTS))]),
    )


def _drawn_ranks(
    voices: Voices,
    exposure: NDArray[np.float64],
    weights: NDArray[np.float64],
    rounding: int,
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    reporters = int(voices.reporter.max()) + 1 if len(voices.reporter) else 0
    ranks = np.empty((draws, len(exposure)), dtype=np.int64)
    positive = weights > 0
    made_up = np.bincount(voices.hotspot[voices.is_made_up], minlength=len(exposure))
    step = np.divide(1.0, np.sqrt(made_up), out=np.zeros(len(exposure)), where=made_up > 0)  # of severity
    for draw in range(draws):
        drawn_weights = np.zeros(len(weights))
        drawn_weights[positive] = rng.dirichlet(weights[positive] * DIRICHLET_CONCENTRATION)
        shift = np.where(voices.is_made_up, rng.normal(0.0, step)[voices.hotspot], 0.0)
        drawn = replace(voices, severity=np.clip(voices.severity + shift, 1.0, 4.0))
        more = np.where(made_up > 0, rng.integers(0, rounding + 1, len(exposure)), 0).astype(np.float64)
        parts = components(drawn, exposure, rng.poisson(1.0, reporters).astype(np.float64), more)
        shuffled = rng.permutation(len(exposure))  # so that ties fall to either
        ranks[draw, shuffled] = _ranks((parts @ drawn_weights)[shuffled])
    return ranks


def _tiers(rank: NDArray[np.int64], ranks: NDArray[np.int64], confidence: float) -> NDArray[np.int64]:
    order = np.argsort(rank)
    worst = np.maximum.accumulate(ranks[:, order], axis=1)  # of the first r: they lead alone if none ranks below r
    is_clear = (worst == np.arange(1, len(rank) + 1)).mean(axis=0) >= confidence
    tier = np.empty(len(rank), dtype=np.int64)
    tier[order] = 1 + np.concatenate([[0], np.cumsum(is_clear[:-1])]) if len(rank) else tier
    return tier
