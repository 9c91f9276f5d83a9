"""Density along streets against the heat kernels that are known exactly: a long street, a dead end and a star."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from mapping.analysis.network_density import NetworkSurface, network_density
from mapping.errors import AnalysisError, GeodesyError

CRS = 32635
BANDWIDTH = 50.0
LONG = [shapely.LineString([(0, 0), (333, 0), (1000, 0)])]


def network(lines: Sequence[BaseGeometry | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [f"s{n}" for n in range(len(lines))]}, geometry=lines, crs=CRS).set_index("name")


def star(arms: int, length: float = 400.0) -> gpd.GeoDataFrame:
    angles = 0.1 + 2 * np.pi * np.arange(arms) / arms
    return network([shapely.LineString([(0, 0), (length * np.cos(a), length * np.sin(a))]) for a in angles])


def grid(count: int = 6, step: float = 100.0) -> gpd.GeoDataFrame:
    ticks = step * np.arange(count)
    lines = [shapely.LineString([(x, y) for x in ticks]) for y in ticks]
    return network(lines + [shapely.LineString([(x, y) for y in ticks]) for x in ticks])


def gauss(x: np.ndarray | float, bandwidth: float = BANDWIDTH) -> np.ndarray:
    return np.asarray(1000 * np.exp(-0.5 * (np.asarray(x) / bandwidth) ** 2) / (np.sqrt(2 * np.pi) * bandwidth))


def centres(surface: NetworkSurface) -> np.ndarray:
    return shapely.get_coordinates(shapely.line_interpolate_point(surface.lixels_gdf.geometry, 0.5, normalized=True))


def mass(surface: NetworkSurface) -> float:
    return float((surface.lixels_gdf["density"] * surface.lixels_gdf["length_m"]).sum() / 1000)


def by_place(surface: NetworkSurface) -> np.ndarray:
    density: np.ndarray = surface.lixels_gdf["density"].to_numpy()
    return density[np.lexsort(np.round(centres(surface), 3).T)]


@pytest.mark.parametrize("bandwidth", [20.0, 50.0, 80.0])
@pytest.mark.parametrize("x", [500.0, 501.3, 502.5])
def test_a_long_street_has_the_exact_gaussian(bandwidth: float, x: float) -> None:
    surface = network_density(network(LONG), np.array([[x, 7.0]]), bandwidth_m=bandwidth)
    exact = gauss(centres(surface)[:, 0] - x, bandwidth)
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 2e-3 * gauss(0, bandwidth)


def test_shorter_lixels_come_closer() -> None:
    surface = network_density(network(LONG), np.array([[501.3, 0.0]]), bandwidth_m=BANDWIDTH, lixel_m=1.0)
    exact = gauss(centres(surface)[:, 0] - 501.3)
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 1e-4 * gauss(0)
    assert surface.lixels_gdf["length_m"].max() <= 1.0 + 1e-9


def test_the_mean_place_is_kept() -> None:
    surface = network_density(network(LONG), np.array([[501.3, 0.0]]), bandwidth_m=BANDWIDTH)
    frame = surface.lixels_gdf
    mean = (frame["density"] * frame["length_m"] * centres(surface)[:, 0]).sum() / 1000
    assert mean == pytest.approx(501.3, abs=1e-3)


@pytest.mark.parametrize("bandwidth", [5.0, 60.0, 1000.0])
def test_mass_is_kept_and_never_negative(bandwidth: float) -> None:
    points = np.random.default_rng(1).uniform(0, 500, (300, 2))
    weights = np.random.default_rng(2).uniform(0, 3, 300)
    surface = network_density(grid(), points, bandwidth_m=bandwidth, lixel_m=5.0, weights=weights)
    assert mass(surface) == pytest.approx(weights.sum(), rel=1e-9)
    assert surface.lixels_gdf["density"].min() >= 0
    assert surface.off_network == 0


def test_much_heat_levels_out() -> None:
    surface = network_density(grid(), np.array([[20.0, 0.0]]), bandwidth_m=5000, lixel_m=20)
    np.testing.assert_allclose(surface.lixels_gdf["density"], 1000 / (12 * 500), rtol=1e-6)


def test_the_lixels_are_the_streets() -> None:
    streets = network([shapely.LineString([(0, 0), (33, 4), (34, 60), (80, 80)]), LONG[0]])
    frame = network_density(streets, np.zeros((0, 2)), bandwidth_m=BANDWIDTH).lixels_gdf
    assert frame.crs == streets.crs
    assert list(frame.columns) == ["street", "length_m", "density", "geometry"]
    np.testing.assert_allclose(frame.geometry.length, frame["length_m"])
    assert frame["length_m"].max() <= 5.0 + 1e-9
    for label, line in streets.geometry.items():
        pieces = frame.geometry[frame["street"] == label]
        assert pieces.length.sum() == pytest.approx(line.length)
        assert shapely.hausdorff_distance(shapely.line_merge(shapely.union_all(pieces.to_numpy())), line) < 1e-6
    assert not frame["density"].any()


@pytest.mark.parametrize("arms", [3, 4, 5])
def test_a_point_at_a_junction_is_equal_on_every_arm(arms: int) -> None:
    surface = network_density(star(arms), np.zeros((1, 2)), bandwidth_m=BANDWIDTH)
    values = surface.lixels_gdf["density"].to_numpy().reshape(arms, -1)
    np.testing.assert_allclose(values, np.broadcast_to(values[0], values.shape), rtol=1e-9)
    exact = 2 / arms * gauss(np.hypot(*centres(surface).T))
    assert np.abs(values.ravel() - exact).max() <= 2e-3 * gauss(0)


@pytest.mark.parametrize("arms", [2, 3, 4, 7])
@pytest.mark.parametrize("away", [1.0, 2.5, 7.0, 40.0, 90.0])
def test_a_point_on_one_arm_of_a_star_has_the_exact_kernel(arms: int, away: float) -> None:
    surface = network_density(star(arms), away * np.array([[np.cos(0.1), np.sin(0.1)]]), bandwidth_m=BANDWIDTH)
    x = np.hypot(*centres(surface).T)
    same, other = gauss(x - away) + (2 / arms - 1) * gauss(x + away), 2 / arms * gauss(x + away)
    exact = np.where(surface.lixels_gdf["street"] == "s0", same, other)
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 2e-3 * gauss(0)


@pytest.mark.parametrize("away", [0.0, 1.0, 30.0, 80.0])
def test_a_dead_end_reflects(away: float) -> None:
    surface = network_density(network(LONG), np.array([[away, 0.0]]), bandwidth_m=BANDWIDTH)
    x = centres(surface)[:, 0]
    assert np.abs(surface.lixels_gdf["density"] - gauss(x - away) - gauss(x + away)).max() <= 4e-3 * gauss(0)


def test_a_ring_wraps_around() -> None:
    around = np.linspace(0, 2 * np.pi, 361)
    ring = 50 * np.column_stack((np.cos(around), np.sin(around)))
    ring[-1] = ring[0]
    surface = network_density(network([shapely.LineString(ring)]), np.array([[50.0, 0.0]]), bandwidth_m=BANDWIDTH)
    length = surface.lixels_gdf["length_m"].sum()
    x = surface.lixels_gdf["length_m"].cumsum() - surface.lixels_gdf["length_m"] / 2
    exact = sum(gauss(x + turn * length) for turn in range(-4, 5))
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 2e-3 * gauss(0)


def test_a_bridge_does_not_leak() -> None:
    lines = [shapely.LineString([(-300, 0), (300, 0)]), shapely.LineString([(0, -300), (0, 300)])]
    frame = network_density(network(lines), np.array([[20.0, 1.0]]), bandwidth_m=BANDWIDTH).lixels_gdf
    assert not frame["density"][frame["street"] == "s1"].any()
    assert frame["density"][frame["street"] == "s0"].max() == pytest.approx(gauss(0), rel=2e-3)


def test_shared_vertices_within_streets_connect() -> None:
    crossing = [
        shapely.LineString([(-400, 0), (0, 0), (400, 0)]),
        shapely.LineString([(0, -400), (0.002, 0.001), (0, 400)]),
    ]
    surface = network_density(network(crossing), np.array([[30.0, 0.0]]), bandwidth_m=BANDWIDTH)
    x, y = centres(surface).T
    same, other = gauss(x - 30) - gauss(x + 30) / 2, gauss(np.hypot(x, y) + 30) / 2
    exact = np.where((x > 0.1) & (np.abs(y) < 0.1), same, other)
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 2e-3 * gauss(0)


def test_an_end_on_a_vertex_is_a_junction_of_three() -> None:
    lines = [shapely.LineString([(-400, 0), (0, 0), (400, 0)]), shapely.LineString([(0, 0), (0, 400)])]
    surface = network_density(network(lines), np.zeros((1, 2)), bandwidth_m=BANDWIDTH)
    exact = 2 / 3 * gauss(np.hypot(*centres(surface).T))
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 2e-3 * gauss(0)


def test_very_short_streets_change_little() -> None:
    cuts = [0.0, 490.0, 490.03, 499.0, 501.0, 501.5, 1000.0]
    lines = [shapely.LineString([(a, 0), (b, 0)]) for a, b in pairwise(cuts)]
    surface = network_density(network(lines), np.array([[490.02, 0.0]]), bandwidth_m=BANDWIDTH)
    exact = gauss(centres(surface)[:, 0] - 490.02)
    assert np.abs(surface.lixels_gdf["density"] - exact).max() <= 4e-3 * gauss(0)
    assert mass(surface) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("angle", "east", "north"), [(0.0, 5e5, 6.67e6), (33.0, 0.0, 0.0), (71.0, -2e4, 300.0)])
def test_moving_and_turning_the_ground_changes_nothing(angle: float, east: float, north: float) -> None:
    def moved(geometry: shapely.Geometry) -> shapely.Geometry:
        return affinity.translate(affinity.rotate(geometry, angle, origin=(0, 0)), east, north)

    points = np.random.default_rng(4).uniform(0, 500, (60, 2))
    streets = grid()
    there = network(list(streets.geometry.map(moved)))
    turned = shapely.get_coordinates([moved(shapely.Point(point)) for point in points])
    here = network_density(streets, points, bandwidth_m=BANDWIDTH).lixels_gdf
    after = network_density(there, turned, bandwidth_m=BANDWIDTH).lixels_gdf
    np.testing.assert_allclose(after["density"], here["density"], atol=1e-6 * here["density"].max())


def test_the_order_and_direction_of_streets_change_nothing() -> None:
    points = np.vstack((np.random.default_rng(5).uniform(0, 500, (60, 2)), [[100, 100], [150, 150], [500, 500]]))
    streets = grid()
    shuffled = streets.sample(frac=1, random_state=1)
    here = network_density(streets, points, bandwidth_m=BANDWIDTH)
    for other in (shuffled, shuffled.set_geometry(shuffled.geometry.reverse())):
        there = network_density(other, points, bandwidth_m=BANDWIDTH)
        np.testing.assert_allclose(by_place(there), by_place(here), rtol=1e-9)


def test_weights_are_points_counted_again() -> None:
    points = np.random.default_rng(6).uniform(0, 500, (40, 2))
    double = network_density(grid(), points, bandwidth_m=BANDWIDTH, weights=np.full(40, 2.0))
    twice = network_density(grid(), np.vstack((points, points)), bandwidth_m=BANDWIDTH)
    np.testing.assert_allclose(double.lixels_gdf["density"], twice.lixels_gdf["density"], rtol=1e-9)


def test_points_far_from_any_street_are_not_counted() -> None:
    points = np.array([[500.0, 50.0], [500.0, 50.1], [500.0, -400.0]])
    surface = network_density(network(LONG), points, bandwidth_m=BANDWIDTH, max_distance_m=50)
    assert surface.off_network == 2
    assert mass(surface) == pytest.approx(1, rel=1e-9)
    nothing = network_density(network(LONG), points[2:], bandwidth_m=BANDWIDTH)
    assert nothing.off_network == 1
    assert not nothing.lixels_gdf["density"].any()


def test_streets_without_length_are_left_out() -> None:
    stump = shapely.LineString([(500, 0), (500, 0)])
    with_stumps = network([stump, *LONG, None, shapely.LineString()])
    frame = network_density(with_stumps, np.array([[500.0, 0.0]]), bandwidth_m=BANDWIDTH).lixels_gdf
    plain = network_density(network(LONG), np.array([[500.0, 0.0]]), bandwidth_m=BANDWIDTH).lixels_gdf
    assert set(frame["street"]) == {"s1"}
    np.testing.assert_array_equal(frame["density"], plain["density"])


def test_what_is_given_stays_as_it_is() -> None:
    streets, points, weights = grid(), np.array([[120.0, 3.0]]), np.array([2.0])
    before = streets.copy(), points.copy(), weights.copy()
    network_density(streets, points, bandwidth_m=BANDWIDTH, weights=weights)
    assert streets.geom_equals(before[0]).all()
    assert (points == before[1]).all()
    assert (weights == before[2]).all()


@pytest.mark.parametrize(
    "options",
    [
        {"bandwidth_m": 0.0},
        {"bandwidth_m": -1.0},
        {"bandwidth_m": np.nan},
        {"bandwidth_m": np.inf},
        {"lixel_m": 0.0},
        {"lixel_m": np.nan},
        {"lixel_m": 51.0},
        {"lixel_m": 1e-6},
        {"max_distance_m": 0.0},
        {"max_distance_m": np.nan},
        {"weights": np.ones(3)},
        {"weights": np.array([1.0, -1.0])},
        {"weights": np.array([1.0, np.nan])},
        {"points_m": np.array([[1.0, np.nan]])},
        {"points_m": np.ones((2, 3))},
        {"points_m": np.ones(2)},
    ],
)
def test_bad_numbers_are_refused(options: dict[str, Any]) -> None:
    given: dict[str, Any] = {"points_m": np.zeros((2, 2)), "bandwidth_m": BANDWIDTH, **options}
    with pytest.raises(AnalysisError):
        network_density(network(LONG), **given)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "no street"),
        ([None], "no street"),
        ([shapely.LineString([(5, 5), (5, 5)])], "no street"),
        ([*LONG, shapely.MultiLineString([[(0, 0), (1, 1)]])], "explode"),
        ([*LONG, shapely.Point(0, 0)], "drop points"),
        ([shapely.LineString([(0, 0), (np.inf, 0)])], "finite"),
    ],
)
def test_bad_streets_are_refused(lines: list[BaseGeometry | None], reason: str) -> None:
    with pytest.raises(AnalysisError, match=reason):
        network_density(network(lines), np.zeros((1, 2)), bandwidth_m=BANDWIDTH)


@pytest.mark.parametrize("crs", [None, 4326])
def test_streets_must_be_in_metres(crs: int | None) -> None:
    with pytest.raises(GeodesyError):
        network_density(gpd.GeoDataFrame(geometry=LONG, crs=crs), np.zeros((1, 2)), bandwidth_m=BANDWIDTH)
