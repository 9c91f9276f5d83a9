"""Every number an analysis of hotspots depends on."""

import math
from dataclasses import dataclass

import numpy as np

from mapping.analysis import ranking
from mapping.analysis.grids import GRIDS, Grid, GridKind, rings_within
from mapping.errors import AnalysisError

WHOLE = (
    "min_reporters",
    "cap_per_reporter",
    "min_reports_to_test",
    "min_reporters_to_test",
    "bootstrap_draws",
    "top",
)
MEASURES = (
    "cell_size_m",
    "reach_m",
    "double_m",
    "double_s",
    "half_life_days",
    "exposure_reach_m",
    "max_q",
    "sure_q",
    "confidence",
)


@dataclass(frozen=True)
class HotspotParameters:
    """Every number an analysis depends on.

    Parameters
    ----------
    grid : str
        "hexagons" or "squares".
    cell_size_m : float, optional
        Width of the cells in metres; by default chosen from the data.
    half_life_days : float
        Days after which a mark weighs half.
    max_q : float
        Largest share of false alarms among the cells called hotspots.
    strict : bool
        Guard against any dependence between cells (Benjamini-Yekutieli); finds less.
    sure_q : float
        Below this q the badge says "very unlikely to be chance".
    min_reporters : int
        Below so many people the badge says "too few people yet", and a private layer is not told of.
    private_layers : tuple of str
        Layers about what people do to people. Of these only people by fixed cell are counted, in multiples of
        `min_reporters`; see `disclosure`.
    reach_m : float
        Cells up to so far from a cell are tested with it. Two marks of one person nearer than twice as much are of one
        place.
    double_m, double_s : float
        Marks of unknown senders not farther than this in metres and seconds from the first of them that was published
        are taken for it, sent twice.
    cap_per_reporter : int
        Most places at which one person counts.
    min_reports_to_test, min_reporters_to_test : int
        Below either, chance cannot be ruled out: clusters are listed without a test.
    exposure_reach_m : float
        People who live up to so far from a hotspot's cells are counted for its exposure.
    weights : tuple of 5 floats
        Of severity, reporters, recency, vulnerable, exposure; they sum to 1. Exposure counts nothing where no
        population is known.
    bootstrap_draws, confidence : int, float
        Of the rank interval.
    top : int
        How many first places to give chances for.
    evidence_layers : tuple of str
        Layers that speak of something wrong.
    """

    grid: GridKind = "hexagons"
    cell_size_m: float | None = None
    reach_m: float = 50.0
    half_life_days: float = 365.0
    max_q: float = 0.05
    strict: bool = False
    sure_q: float = 0.01
    min_reporters: int = 5
    private_layers: tuple[str, ...] = ("dangerous_places",)
    double_m: float = 15.0
    double_s: float = 600.0
    cap_per_reporter: int = 10
    min_reports_to_test: int = 30
    min_reporters_to_test: int = 10
    exposure_reach_m: float = 200.0
    weights: tuple[float, ...] = (0.35, 0.35, 0.15, 0.15, 0.0)
    bootstrap_draws: int = 500
    confidence: float = 0.9
    top: int = 3
    evidence_layers: tuple[str, ...] = ("dangerous_places", "unlit_streets", "accessibility_barriers")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if self.grid not in GRIDS:
            raise AnalysisError("grid is hexagons or squares.")
        if not isinstance(self.strict, bool):
            raise AnalysisError("strict is true or false.")
        for name in WHOLE:
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise AnalysisError(f"{name} must be a whole number, one or more.")
        for name in MEASURES:
            value = getattr(self, name)
            if not (name == "cell_size_m" and value is None) and not (_is_number(value) and value > 0):
                raise AnalysisError(f"{name} must be a positive number.")
        if not 0 < self.sure_q <= self.max_q < 1 or not 0 < self.confidence < 1:
            raise AnalysisError("sure_q, max_q and confidence lie between 0 and 1, sure_q not above max_q.")
        if not isinstance(self.weights, tuple | list) or not all(_is_number(weight) for weight in self.weights):
            raise AnalysisError("weights must be numbers.")
        ranking.require_weights(np.asarray(self.weights, dtype=np.float64))

    def voice_bandwidth_m(self, grid: Grid) -> float:
        """Width of a whole neighbourhood: within it one person counts once, or repeats would look like people."""
        return (2 * rings_within(grid.cell_size_m, self.reach_m) + 1) * grid.cell_size_m


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
