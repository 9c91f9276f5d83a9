"""People counted by hand and on a real raster; coverage that never tells of one person."""

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mapping.analysis.coverage import choose_coverage_cell_size, report_coverage
from mapping.analysis.exposure import Raster, people_within
from mapping.errors import AnalysisError, GeodesyError
from mapping.formats.rasters import read_raster
from tests.shared_data import shared_data

TENS = Raster(np.array([[10.0, 20.0], [30.0, np.nan]]), 0.0, 200.0, 100.0, 100.0, 32636)


def areas(*shapes: shapely.Geometry | None, crs: int | None = 32636) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_cells_are_shared_by_the_area_in_common() -> None:
    found = people_within(
        areas(shapely.box(0, 100, 100, 200), shapely.box(50, 100, 150, 150), shapely.box(0, 0, 200, 200)), TENS
    )
    np.testing.assert_allclose(found, [10, 0.25 * 10 + 0.25 * 20, 60])


def test_where_nothing_is_known_nobody_is_counted() -> None:
    outside = people_within(areas(shapely.box(110, 10, 190, 90), shapely.box(900, 900, 950, 950)), TENS)
    assert outside.tolist() == [0, 0]
    assert len(people_within(areas(), TENS)) == 0


def test_cells_of_a_real_town_add_up_to_its_people() -> None:
    population = read_raster(shared_data("rasters/touggourt_GHS_POP_2015_1km.tif"))
    town = gpd.read_file(shared_data("rasters/touggourt_boundary.geojson")).to_crs(32632)
    west, south, east, north = town.total_bounds
    boxes = [
        shapely.box(x, y, x + 1500, y + 1500)
        for x in np.arange(west, east, 1500)
        for y in np.arange(south, north, 1500)
    ]
    pieces = gpd.GeoDataFrame(geometry=boxes, crs=32632).clip(town.union_all())
    whole = people_within(town.dissolve(), population)[0]
    assert whole > 10_000
    assert people_within(pieces, population).sum() == pytest.approx(whole, rel=1e-4)


def test_unusable_areas_and_rasters_are_refused() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    for shape in (None, shapely.Polygon(), bow):
        with pytest.raises(AnalysisError, match="valid shape"):
            people_within(areas(shape), TENS)
    with pytest.raises(GeodesyError, match="no CRS"):
        people_within(areas(shapely.box(0, 0, 1, 1), crs=None), TENS)
    with pytest.raises(AnalysisError, match="negative"):
        people_within(areas(shapely.box(0, 0, 1, 1)), Raster(np.array([[-200.0]]), 0, 1, 1, 1, 32636))


NO_STREETS = gpd.GeoDataFrame({"name": []}, geometry=[], crs=32636)


def test_coverage_tells_only_of_enough_people() -> None:
    middle, other = (1010.0, 1013.0), (1010.0, 3013.0)
    points = np.array([middle] * 6 + [other] * 4)
    people = np.array([f"p{n}" for n in range(5)] + ["p0"] + [f"q{n}" for n in range(4)], dtype=object)
    found = report_coverage(points, people, NO_STREETS, shapely.box(0, 0, 4000, 4000), min_people=5, cell_size_m=500)
    holds = [found.cells[found.cells.contains(shapely.Point(point))]["level"].item() for point in (middle, other)]
    assert holds == ["some", "few"]
    assert set(found.cells.columns) == {"level", "geometry"}
    assert (found.cells["level"] == "few").sum() == len(found.cells) - 1


def test_coverage_knows_of_dangers_what_is_told_and_adds_nobody_up() -> None:
    """Four of lamps and five of dangers may be the same people: five, wherever in their cells they marked."""
    points = np.full((4, 2), 1010.0)
    people = np.array([f"p{n}" for n in range(4)], dtype=object)
    found = [
        report_coverage(
            points,
            people,
            NO_STREETS,
            shapely.box(0, 0, 4000, 4000),
            min_people=5,
            told_points_m=np.full((cells, 2), 1010.0),
            told_people=np.full(cells, 5),
            cell_size_m=500,
        ).cells
        for cells in (0, 1, 3)
    ]
    assert [(cells["level"] == "some").sum() for cells in found] == [0, 1, 1]


def test_coverage_of_nothing_is_few_everywhere() -> None:
    found = report_coverage(
        np.zeros((0, 2)), np.zeros(0, dtype=object), NO_STREETS, shapely.box(0, 0, 4000, 4000), min_people=5
    )
    assert set(found.cells["level"]) == {"few"}
    assert choose_coverage_cell_size(16e6, 40) == 2000
    assert choose_coverage_cell_size(16e6, 640) == 500
    with pytest.raises(AnalysisError, match="one reporter"):
        report_coverage(np.zeros((1, 2)), np.zeros(0, dtype=object), NO_STREETS, shapely.box(0, 0, 9, 9), min_people=5)


@pytest.mark.parametrize(
    "changed",
    [
        {"values": np.ones(4)},
        {"values": np.ones((0, 0))},
        {"values": np.full((2, 2), np.inf)},
        {"west": np.nan},
        {"cell_width": 0.0},
        {"cell_height": -10.0},
        {"crs": None},
    ],
)
def test_what_is_no_raster_is_refused(changed: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "values": np.ones((2, 2)),
        "west": 0.0,
        "north": 0.0,
        "cell_width": 1.0,
        "cell_height": 1.0,
        "crs": 32636,
    }
    with pytest.raises(AnalysisError, match="raster"):
        Raster(**{**given, **changed})
