"""The way along a street: over joints, forks and two carriageways, and where there is none."""

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from mapping.analysis.stretches import stretch_between

STREET = [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(100, 0), (200, 0)]), LineString([(100, 0), (100, 90)])]


def test_the_way_goes_over_joints_and_keeps_its_direction() -> None:
    way = stretch_between(STREET, Point(20, 5), Point(150, -3))
    assert way == LineString([(20, 0), (50, 0), (100, 0), (150, 0)])
    assert stretch_between(STREET, Point(150, -3), Point(20, 5)) == way.reverse()


def test_within_one_piece_and_round_a_corner() -> None:
    assert stretch_between(STREET, Point(20, 0), Point(30, 0)) == LineString([(20, 0), (30, 0)])
    assert stretch_between(STREET, Point(150, 1), Point(99, 50)) == LineString([(150, 0), (100, 0), (100, 50)])


def test_parts_that_do_not_meet_have_no_way() -> None:
    broken = [LineString([(0, 0), (10, 0)]), LineString([(60, 0), (90, 0)])]
    assert stretch_between(broken, Point(1, 0), Point(80, 0)) is None
    assert stretch_between(broken, Point(5, 3), Point(5, -3)) is None


def test_of_two_carriageways_the_one_that_leads_there_is_taken() -> None:
    # The nearer carriageway at the end is joined to the other only 400 m on.
    ways = [LineString([(0, 0), (500, 0)]), LineString([(300, 10), (500, 10)]), LineString([(500, 0), (500, 10)])]
    assert stretch_between(ways, Point(100, 0), Point(320, 6)) == LineString([(100, 0), (320, 0)])


def test_ways_are_as_short_as_those_of_another_search() -> None:
    rng = np.random.default_rng(5)
    corners = [(x * 100.0, y * 100.0) for x in range(6) for y in range(6)]
    steps = [(a, b) for a in corners for b in corners if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 100]
    kept = [steps[number] for number in rng.permutation(len(steps))[:45]]
    rows, columns = (np.array([corners.index(step[side]) for step in kept]) for side in (0, 1))
    distances = dijkstra(coo_array((np.full(45, 100.0), (rows, columns)), shape=(36, 36)).tocsr(), directed=False)
    lines = [LineString(step) for step in kept]
    used = {corner for step in kept for corner in step}
    checked = 0
    for a, b in ((a, b) for a in used for b in used if a != b):
        way = stretch_between(lines, Point(a), Point(b), slack_m=0.0)
        expected = distances[corners.index(a), corners.index(b)]
        if np.isinf(expected):
            assert way is None
            continue
        assert way is not None
        assert way.length == pytest.approx(expected)
        assert shapely.covers(shapely.union_all(lines).buffer(1e-6), way)
        checked += 1
    assert checked > 200
