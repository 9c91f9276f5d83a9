"""Masks: one point per place, the true place always inside the circle, no gain from many reports."""

import math

import numpy as np
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
    masked = mask_point((x, y), secret=SECRET, category="harassment")
    assert math.dist(masked, (x, y)) <= MASK_RADIUS_M


def test_every_report_of_a_cell_shows_the_same_point() -> None:
    rng = np.random.default_rng(1)
    shown = {mask_point((500 + x, 700 + y), secret=SECRET, category="a") for x, y in rng.uniform(0, CELL_M, (20, 2))}
    assert len(shown) == 1


def test_secret_category_and_cell_each_move_the_point() -> None:
    points = {
        mask_point((550.0, 750.0), secret=SECRET, category="a"),
        mask_point((550.0, 750.0), secret=OTHER, category="a"),
        mask_point((550.0, 750.0), secret=SECRET, category="b"),
    }
    assert len(points) == 3


def test_offsets_keep_their_distance_and_have_no_preferred_direction() -> None:
    centres = [((column + 0.5) * CELL_M, 50.0) for column in range(4000)]
    offsets = np.array([np.subtract(mask_point(c, secret=SECRET, category="a"), c) for c in centres])
    distances = np.hypot(*offsets.T)
    assert distances.min() >= 30
    assert distances.max() <= 120
    assert np.abs(offsets.mean(axis=0)).max() < 6


def test_the_circle_of_a_line_holds_the_whole_line() -> None:
    line = shapely.LineString([(24.94, 60.17), (24.95, 60.17), (24.96, 60.165)])
    masked = geometry_to_metric(public_geometry(line, Tier.T1, "a", SECRET, 32635), 32635)
    radius = mask_radius_m(line, 32635)
    assert radius % 100 == 0
    assert masked.buffer(radius).contains(geometry_to_metric(line, 32635))
    assert mask_radius_m(shapely.Point(24.94, 60.17), 32635) == MASK_RADIUS_M


def test_each_tier_shows_what_it_may() -> None:
    line = shapely.LineString([(24.94, 60.17), (24.941, 60.171)])
    assert public_geometry(line, Tier.T0, "no_lamps", SECRET, 32635).equals(line)
    assert public_geometry(line, Tier.T2, "a", SECRET, 32635) is None
    masked = public_geometry(line, Tier.T1, "a", SECRET, 32635)
    assert masked.geom_type == "Point"
    assert masked.distance(line) > 0
