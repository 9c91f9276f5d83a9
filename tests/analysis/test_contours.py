"""Outlines of surfaces against circles whose radius is known."""

import numpy as np
import pytest
import shapely

from mapping.analysis.contours import density_areas
from mapping.analysis.density import Surface, kernel_density
from mapping.errors import AnalysisError


def test_levels_of_one_point_are_circles() -> None:
    surface = kernel_density(np.array([[500.0, 800.0]]), 50.0, cell_m=2.0)
    peak = surface.values.max()
    areas = density_areas(surface, 32636, levels=(0.1 * peak, 0.5 * peak, 2 * peak))
    assert areas["level"].tolist() == [0, 1]
    for share, shape in zip((0.1, 0.5), areas.geometry, strict=True):
        radius = 50 * np.sqrt(-2 * np.log(share))
        assert shape.symmetric_difference(shapely.Point(500, 800).buffer(radius, 64)).area < 0.02 * shape.area
    assert areas.geometry[0].contains(areas.geometry[1])
    np.testing.assert_allclose(areas["density"], peak * np.array([0.1, 0.5]))


def test_holes_stay_open() -> None:
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = kernel_density(300 * np.column_stack([np.cos(angles), np.sin(angles)]), 40.0)
    shape = density_areas(ring, 32636, levels=[0.5 * ring.values.max()]).geometry[0]
    assert not shape.contains(shapely.Point(0, 0))
    assert shape.contains(shapely.Point(300, 0))


def test_nothing_has_no_outline() -> None:
    assert len(density_areas(Surface(np.zeros((5, 5)), 0, 0, 1), 32636, levels=[1])) == 0
    for levels in ((), (0.5, 0.2), (0.0, 0.5), (0.5, 0.5)):
        with pytest.raises(AnalysisError, match="positive and rising"):
            density_areas(Surface(np.ones((5, 5)), 0, 0, 1), 32636, levels=levels)
