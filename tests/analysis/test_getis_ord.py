"""Gi* and its exact chance against published answers and brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from mapping.analysis.getis_ord import exact_p_values, getis_ord, q_values
from mapping.errors import AnalysisError

POINTS = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
VALUES = np.array([2, 3, 3.2, 5, 8, 7])


def _within(points: np.ndarray, distance: float) -> np.ndarray:
    near = np.linalg.norm(points[:, None] - points[None], axis=2) <= distance
    table = np.full((len(points), near.sum(axis=1).max()), -1)
    for row, mask in enumerate(near):
        table[row, : mask.sum()] = np.flatnonzero(mask)
    return table


def test_six_points_of_getis_and_ord() -> None:
    expected = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(getis_ord(VALUES, _within(POINTS, 15)), expected, atol=5e-9)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=9), st.integers(1, 3))
def test_exact_chance_equals_enumeration(values: list[int], size: int) -> None:
    counts = np.array(values)
    table = np.array([[(row + step) % len(values) for step in range(size)] for row in range(len(values))])
    sums = [sum(chosen) for chosen in combinations(values, size)]
    expected = [np.mean([total >= counts[row].sum() for total in sums]) for row in table]
    np.testing.assert_allclose(exact_p_values(counts, table), expected, rtol=1e-12)


def test_shuffled_counts_keep_the_false_alarm_rate() -> None:
    rng = np.random.default_rng(5)
    counts = rng.negative_binomial(0.1, 0.17, 3000)
    table = np.column_stack([(np.arange(3000) + step) % 3000 for step in range(7)])
    alarms = [np.mean(exact_p_values(rng.permutation(counts), table) <= 0.01) for _ in range(20)]
    assert 0.002 <= np.mean(alarms) <= 0.0115


def test_constant_counts_stand_out_nowhere() -> None:
    table = _within(POINTS, 15)
    assert (getis_ord(np.ones(6), table) == 0).all()
    assert (exact_p_values(np.ones(6, dtype=np.int64), table) == 1).all()


def test_unusable_values_are_refused() -> None:
    with pytest.raises(AnalysisError, match="finite"):
        getis_ord(np.array([1.0, np.nan]), np.array([[0, 1], [1, 0]]))
    with pytest.raises(AnalysisError, match="negative"):
        exact_p_values(np.array([-1, 2]), np.array([[0, 1], [1, 0]]))


def test_empty_in_empty_out() -> None:
    assert len(exact_p_values(np.zeros(0, dtype=np.int64), np.zeros((0, 7), dtype=np.int64))) == 0
    assert len(q_values(np.zeros(0))) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.booleans())
def test_adjusted_chances_are_those_of_scipy(values: list[float], strict: bool) -> None:
    expected = false_discovery_control(values, method="by" if strict else "bh")
    np.testing.assert_allclose(q_values(np.array(values), strict=strict), expected, rtol=1e-12, atol=1e-300)
