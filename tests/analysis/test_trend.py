"""Mann-Kendall against its plain definition and pymannkendall, and the categories of emerging hotspots."""

import math

import numpy as np
import pymannkendall
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mapping.analysis.emerging import CATEGORIES, emerging_categories
from mapping.analysis.trend import mann_kendall
from mapping.errors import AnalysisError


@pytest.mark.parametrize("seed", range(4))
def test_trends_agree_with_pymannkendall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = np.vstack([rng.poisson(3, (40, 24)), rng.normal(0, 1, (40, 24)), np.full((1, 24), 2), [np.arange(24)]])
    found = mann_kendall(series)
    for row, values in enumerate(series):
        expected = pymannkendall.original_test(values)
        assert found.score[row] == expected.s
        assert found.z[row] == pytest.approx(expected.z, abs=1e-12)
        assert found.p_value[row] == pytest.approx(expected.p, abs=1e-12)
        assert found.tau[row] == pytest.approx(expected.Tau, abs=1e-12)
        assert found.slope[row] == pytest.approx(expected.slope, abs=1e-12)


@given(arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(3, 9)), elements=st.integers(-3, 3)))
def test_the_score_counts_pairs(series: np.ndarray) -> None:
    found = mann_kendall(series)
    for row, values in enumerate(series):
        steps = len(values)
        plain = sum(np.sign(values[j] - values[i]) for i in range(steps) for j in range(i + 1, steps))
        assert found.score[row] == plain
    turned = mann_kendall(series[:, ::-1])
    np.testing.assert_array_equal(turned.score, -found.score)
    np.testing.assert_allclose(turned.p_value, found.p_value)


def test_equal_values_have_no_trend() -> None:
    found = mann_kendall(np.full((2, 5), 7.0))
    assert found.z.tolist() == [0, 0]
    assert found.p_value.tolist() == [1, 1]


@pytest.mark.parametrize("series", [np.zeros((3, 2)), np.zeros(5), np.array([[1, 2, math.nan]])])
def test_what_cannot_have_a_trend_is_refused(series: np.ndarray) -> None:
    with pytest.raises(AnalysisError):
        mann_kendall(series)


@pytest.mark.parametrize(
    ("hot", "strength", "cold", "category"),
    [
        ("0000000001", "0000000009", "0000000000", "new"),
        ("0000000111", "0000000999", "0000000000", "consecutive"),
        ("1111111111", "0123456789", "0000000000", "intensifying"),
        ("1111111111", "5656565656", "0000000000", "persistent"),
        ("1111111111", "9876543210", "0000000000", "diminishing"),
        ("0110010101", "0990090909", "0000000000", "sporadic"),
        ("0110000001", "0990000009", "1000000000", "oscillating"),
        ("1111111110", "5656565650", "0000000000", "historical"),
        ("0110000000", "0990000000", "0000000000", "none"),
        ("0000000000", "5555555555", "1111111111", "none"),
    ],
)
def test_each_behaviour_has_its_category(hot: str, strength: str, cold: str, category: str) -> None:
    def row(digits: str) -> np.ndarray:
        return np.array([[int(digit) for digit in digits]])

    found = emerging_categories(row(strength), row(hot) == 1, row(cold) == 1)
    assert list(found) == [category]
    assert category in CATEGORIES


def test_categories_need_one_shape() -> None:
    with pytest.raises(AnalysisError, match="shape"):
        emerging_categories(np.zeros((2, 4)), np.zeros((2, 3), dtype=bool), np.zeros((2, 4), dtype=bool))
