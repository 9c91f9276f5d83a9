"""Ranks with their doubt: clear orders are called clear, ties are not, and one person's weight is one."""

from typing import Any

import numpy as np
import pytest

from mapping.analysis.ranking import COMPONENTS, Ranking, Voices, rank_hotspots
from mapping.errors import AnalysisError

WEIGHTS = np.array([0.35, 0.35, 0.15, 0.15, 0.0])


def rank(people: list[int], severities: list[float], **changes: Any) -> Ranking:
    """Hotspots with so many people each, who all found it equally bad."""
    hotspot = np.repeat(np.arange(len(people)), people)
    voices = Voices(
        hotspot,
        np.arange(len(hotspot)),
        np.repeat(np.array(severities, dtype=float), people),
        np.full(len(hotspot), 0.8),
        np.zeros(len(hotspot), dtype=bool),
        np.full(len(hotspot), changes.pop("is_made_up", False)),
    )
    options: dict[str, Any] = {
        "weights": WEIGHTS,
        "top": 2,
        "draws": 300,
        "confidence": 0.9,
        "rng": np.random.default_rng(1),
    }
    exposure = changes.pop("exposure", np.zeros(len(people)))
    return rank_hotspots(voices, exposure, **{**options, **changes})


def test_a_clear_order_has_a_tier_for_each() -> None:
    found = rank([28, 14, 6], [4, 3, 1.5])
    assert found.rank.tolist() == [1, 2, 3]
    assert found.tier.tolist() == [1, 2, 3]
    assert found.rank_low.tolist() == found.rank_high.tolist() == [1, 2, 3]
    assert found.p_top.tolist() == [1, 1, 0]


def test_made_up_people_are_less_sure() -> None:
    """Who stands for several of whom only the middle is told makes ranks wider than the same people known by name."""
    known = rank([20, 20, 20], [2.6, 2.4, 2.2])
    made_up = rank([20, 20, 20], [2.6, 2.4, 2.2], is_made_up=True, rounding=4)
    assert (made_up.score == known.score).all()
    assert made_up.p_top.max() < known.p_top.max()
    assert made_up.tier.max() <= known.tier.max()


def test_equal_places_share_a_tier() -> None:
    found = rank([12, 12, 12, 3], [3, 3, 3, 1])
    assert found.tier.tolist() == [1, 1, 1, 2]
    assert (found.rank_low[:3] == 1).all()
    assert (found.rank_high[:3] == 3).all()


def test_points_add_up_and_leaving_a_part_out_is_leaving_it_out() -> None:
    found = rank([20, 8, 5], [1, 4, 2.5])
    np.testing.assert_allclose(found.points.sum(axis=1), found.score)
    for part, name in enumerate(COMPONENTS):
        left = found.score - found.points[:, part]
        assert found.rank_without[:, part].tolist() == (1 + (left[:, None] < left).sum(axis=1)).tolist(), name


def test_people_who_live_near_count_when_they_have_weight() -> None:
    weights = np.array([0.2, 0.2, 0.1, 0.1, 0.4])
    found = rank([10, 10], [3, 3], weights=weights, exposure=np.array([10.0, 4000.0]))
    assert found.rank.tolist() == [2, 1]
    assert found.points[1, 4] == pytest.approx(40 * np.log1p(4000) / np.log1p(5000))


def test_nothing_to_rank() -> None:
    assert rank([], []).tier.tolist() == []


@pytest.mark.parametrize(
    "weights", [[0.5, 0.5, 0.5, 0, 0], [1.2, -0.2, 0, 0, 0], [1, 0, 0, 0], [np.nan, 0.5, 0.5, 0, 0]]
)
def test_unusable_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(AnalysisError, match="sum to 1"):
        rank([3], [2], weights=np.array(weights))


def test_unusable_exposure_is_refused() -> None:
    for people in (-1.0, np.nan):
        with pytest.raises(AnalysisError, match="not negative"):
            rank([3], [2], exposure=np.array([people]))
