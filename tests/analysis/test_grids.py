"""Cells of points against the polygons they name, and neighbourhoods against a plain count of distances."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mapping.analysis.grids import (
    GRIDS,
    HexagonGrid,
    SquareGrid,
    cell_counts,
    choose_cell_size,
    ground_cells,
    rings_within,
    unique_cells,
)
from mapping.analysis.lattices import Lattice
from mapping.errors import AnalysisError

KINDS = pytest.mark.parametrize("kind", sorted(GRIDS))


def scattered(count: int = 4000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform((-300, 5_400_000), (500, 5_400_700), (count, 2))


@KINDS
def test_each_point_lies_in_its_cell(kind: str) -> None:
    grid, points = GRIDS[kind](37.0), scattered()
    cells = grid.cells_of(points)
    assert shapely.distance(shapely.points(points), grid.polygons(cells)).max() < 1e-6


@KINDS
def test_counts_are_those_of_a_spatial_join(kind: str) -> None:
    grid, points = GRIDS[kind](50.0), scattered()
    cells, counts = cell_counts(grid, points)
    polygons_gdf = gpd.GeoDataFrame(geometry=grid.polygons(cells), crs=32636)
    points_gdf = gpd.GeoDataFrame(geometry=shapely.points(points), crs=32636)
    joined = gpd.sjoin(points_gdf, polygons_gdf, predicate="within")
    assert joined["index_right"].value_counts().sort_index().tolist() == counts.tolist()


@KINDS
def test_cells_tile_the_ground_without_gap_or_overlap(kind: str) -> None:
    grid = GRIDS[kind](40.0)
    cells, _ = cell_counts(grid, scattered())
    polygons = grid.polygons(cells)
    assert shapely.union_all(polygons, grid_size=1e-4).area == pytest.approx(shapely.area(polygons).sum(), rel=1e-6)
    np.testing.assert_allclose(grid.cells_of(grid.centres(cells)), cells)


def test_far_apart_cells_are_counted_as_near_ones() -> None:
    cells = np.array([[5, -7], [2_000_000, 3_000_000], [5, -7], [-9, 4]])
    found, counts = unique_cells(cells)
    assert found.tolist() == [[-9, 4], [5, -7], [2_000_000, 3_000_000]]
    assert counts.tolist() == [1, 2, 1]


@KINDS
@pytest.mark.parametrize("rings", [1, 2, 4])
def test_sums_of_neighbourhoods_equal_a_plain_search(kind: str, rings: int) -> None:
    rng = np.random.default_rng(rings)
    grid = GRIDS[kind](10.0)
    cells, _ = unique_cells(rng.integers(-12, 12, (300, 2)))
    values = rng.normal(size=len(cells))
    steps = cells[:, None, :] - cells[None, :, :]
    if kind == "squares":
        is_near = np.abs(steps).max(axis=2) <= rings
    else:
        is_near = np.abs(np.dstack([steps, steps.sum(axis=2)])).max(axis=2) <= rings
    lattice = Lattice(grid, cells, rings)
    np.testing.assert_allclose(lattice.sums(values), is_near @ values, atol=1e-12)
    assert lattice.weights.tolist() == is_near.sum(axis=1).tolist()
    chosen = rng.random(len(cells)) < 0.15
    group = np.flatnonzero(chosen)
    assert lattice.within_reach(group).tolist() == np.flatnonzero(is_near[group].any(axis=0)).tolist()


def test_groups_are_of_cells_that_touch() -> None:
    cells = np.array([[0, 0], [1, 0], [5, 5], [0, 1], [5, 6], [9, 9], [1, -1]])
    chosen = np.array([True, True, True, False, True, True, True])
    groups = Lattice(HexagonGrid(10), cells, 2).joined(chosen)
    assert [group.tolist() for group in groups] == [[0, 1, 6], [2, 4], [5]]
    assert Lattice(HexagonGrid(10), cells, 2).joined(np.zeros(7, dtype=bool)) == []


def test_hexagons_and_squares_differ_at_corners() -> None:
    cells = np.array([[0, 0], [1, 1]])
    assert len(Lattice(SquareGrid(10), cells, 1).joined(np.ones(2, dtype=bool))) == 1
    assert len(Lattice(HexagonGrid(10), cells, 1).joined(np.ones(2, dtype=bool))) == 2


def test_cell_sizes_follow_the_ground() -> None:
    assert choose_cell_size(4e6) == 10
    assert choose_cell_size(8e8) == 30
    assert choose_cell_size(6e11) == 775


def test_rings_follow_the_reach() -> None:
    assert [rings_within(size, 50) for size in (5, 10, 15, 25, 40, 200)] == [10, 4, 3, 2, 1, 1]
    with pytest.raises(AnalysisError, match="reach"):
        rings_within(10, 0)


def test_ground_is_streets_or_everything() -> None:
    area, grid = shapely.box(0, 0, 300, 300), HexagonGrid(20)
    street = np.array([shapely.LineString([(0, 150), (300, 150)])], dtype=object)
    on_street, all_ground = ground_cells(grid, area, street), ground_cells(grid, area, street[:0])
    assert 14 <= len(on_street) <= 32
    assert shapely.union_all(grid.polygons(all_ground)).area == pytest.approx(area.area, rel=0.1)


def test_unusable_grids_are_refused() -> None:
    for size in (0.0, -5.0, np.nan, np.inf):
        with pytest.raises(AnalysisError, match="cell size"):
            HexagonGrid(size)
    with pytest.raises(AnalysisError, match="extent"):
        choose_cell_size(0.0)
    with pytest.raises(AnalysisError, match="finite"):
        HexagonGrid(10).cells_of(np.array([[0.0, np.nan]]))
    with pytest.raises(AnalysisError, match="too far apart"):
        Lattice(SquareGrid(10), np.array([[0, 0], [10**6, 10**6]]), 1)
    with pytest.raises(AnalysisError, match="one ring"):
        Lattice(SquareGrid(10), np.array([[0, 0]]), 0)
    with pytest.raises(AnalysisError, match="too small"):
        ground_cells(SquareGrid(1), shapely.box(0, 0, 1e5, 1e5), np.zeros(0, dtype=object))


def test_empty_in_empty_out() -> None:
    nowhere = np.zeros((0, 2), dtype=np.int64)
    assert len(cell_counts(HexagonGrid(10), np.zeros((0, 2)))[0]) == 0
    lattice = Lattice(HexagonGrid(10), nowhere, 3)
    assert len(lattice.sums(np.zeros(0))) == 0
    assert lattice.joined(np.zeros(0, dtype=bool)) == []
