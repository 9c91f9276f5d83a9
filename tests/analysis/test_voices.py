"""One voice per person: the fast assignment against the plain one, and lines at their middle."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping.analysis.grids import HexagonGrid
from mapping.analysis.voices import one_voice

NOW = pd.Timestamp("2026-11-01", tz="UTC")


def _reports(points: np.ndarray, reporters: list[str], severity: np.ndarray) -> gpd.GeoDataFrame:
    count = len(points)
    return gpd.GeoDataFrame(
        {
            "reporter": reporters,
            "layer": "unlit_streets",
            "category": "no_lamps",
            "severity": severity,
            "when": "night",
            "affected": [()] * count,
            "observed_at": NOW,
        },
        index=pd.Index([f"r{position:04d}" for position in range(count)]),
        geometry=shapely.points(points),
        crs=32635,
    )


def _kept_plainly(frame: gpd.GeoDataFrame, bandwidth_m: float) -> set[str]:
    """A person's marks, strongest first, each kept unless an earlier kept one of theirs is near."""
    kept: list[tuple[str, str, shapely.Point]] = []
    ordered = frame.sort_values("severity", ascending=False, kind="stable")
    for report_id, reporter, point in zip(ordered.index, ordered["reporter"], ordered.geometry, strict=True):
        if all(who != reporter or place.distance(point) > bandwidth_m for _, who, place in kept):
            kept.append((report_id, reporter, point))
    return {report_id for report_id, _, _ in kept}


@pytest.mark.parametrize("seed", range(5))
def test_voices_are_those_of_the_plain_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = _reports(
        rng.uniform(0, 400, (300, 2)), [f"p{n}" for n in rng.integers(0, 30, 300)], rng.integers(1, 5, 300)
    )
    voices = one_voice(frame, grid=HexagonGrid(20), bandwidth_m=90, half_life_days=365, cap=100, now=NOW)
    assert set(voices["report_id"]) == _kept_plainly(frame, 90)


def test_ten_thousand_marks_of_one_person_in_one_spot_are_one_voice() -> None:
    frame = _reports(np.full((10_000, 2), 5.0), ["p"] * 10_000, np.full(10_000, 2))
    voices = one_voice(frame, grid=HexagonGrid(20), bandwidth_m=90, half_life_days=365, cap=10, now=NOW)
    assert list(voices["report_id"]) == ["r0000"]


def test_nobody_counts_at_more_places_than_the_cap() -> None:
    frame = _reports(np.column_stack([np.arange(20) * 1000.0, np.zeros(20)]), ["p"] * 20, np.full(20, 2))
    voices = one_voice(frame, grid=HexagonGrid(20), bandwidth_m=90, half_life_days=365, cap=7, now=NOW)
    assert len(voices) == 7
