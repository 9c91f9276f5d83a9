"""Masks: one point per place, the true place always inside the circle, no gain from many reports."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.geodesy import geometry_to_metric
from mapping.layers.masking import CELL_M, MASK_RADIUS_M, mask_point, mask_radius_m, public_geometry
from mapping.layers.vocabulary import Tier

SECRET, OTHER = b"s" * 32, b"t" * 32
metres = st.floats(-1e6, 9e6, allow_nan=False)


@given(metres, metres)
def test_the_true_place_is_inside_the_circle_and_never_its_centre(x: float, y: float) -> None:
    masked = mask_point((x, y), secret=SECRET)
    assert math.dist(masked, (x, y)) <= MASK_RADIUS_M


def _ground() -> np.ndarray:
    """Places 10 m apart over a square of 3 km."""
    return np.stack(np.meshgrid(np.arange(0, 3000, 10.0), np.arange(0, 3000, 10.0)), axis=-1).reshape(-1, 2)


def _masks(points: np.ndarray, secret: bytes = SECRET) -> np.ndarray:
    return np.array([mask_point((x, y), secret=secret) for x, y in points])


def test_every_report_of_a_cell_shows_the_same_point() -> None:
    points = _ground()
    shown, owners, sizes = np.unique(_masks(points).round(3), axis=0, return_inverse=True, return_counts=True)
    assert 900 <= len(shown) <= 1100, "about one masked point for each hectare"
    assert np.median(sizes) == pytest.approx(100, abs=10)
    for owner in range(0, len(shown), 50):
        assert np.ptp(points[owners.ravel() == owner], axis=0).max() <= CELL_M * math.sqrt(2)


def test_the_secret_moves_points_and_cells() -> None:
    points = _ground()[::97]
    mine, others = _masks(points), _masks(points, OTHER)
    assert (np.hypot(*(mine - others).T) > 1).mean() > 0.99
    together = [len(np.unique(masks.round(3), axis=0)) for masks in (mine, others)]
    assert together[0] != together[1], "other cells hold other points together"


def test_masked_points_keep_their_distance_and_have_no_preferred_direction() -> None:
    points = _ground()
    masks = _masks(points)
    shown, owners = np.unique(masks.round(3), axis=0, return_inverse=True)
    inside = [points[owners.ravel() == owner] for owner in range(len(shown))]
    offsets = np.array([mask - mine.mean(axis=0) for mask, mine in zip(shown, inside, strict=True) if len(mine) > 95])
    distances = np.hypot(*offsets.T)
    assert distances.min() > 20
    assert distances.max() < 130
    assert np.abs(offsets.mean(axis=0)).max() < 10


def test_the_circle_of_a_line_holds_the_whole_line() -> None:
    line = shapely.LineString([(24.94, 60.17), (24.95, 60.17), (24.96, 60.165)])
    shown = public_geometry(line, Tier.T1, SECRET, 32635)
    assert shown is not None
    masked = geometry_to_metric(shown, 32635)
    radius = mask_radius_m(line, 32635)
    assert radius % 100 == 0
    assert masked.buffer(radius).contains(geometry_to_metric(line, 32635))
    assert mask_radius_m(shapely.Point(24.94, 60.17), 32635) == MASK_RADIUS_M


def test_each_tier_shows_what_it_may() -> None:
    line = shapely.LineString([(24.94, 60.17), (24.941, 60.171)])
    assert public_geometry(line, Tier.T0, SECRET, 32635) == line
    assert public_geometry(line, Tier.T2, SECRET, 32635) is None
    masked = public_geometry(line, Tier.T1, SECRET, 32635)
    assert masked is not None
    assert masked.geom_type == "Point"
    assert masked.distance(line) > 0
