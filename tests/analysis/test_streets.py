"""Streets against scipy's binomial test and made-up towns."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.stats import binomtest

from mapping.analysis.rates import empirical_bayes
from mapping.analysis.streets import nearest_streets, rank_streets
from mapping.errors import AnalysisError, GeodesyError


def streets(*lengths: float, crs: int | None = 32636) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(0, 100 * row), (length, 100 * row)]) for row, length in enumerate(lengths)]
    return gpd.GeoDataFrame({"name": [f"s{row}" for row in range(len(lines))]}, geometry=lines, crs=crs)


def marks_on(street: int, count: int) -> np.ndarray:
    return np.column_stack([np.linspace(1, 40, count), np.full(count, 100.0 * street + 3)])


def test_chances_are_those_of_an_exact_binomial_test() -> None:
    streets_gdf = streets(50, 200, 700)
    ranked = rank_streets(streets_gdf, np.vstack([marks_on(0, 6), marks_on(1, 2), marks_on(2, 5)]))
    assert ranked["marks"].tolist() == [6, 2, 5]
    for row, length in enumerate((50, 200, 700)):
        expected = binomtest([6, 2, 5][row], 13, length / 950, alternative="greater").pvalue
        assert ranked["p_value"][row] == pytest.approx(expected, rel=1e-12)
    assert ranked["expected"].sum() == pytest.approx(13)
    assert ranked["marks_per_100m"].tolist() == pytest.approx([12, 1, 5 / 7])
    shrunken = empirical_bayes(np.array([6, 2, 5]), np.array([50, 200, 700])) * 100
    np.testing.assert_allclose(ranked["shrunken_per_100m"], shrunken)


def test_a_short_street_with_one_mark_does_not_lead() -> None:
    ranked = rank_streets(streets(3, 100, *[150] * 30), np.vstack([marks_on(0, 1), marks_on(1, 12), marks_on(5, 2)]))
    assert ranked["marks_per_100m"].idxmax() == 0
    assert ranked["place"][1] == 1
    assert ranked.index.tolist() == list(range(32))


def test_marks_far_from_streets_and_ties() -> None:
    lines = np.array([shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(0, 20), (10, 20)])], dtype=object)
    points = np.array([[5.0, 10.0], [5, 18], [5, 90]])
    assert nearest_streets(lines, points, 30).tolist() == [0, 1, -1]
    assert nearest_streets(lines[:0], points, 30).tolist() == [-1, -1, -1]


def test_by_chance_alone_few_streets_stand_out() -> None:
    rng = np.random.default_rng(8)
    streets_gdf = streets(*rng.uniform(20, 300, 200))
    lengths = streets_gdf.length.to_numpy()
    raised = 0
    for _ in range(100):
        on = rng.choice(200, 400, p=lengths / lengths.sum())
        points = np.column_stack([rng.random(400) * lengths[on], 100.0 * on])
        raised += bool((rank_streets(streets_gdf, points)["q_value"] <= 0.05).any())
    assert raised <= 10


def test_without_marks_or_streets_nothing_is_claimed() -> None:
    ranked = rank_streets(streets(50, 60), np.zeros((0, 2)))
    assert (ranked["p_value"] == 1).all()
    assert (ranked["shrunken_per_100m"] == 0).all()
    assert len(rank_streets(streets(), np.zeros((0, 2)))) == 0


def test_unusable_streets_are_refused() -> None:
    with pytest.raises(GeodesyError):
        rank_streets(streets(50, crs=4326), np.zeros((0, 2)))
    with pytest.raises(GeodesyError):
        rank_streets(streets(50, crs=None), np.zeros((0, 2)))
    with pytest.raises(AnalysisError, match="single lines"):
        rank_streets(gpd.GeoDataFrame(geometry=[None], crs=32636), np.zeros((0, 2)))
    with pytest.raises(AnalysisError, match="finite"):
        rank_streets(streets(50), np.array([[np.nan, 0.0]]))
    with pytest.raises(AnalysisError, match="distance"):
        rank_streets(streets(50), np.zeros((0, 2)), max_distance_m=0)
