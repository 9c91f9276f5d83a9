"""Where shapes are counted."""

import numpy as np
import pytest
import shapely

from mapping.analysis.points import checked_points, middles
from mapping.errors import AnalysisError


@pytest.mark.parametrize(
    ("wkt", "place"),
    [
        ("POINT (1 2)", [1, 2]),
        ("LINESTRING (0 0, 10 0)", [5, 0]),
        ("LINESTRING (3 4, 3 4)", [3, 4]),
        ("MULTILINESTRING ((0 0, 0 100), (0 100, 10 100), (10 100, 10 0))", [5, 100]),  # one line in three parts
        ("MULTILINESTRING ((0 0, 10 0), (50 50, 51 50))", [5, 0]),
        ("MULTILINESTRING ((0 0, 10 0))", [5, 0]),
        ("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", [1, 1]),
        ("MULTIPOINT (0 0, 2 4)", [1, 2]),
    ],
)
def test_a_line_counts_at_its_middle_an_area_at_its_centroid(wkt: str, place: list[float]) -> None:
    shapes = shapely.from_wkt(["POINT (7 7)", wkt])
    assert middles(shapes).tolist() == [[7, 7], place]
    assert shapes[1].wkt == shapely.from_wkt(wkt).wkt


@pytest.mark.parametrize(
    "points",
    [np.ones((2, 3)), np.ones(4), np.array([[np.nan, 0.0]]), np.array([[np.inf, 0.0]]), np.array([[1e9, 0.0]])],
)
def test_what_are_no_points_is_refused(points: np.ndarray) -> None:
    with pytest.raises(AnalysisError):
        checked_points(points)


def test_nothing_has_no_middle() -> None:
    assert middles(np.array([], dtype=object)).shape == (0, 2)
