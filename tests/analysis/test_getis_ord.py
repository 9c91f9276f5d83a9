"""Gi* and its exact chance against published answers, esda and brute force."""

from itertools import combinations

import geopandas as gpd
import libpysal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control

from mapping.analysis.draws import tails_of_sums
from mapping.analysis.getis_ord import exact_p_values, getis_ord, q_values
from mapping.analysis.grids import HexagonGrid, unique_cells
from mapping.analysis.lattices import Lattice
from mapping.analysis.weights import Weights, contiguity_weights, distance_weights
from mapping.errors import AnalysisError

POINTS = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
VALUES = np.array([2, 3, 3.2, 5, 8, 7])


def ring(count: int, size: int) -> Weights:
    """Each place with the `size - 1` places after it, around a circle."""
    rows = np.repeat(np.arange(count), size)
    columns = (rows + np.tile(np.arange(size), count)) % count
    return Weights(csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count)))


def test_six_points_of_getis_and_ord() -> None:
    expected = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(getis_ord(VALUES, distance_weights(POINTS, 15).with_self()), expected, atol=5e-9)


def test_columbus_crime_is_hottest_at_row_15() -> None:
    tracts_gdf = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    z = getis_ord(tracts_gdf["CRIME"].to_numpy(), contiguity_weights(tracts_gdf.geometry.array).with_self())
    assert z.argmax() == 15
    assert z.max() == pytest.approx(3.475051, abs=5e-7)


@pytest.mark.filterwarnings("ignore")  # esda's own
def test_counted_neighbours_agree_with_esda() -> None:
    from esda.getisord import G_Local

    tracts_gdf = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    values = tracts_gdf["CRIME"].to_numpy()
    near = libpysal.weights.Queen.from_dataframe(tracts_gdf, use_index=False)
    peer = G_Local(values, near, "B", permutations=0, star=True)
    found = getis_ord(values, contiguity_weights(tracts_gdf.geometry.array).with_self())
    np.testing.assert_allclose(found, peer.Zs, atol=1e-12)


def test_weighed_neighbours_have_unit_spread_when_shuffled() -> None:
    """esda takes row-standardised weights for ones in the variance; the moments themselves are the oracle."""
    rng = np.random.default_rng(2)
    matrix = csr_array(np.where(rng.random((40, 40)) < 0.2, rng.random((40, 40)), 0.0) + np.eye(40))
    values = rng.gamma(1.0, 2.0, 40)
    for weights in (Weights(matrix), Weights(matrix).row_standardised()):
        z = np.array([getis_ord(rng.permutation(values), weights) for _ in range(4000)])
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.08)
        np.testing.assert_allclose(z.std(axis=0), 1, atol=0.06)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=9), st.integers(1, 3))
def test_exact_chance_equals_enumeration(values: list[int], size: int) -> None:
    counts = np.array(values)
    sums = [sum(chosen) for chosen in combinations(values, size)]
    around = [sum(values[(row + step) % len(values)] for step in range(size)) for row in range(len(values))]
    expected = [np.mean([total >= mine for total in sums]) for mine in around]
    np.testing.assert_allclose(exact_p_values(counts, ring(len(values), size)), expected, rtol=1e-11)


def test_shuffled_counts_keep_the_false_alarm_rate() -> None:
    rng = np.random.default_rng(5)
    counts = rng.negative_binomial(0.1, 0.17, 3000)
    cells, _ = unique_cells(np.stack(np.meshgrid(np.arange(60), np.arange(50)), axis=-1).reshape(-1, 2))
    lattice = Lattice(HexagonGrid(10), cells, 1)
    alarms = [np.mean(exact_p_values(rng.permutation(counts), lattice) <= 0.01) for _ in range(20)]
    assert 0.002 <= np.mean(alarms) <= 0.0115


def test_chances_of_large_neighbourhoods_do_not_overflow() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.2, 100_000)
    tails = tails_of_sums(counts, 331, 160)
    assert np.isfinite(tails).all()
    draws = np.array([rng.permutation(counts)[:331].sum() for _ in range(2000)])
    for total in (60, 66, 80):
        assert tails[331, total] == pytest.approx(np.mean(draws >= total), abs=0.04)
    assert 0 < tails[331, 160] < 1e-12


def test_chances_need_whole_counts_and_plain_neighbours() -> None:
    fractions: np.ndarray = np.ones(6)
    with pytest.raises(AnalysisError, match="integers"):
        exact_p_values(fractions, ring(6, 2))
    with pytest.raises(AnalysisError, match="weights of one"):
        exact_p_values(np.ones(6, dtype=int), ring(6, 2).row_standardised())
    with pytest.raises(AnalysisError, match="one value for each"):
        exact_p_values(np.ones(5, dtype=int), ring(6, 2))


def test_constant_counts_stand_out_nowhere() -> None:
    near = distance_weights(POINTS, 15).with_self()
    assert (getis_ord(np.full(6, 0.1), near) == 0).all()
    np.testing.assert_allclose(exact_p_values(np.ones(6, dtype=np.int64), near), 1, rtol=1e-12)


def test_unusable_values_are_refused() -> None:
    with pytest.raises(AnalysisError, match="finite"):
        getis_ord(np.array([1.0, np.nan]), ring(2, 2))
    with pytest.raises(AnalysisError, match="negative"):
        exact_p_values(np.array([-1, 2]), ring(2, 2))


def test_empty_in_empty_out() -> None:
    assert len(exact_p_values(np.zeros(0, dtype=np.int64), ring(0, 1))) == 0
    assert len(getis_ord(np.zeros(0), ring(0, 1))) == 0
    assert len(q_values(np.zeros(0))) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.booleans())
def test_adjusted_chances_are_those_of_scipy(values: list[float], strict: bool) -> None:
    expected = false_discovery_control(values, method="by" if strict else "bh")
    np.testing.assert_allclose(q_values(np.array(values), strict=strict), expected, rtol=1e-12, atol=1e-300)


def test_a_lattice_changes_no_cells_it_is_given() -> None:
    """Cells that lie column by column in memory, as a grid gives them, and a single one."""
    for points in (np.array([[35.0, 52.0]]), np.random.default_rng(1).uniform(0, 500, (40, 2))):
        cells = np.unique(HexagonGrid(10.0).cells_of(points), axis=0)
        kept = np.asfortranarray(cells.copy())
        Lattice(HexagonGrid(10.0), kept, 2)
        np.testing.assert_array_equal(kept, cells)
