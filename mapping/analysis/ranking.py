"""Score and rank of hotspots, with the doubt about it.

The score stands on fixed anchors, so that an old score does not move when data arrive elsewhere. Doubt comes from a
Poisson bootstrap over reporters times Dirichlet weights: who happened to report, and how the parts are weighed.
Source: OECD/JRC Handbook on composite indicators (2008); Saisana et al. (2005),
doi:10.1111/j.1467-985X.2005.00350.x; Hall & Miller (2010), doi:10.1214/10-AOS808.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.errors import AnalysisError

COMPONENTS = ("severity", "reporters", "recency", "vulnerable", "exposure")
REPORTERS_ANCHOR = 30
DIRICHLET_CONCENTRATION = 50.0
TOP = 3


@dataclass(frozen=True)
class Voices:
    """One row per hotspot and reporter: the strongest thing this person said of this place.

    `hotspot` and `reporter` are positions; `severity` 1–4; `recency` 2^(−age/half-life) in (0, 1];
    `is_vulnerable` whether a vulnerable group was named. All of shape (n,).
    """

    hotspot: NDArray[np.int64]
    reporter: NDArray[np.int64]
    severity: NDArray[np.float64]
    recency: NDArray[np.float64]
    is_vulnerable: NDArray[np.bool_]


@dataclass(frozen=True)
class Ranking:
    """Ranks of hotspots: `points` of shape (hotspots, components) sum to `score`; ranks are 1-based."""

    points: NDArray[np.float64]
    score: NDArray[np.float64]
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    p_top3: NDArray[np.float64]


def components(voices: Voices, hotspots: int, reporter_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The parts of the score on their fixed anchors.

    Parameters
    ----------
    voices : Voices
        What people said.
    hotspots : int
        How many hotspots there are.
    reporter_weights : ndarray of float, shape (reporters,)
        How often each person counts: ones, or a bootstrap draw.

    Returns
    -------
    ndarray of float, shape (hotspots, 5)
        In 0…1. Severity: mean 1 → 0, 4 → 1. Reporters: log(1 + n) / log(31), at most 1. Recency: mean of
        2^(−age/half-life). Vulnerable: share of people who named a vulnerable group. Exposure: 0, not yet known.
    """
    weights = reporter_weights[voices.reporter]
    people = np.bincount(voices.hotspot, weights, hotspots)
    divisor = np.where(people > 0, people, 1.0)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(voices.hotspot, weights * values, hotspots) / divisor)

    parts = np.column_stack(
        [
            mean((voices.severity - 1) / 3),
            np.minimum(np.log1p(people) / np.log1p(REPORTERS_ANCHOR), 1.0),
            mean(voices.recency),
            mean(voices.is_vulnerable.astype(np.float64)),
            np.zeros(hotspots),
        ]
    )
    return np.where(people[:, None] > 0, parts, 0.0)


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def rank_hotspots(
    voices: Voices,
    hotspots: int,
    *,
    weights: NDArray[np.float64],
    draws: int,
    confidence: float,
    rng: np.random.Generator,
) -> Ranking:
    """Score, rank and rank interval of each hotspot.

    Parameters
    ----------
    voices : Voices
        What people said.
    hotspots : int
        How many hotspots there are.
    weights : ndarray of float, shape (5,)
        Of the components; they sum to 1.
    draws : int
        Bootstrap draws.
    confidence : float
        Of the interval, e.g. 0.9.
    rng : numpy Generator
        Source of randomness.

    Returns
    -------
    Ranking

    Raises
    ------
    AnalysisError
        If the weights do not sum to 1.
    """
    if weights.shape != (len(COMPONENTS),) or not np.isclose(weights.sum(), 1.0) or (weights < 0).any():
        raise AnalysisError("Five weights, none negative, that sum to 1 are needed.")
    reporters = int(voices.reporter.max()) + 1 if len(voices.reporter) else 0
    points = 100 * components(voices, hotspots, np.ones(reporters)) * weights
    score = points.sum(axis=1)
    ranks = np.empty((draws, hotspots), dtype=np.int64)
    positive = weights > 0
    for draw in range(draws):
        drawn_weights = np.zeros(len(weights))
        drawn_weights[positive] = rng.dirichlet(weights[positive] * DIRICHLET_CONCENTRATION)
        parts = components(voices, hotspots, rng.poisson(1.0, reporters).astype(np.float64))
        ranks[draw] = _ranks(parts @ drawn_weights)
    rank = _ranks(score)
    tail = (1 - confidence) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf").astype(np.int64)
    return Ranking(points, score, rank, np.minimum(low, rank), np.maximum(high, rank), (ranks <= TOP).mean(axis=0))
