"""Moran's I against published answers, esda and enumeration; empirical Bayes against published answers."""

from contextlib import closing
from itertools import combinations

import geopandas as gpd
import libpysal
import numpy as np
import pytest
from scipy.sparse import csr_array

from mapping.analysis.moran import exact_local_p_values, local_moran, morans_i
from mapping.analysis.rates import empirical_bayes
from mapping.analysis.weights import Weights, contiguity_weights, distance_weights, nearest_weights
from mapping.errors import AnalysisError


def example(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(libpysal.examples.get_path(name))


def test_homicides_around_st_louis() -> None:
    with closing(libpysal.io.open(libpysal.examples.get_path("stl.gal"))) as neighbours:
        matrix = neighbours.read().sparse
    weights = Weights(csr_array(matrix)).row_standardised()
    assert morans_i(example("stl_hom.shp")["HR8893"].to_numpy(), weights) == pytest.approx(0.24365583, abs=5e-9)


@pytest.mark.filterwarnings("ignore")  # libpysal's own, of islands
def test_contiguity_is_that_of_libpysal() -> None:
    for name in ("sids2.shp", "columbus.shp", "stl_hom.shp"):
        polygons_gdf = example(name)
        peer = libpysal.weights.Queen.from_dataframe(polygons_gdf, use_index=False)
        assert (peer.sparse != contiguity_weights(polygons_gdf.geometry.array).matrix).nnz == 0


@pytest.mark.filterwarnings("ignore")  # esda's own
def test_local_statistic_and_quadrants_are_those_of_esda() -> None:
    from esda import Moran_Local

    counties_gdf = example("sids2.shp")
    values = counties_gdf["SID74"].to_numpy()
    peer = Moran_Local(values, libpysal.weights.Queen.from_dataframe(counties_gdf, use_index=False), permutations=0)
    found = local_moran(values, contiguity_weights(counties_gdf.geometry.array).row_standardised())
    np.testing.assert_allclose(found.statistic, peer.Is, atol=1e-12)
    names = np.array(["", "high-high", "low-high", "low-low", "high-low"])
    assert found.quadrant.tolist() == names[peer.q].tolist()


def test_exact_chances_equal_enumeration() -> None:
    rng = np.random.default_rng(4)
    for _ in range(10):
        counts = rng.poisson(1.0, 9)
        weights = nearest_weights(rng.uniform(0, 10, (9, 2)), 3)
        for place, p_value in enumerate(exact_local_p_values(counts, weights)):
            around = weights.matrix[[place]].nonzero()[1]
            others = np.delete(counts, place)
            sums = np.array([sum(chosen) for chosen in combinations(others.tolist(), 3)])
            mine = counts[around].sum()
            is_high = mine >= 3 * others.mean()
            expected = np.mean(sums >= mine) if is_high else np.mean(sums <= mine)
            assert p_value == pytest.approx(expected, rel=1e-11)


def test_a_lone_peak_is_an_outlier_and_equal_counts_are_nothing() -> None:
    points = np.stack(np.meshgrid(np.arange(9.0), np.arange(9.0)), axis=-1).reshape(-1, 2)
    weights = distance_weights(points, 1.5)
    counts = np.zeros(81, dtype=int)
    counts[40] = 9
    assert local_moran(counts, weights).quadrant[40] == "high-low"
    assert local_moran(counts, weights).quadrant[41] == "low-high"
    flat = np.full(81, 3)
    assert (local_moran(flat, weights).quadrant == "none").all()
    assert morans_i(flat, weights) == 0
    np.testing.assert_allclose(exact_local_p_values(flat, weights), 1, rtol=1e-12)


def test_places_without_neighbours_say_nothing() -> None:
    weights = distance_weights(np.array([[0.0, 0], [1, 0], [50, 0]]), 2)
    counts = np.array([4, 1, 7])
    found = local_moran(counts, weights)
    assert found.quadrant[2] == "none"
    assert found.statistic[2] == 0
    assert exact_local_p_values(counts, weights)[2] == 1


def test_sudden_infant_deaths_are_shrunk_as_published() -> None:
    counties_gdf = example("sids2.shp")
    rates = empirical_bayes(counties_gdf["SID74"].to_numpy(), counties_gdf["BIR74"].to_numpy())
    np.testing.assert_allclose(rates[:3], [0.0016973, 0.00170538, 0.00177309], atol=5e-9)


def test_shrinkage_at_its_ends() -> None:
    assert empirical_bayes(np.zeros(0), np.zeros(0)).tolist() == []
    assert empirical_bayes(np.zeros(3), np.zeros(3)).tolist() == [0, 0, 0]
    same = empirical_bayes(np.array([1, 2, 3, 0]), np.array([10, 20, 30, 0]))
    np.testing.assert_allclose(same, 0.1)


@pytest.mark.parametrize(
    ("events", "exposure"),
    [([1, 2], [1.0]), ([-1, 2], [1, 1]), ([1, 2], [1, -1]), ([1, np.nan], [1, 1]), ([1, 2], [np.inf, 1]),
     ([1, 2], [0, 1])],
)  # fmt: skip
def test_unusable_exposure_is_refused(events: list[float], exposure: list[float]) -> None:
    with pytest.raises(AnalysisError):
        empirical_bayes(np.array(events), np.array(exposure))


def test_unusable_weights_and_values_are_refused() -> None:
    with pytest.raises(AnalysisError, match="square"):
        Weights(csr_array(np.ones((2, 3))))
    with pytest.raises(AnalysisError, match="none negative"):
        Weights(csr_array(-np.eye(2)))
    with pytest.raises(AnalysisError, match="missing or empty"):
        contiguity_weights(np.array([None], dtype=object))
    with pytest.raises(AnalysisError, match="coincide"):
        nearest_weights(np.zeros((5, 2)), 2)
    with pytest.raises(AnalysisError, match="number of neighbours"):
        nearest_weights(np.zeros((5, 2)), 5)
    with pytest.raises(AnalysisError, match="threshold"):
        distance_weights(np.zeros((5, 2)), 0)
    weights = distance_weights(np.array([[0.0, 0], [1, 0]]), 2)
    fractions: np.ndarray = np.ones(2)
    with pytest.raises(AnalysisError, match="finite"):
        morans_i(np.array([1, np.nan]), weights)
    with pytest.raises(AnalysisError, match="one value"):
        local_moran(np.ones(3), weights)
    with pytest.raises(AnalysisError, match="whole count"):
        exact_local_p_values(fractions, weights)
    with pytest.raises(AnalysisError, match="its own neighbour"):
        exact_local_p_values(np.ones(2, dtype=int), weights.with_self())


def test_turned_and_moved_places_have_the_same_neighbours() -> None:
    rng = np.random.default_rng(6)
    points, counts = rng.uniform(0, 100, (60, 2)), rng.poisson(2, 60)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    moved = points @ turn.T + (4e5, 5e6)
    for here, there in (
        (nearest_weights(points, 4), nearest_weights(moved, 4)),
        (distance_weights(points, 18), distance_weights(moved, 18)),
    ):
        assert (here.matrix != there.matrix).nnz == 0
        np.testing.assert_allclose(exact_local_p_values(counts, here), exact_local_p_values(counts, there))
