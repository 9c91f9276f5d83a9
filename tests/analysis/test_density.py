"""Density surfaces against the exact kernel: values, mass, and that moving the ground changes nothing."""

from typing import Any

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.analysis.density import Surface, density_on, kernel_density, kernel_density_at, reference_bandwidth
from mapping.errors import AnalysisError

POINTS = np.random.default_rng(3).normal(0, 120, (400, 2)) + np.array([500_000, 6_670_000])


def _nodes(surface: Surface) -> np.ndarray:
    rows, columns = surface.values.shape
    xs = surface.west + surface.cell_m * np.arange(columns)
    ys = surface.south + surface.cell_m * np.arange(rows)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("bandwidth", [25.0, 60.0])
def test_the_surface_is_the_exact_kernel(bandwidth: float) -> None:
    weights = np.random.default_rng(1).uniform(0, 3, len(POINTS))
    surface = kernel_density(POINTS, bandwidth, cell_m=bandwidth / 10, weights=weights)
    some = np.random.default_rng(2).choice(surface.values.size, 3000, replace=False)
    exact = kernel_density_at(POINTS, _nodes(surface)[some], bandwidth, weights=weights)
    assert np.abs(surface.values.ravel()[some] - exact).max() <= 3e-4 * surface.values.max()


def test_a_point_on_a_node_is_the_kernel_itself() -> None:
    surface = kernel_density(np.array([[50.0, 50.0]]), 10, cell_m=1, bounds_m=(0, 0, 100, 100))
    exact = kernel_density_at(np.array([[50.0, 50.0]]), _nodes(surface), 10)
    np.testing.assert_allclose(surface.values.ravel(), exact, atol=2e-3 * exact.max())
    assert surface.values.max() == pytest.approx(1e6 / (2 * np.pi * 100), rel=2e-3)


def test_mass_is_kept() -> None:
    surface = kernel_density(POINTS, 40, bounds_m=(499_000, 6_669_000, 501_000, 6_671_000))
    assert surface.values.sum() * surface.cell_m**2 / 1e6 == pytest.approx(len(POINTS), rel=1e-6)
    assert surface.values.min() >= 0


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_moving_the_ground_moves_the_surface(east: float, north: float) -> None:
    there = kernel_density(POINTS + np.array([east, north]), 50)
    here = kernel_density(POINTS, 50)
    np.testing.assert_allclose(there.values, here.values, atol=1e-4 * here.values.max())


def test_the_reference_bandwidth_is_silvermans() -> None:
    assert reference_bandwidth(POINTS) == pytest.approx(np.sqrt(POINTS.var(axis=0, ddof=1).mean()) * 400 ** (-1 / 6))


def test_a_surface_is_read_between_its_nodes() -> None:
    places = np.random.default_rng(5).uniform(POINTS.min(axis=0), POINTS.max(axis=0), (50, 2))
    surface = kernel_density(POINTS, 50.0)
    exact = kernel_density_at(POINTS, places, 50.0)
    np.testing.assert_allclose(density_on(surface, places), exact, atol=2e-3 * exact.max())
    assert density_on(surface, np.array([[0.0, 0.0]])).tolist() == [0]


def test_no_point_is_no_density() -> None:
    assert not kernel_density(np.zeros((0, 2)), 10, bounds_m=(0, 0, 50, 50)).values.any()
    assert kernel_density_at(np.zeros((0, 2)), np.zeros((3, 2)), 10).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("points", "options"),
    [
        (POINTS, {"bandwidth_m": 0}),
        (POINTS, {"bandwidth_m": np.nan}),
        (np.array([[np.nan, 1]]), {"bandwidth_m": 5}),
        (POINTS, {"bandwidth_m": 5, "weights": np.full(400, -1.0)}),
        (POINTS, {"bandwidth_m": 5, "weights": np.ones(3)}),
        (POINTS, {"bandwidth_m": 5, "bounds_m": (0, 0, 10, 10)}),
        (POINTS, {"bandwidth_m": 5, "bounds_m": (10, 0, 0, 10)}),
        (POINTS, {"bandwidth_m": 5, "cell_m": 0.001}),
        (np.zeros((0, 2)), {"bandwidth_m": 5}),
    ],
)
def test_what_has_no_surface_is_refused(points: np.ndarray, options: dict[str, Any]) -> None:
    with pytest.raises(AnalysisError):
        kernel_density(points, **options)


def test_one_place_has_no_bandwidth_of_its_own() -> None:
    for points in (np.zeros((5, 2)), np.zeros((1, 2))):
        with pytest.raises(AnalysisError, match="give one"):
            reference_bandwidth(points)


@pytest.mark.parametrize("bandwidth", [20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0])
def test_the_deaths_of_1854_peak_at_the_broad_street_pump(bandwidth: float) -> None:
    homes_gdf = gpd.read_file(libpysal.examples.get_path("SohoPeople.shp")).to_crs(27700)
    homes = np.column_stack([homes_gdf.geometry.x, homes_gdf.geometry.y])
    surface = kernel_density(homes, bandwidth, weights=homes_gdf["Count"].to_numpy(dtype=np.float64))
    row, column = np.unravel_index(surface.values.argmax(), surface.values.shape)
    peak = shapely.Point(surface.west + column * surface.cell_m, surface.south + row * surface.cell_m)
    pumps = gpd.read_file(libpysal.examples.get_path("SohoWater.shp")).to_crs(27700)
    broad_street = gpd.GeoSeries.from_xy([-0.13675], [51.51334], crs=4326).to_crs(27700)[0]
    distances = pumps.distance(peak)
    assert distances.idxmin() == pumps.distance(broad_street).idxmin()
    assert distances.min() < 26


@given(angle=st.floats(0, 2 * np.pi))
def test_turning_the_ground_turns_the_density(angle: float) -> None:
    rng = np.random.default_rng(4)
    points, places = rng.normal(0, 80, (60, 2)), rng.normal(0, 80, (20, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = kernel_density_at(points @ turn.T, places @ turn.T, 30.0)
    np.testing.assert_allclose(turned, kernel_density_at(points, places, 30.0), rtol=1e-9)
