"""Districts against each other: the known clusters of North Carolina, properties, bad input."""

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from scipy.stats import binom

from mapping.analysis.districts import compare_districts, likeness
from mapping.analysis.getis_ord import exact_p_values, getis_ord
from mapping.analysis.rates import empirical_bayes, excess_p_values
from mapping.analysis.weights import contiguity_weights
from mapping.errors import AnalysisError, GeodesyError


@pytest.fixture(scope="module")
def counties_gdf() -> gpd.GeoDataFrame:
    counties = gpd.read_file(libpysal.examples.get_path("sids2.shp")).set_crs(4267, allow_override=True)
    return counties.to_crs(32617).set_index("NAME")


def squares(side: int) -> gpd.GeoDataFrame:
    rows, columns = np.divmod(np.arange(side * side), side)
    boxes = shapely.box(columns * 100.0, rows * 100.0, columns * 100.0 + 100, rows * 100.0 + 100)
    return gpd.GeoDataFrame(geometry=boxes, crs=32636, index=[f"d{n}" for n in range(side * side)])


def test_counties_that_stand_out(counties_gdf: gpd.GeoDataFrame) -> None:
    births = counties_gdf["BIR74"].to_numpy(dtype=np.float64)
    found = compare_districts(counties_gdf, counties_gdf["SID74"].to_numpy(dtype=np.int64), births)
    assert found.index.equals(counties_gdf.index)
    together = set(found.index[found["standing"] == "together"])
    assert {"Robeson", "Bladen", "Scotland", "Columbus"} <= together  # the cluster of Kulldorff's scan
    assert {"Halifax", "Northampton", "Hertford", "Bertie"} <= together  # and its second
    assert found["standing"]["Anson"] == "alone"  # the highest rate of all
    assert found["standing"]["Mecklenburg"] == "none"
    assert found["expected"].sum() == pytest.approx(counties_gdf["SID74"].sum())
    np.testing.assert_array_equal(found["shrunken_rate"], empirical_bayes(found["events"], births))
    assert 0.1 < likeness(found) < 0.6


def test_without_exposure_the_exact_chance_is_that_of_cells(counties_gdf: gpd.GeoDataFrame) -> None:
    counts = counties_gdf["SID79"].to_numpy(dtype=np.int64)
    found = compare_districts(counties_gdf, counts)
    near = contiguity_weights(counties_gdf.geometry.array).with_self()
    np.testing.assert_array_equal(found["p_value"], exact_p_values(counts, near))
    np.testing.assert_array_equal(found["gi_star"], getis_ord(counts, near))


def test_standing_alone_and_quiet() -> None:
    districts_gdf = squares(15)
    counts, exposure = np.full(225, 4), np.full(225, 100.0)
    counts[[33, 47, 48, 31, 32, 46, 61, 62, 63]] = 1
    counts[47] = 26  # the neighbourhood has what is expected of it
    exposure[160] = 2000.0
    counts[160] = 20
    counts[[144, 145, 146, 159, 161, 174, 175, 176]] = 9
    found = compare_districts(districts_gdf, counts, exposure)
    assert found["standing"].drop(found.index[found["standing"] == "none"]).to_dict() == {
        "d47": "alone",
        "d160": "quiet",
    }


def test_the_chance_of_an_excess_is_the_binomial_tail() -> None:
    rng = np.random.default_rng(3)
    counts, share = rng.poisson(3, 50), rng.dirichlet(np.ones(50))
    total = int(counts.sum())
    np.testing.assert_allclose(excess_p_values(counts, share, total), binom.sf(counts - 1, total, share), rtol=1e-9)


@pytest.mark.parametrize("with_exposure", [False, True])
def test_chance_alone_seldom_raises_anything(with_exposure: bool) -> None:
    districts_gdf, rng = squares(12), np.random.default_rng(9)
    exposure = rng.uniform(50, 500, 144) if with_exposure else None
    raised = 0
    for _ in range(100):
        expected = np.full(144, 4.0) if exposure is None else exposure / 50
        found = compare_districts(districts_gdf, rng.poisson(expected), exposure)
        raised += int((found["standing"] == "together").any())
    assert raised <= 12  # one in twenty is promised


def test_nothing_constant_and_islands() -> None:
    empty = compare_districts(squares(3).iloc[:0], np.zeros(0, dtype=np.int64))
    assert len(empty) == 0
    flat = compare_districts(squares(3), np.full(9, 4))
    assert (flat["standing"] == "none").all()
    assert (flat["gi_star"] == 0).all()
    apart = squares(3).iloc[[0, 8]]
    found = compare_districts(apart, np.array([1, 5]), np.array([10.0, 10.0]))
    assert found["neighbours"].tolist() == [0, 0]
    assert np.isfinite(found.drop(columns=["geometry", "quadrant", "standing"]).to_numpy(dtype=float)).all()
    assert (compare_districts(squares(3), np.zeros(9, dtype=int), np.zeros(9))["standing"] == "none").all()


@pytest.mark.parametrize(
    ("events", "exposure", "reason"),
    [
        (np.ones(9), None, "whole count"),
        (np.ones(8, dtype=int), None, "whole count"),
        (np.full(9, -1), None, "negative"),
        (np.ones(9, dtype=int), np.full(9, -1.0), "not negative"),
        (np.ones(9, dtype=int), np.full(9, np.nan), "finite"),
        (np.ones(9, dtype=int), np.zeros(9), "nobody"),
    ],
)
def test_what_does_not_fit_is_refused(events: np.ndarray, exposure: np.ndarray | None, reason: str) -> None:
    with pytest.raises(AnalysisError, match=reason):
        compare_districts(squares(3), events, exposure)


def test_degrees_and_missing_shapes_are_refused() -> None:
    with pytest.raises(GeodesyError):
        compare_districts(squares(3).to_crs(4326), np.ones(9, dtype=int))
    missing = squares(3)
    missing.loc["d4", "geometry"] = None
    with pytest.raises(AnalysisError, match="missing"):
        compare_districts(missing, np.ones(9, dtype=int))
