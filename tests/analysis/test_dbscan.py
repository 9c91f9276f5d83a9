"""DBSCAN against scikit-learn, and in space and time against every pair of points; and what must not matter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from mapping.analysis.dbscan import Clusters, dbscan
from mapping.errors import AnalysisError

UTM = np.array([400_000.0, 5_000_000.0])


def _blobs(rng: np.random.Generator) -> np.ndarray:
    middles = rng.uniform(0, 1000, (8, 2))
    return np.concatenate(
        [middles[rng.integers(0, 8, 300)] + rng.normal(0, 15, (300, 2)), rng.uniform(0, 1000, (100, 2))]
    )


MAKERS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "blobs": _blobs,
    "blobs in UTM": lambda rng: _blobs(rng) + UTM,
    "uniform": lambda rng: rng.uniform(-300, 300, (400, 2)),
    "lattice": lambda rng: rng.integers(0, 60, (300, 2)) * 5.0,
    "lattice in UTM": lambda rng: rng.integers(0, 40, (300, 2)) * 5.0 + UTM,
    "one place": lambda rng: np.repeat(rng.integers(0, 12, (6, 2)) * 15.0, rng.integers(1, 30, 6), axis=0),
    "collinear": lambda rng: np.outer(rng.uniform(0, 2000, 200), [0.6, 0.8]),
    "one row": lambda rng: np.column_stack([rng.integers(0, 600, 150) * 5.0, np.zeros(150)]),
    "far apart": lambda rng: _blobs(rng) * np.where(rng.random((400, 1)) < 0.1, 1e5, 1.0),
}


def _first_seen(labels: np.ndarray) -> np.ndarray:
    """The same partition, numbered by first occurrence; noise stays noise."""
    names, firsts, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers = np.empty(len(names), dtype=np.int64)
    kept = np.argsort(firsts)[names[np.argsort(firsts)] >= 0]
    numbers[:] = -1
    numbers[kept] = np.arange(len(kept))
    return numbers[inverse]


def _twin(
    points: np.ndarray, eps: float, min_points: int, times: np.ndarray | None = None, span: float = 0.0
) -> Clusters:
    squared = ((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    near = squared <= eps**2
    if times is not None:
        near &= np.abs(times[:, None] - times[None, :]) <= span
    is_core = near.sum(axis=1) >= min_points
    labels, clusters = np.full(len(points), -1), 0
    for first in np.flatnonzero(is_core):
        if labels[first] >= 0:
            continue
        todo = [int(first)]
        while todo:
            i = todo.pop()
            labels[i] = clusters
            todo += np.flatnonzero(near[i] & is_core & (labels < 0)).tolist()
        clusters += 1
    of_cores = labels.copy()
    for border in np.flatnonzero(~is_core & (near & is_core).any(axis=1)):
        beside = np.flatnonzero(near[border] & is_core)
        labels[border] = min((squared[border, j], of_cores[j]) for j in beside)[1]
    return Clusters(labels, is_core)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("seed", range(6))
def test_cores_noise_and_clusters_are_those_of_scikit_learn(maker: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = MAKERS[maker](rng)
    for eps, min_points in ((25.0, 1), (25.0, 4), (25.0, 9), (5.0, 2), (65.0, 12), (0.5, 2), (2000.0, 3)):
        found = dbscan(points, eps_m=eps, min_points=min_points)
        oracle = DBSCAN(eps=eps, min_samples=min_points).fit(points)
        np.testing.assert_array_equal(np.flatnonzero(found.is_core), oracle.core_sample_indices_)
        np.testing.assert_array_equal(found.labels == -1, oracle.labels_ == -1)
        cores = found.is_core
        np.testing.assert_array_equal(found.labels[cores], _first_seen(oracle.labels_[cores]))


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("seed", range(3))
def test_every_label_is_that_of_comparing_all_pairs(maker: str, seed: int) -> None:
    points = MAKERS[maker](np.random.default_rng(100 + seed))
    for eps, min_points in ((25.0, 3), (25.0, 6), (35.0, 10)):
        found, twin = dbscan(points, eps_m=eps, min_points=min_points), _twin(points, eps, min_points)
        np.testing.assert_array_equal(found.is_core, twin.is_core)
        np.testing.assert_array_equal(found.labels, twin.labels)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("seed", range(4))
def test_in_space_and_time_every_label_is_that_of_comparing_all_pairs(maker: str, seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    points = MAKERS[maker](rng)
    times = 1.7e9 + 600.0 * rng.integers(0, 50, len(points)).astype(np.float64)
    for eps, min_points, span in ((25.0, 2, 1800.0), (25.0, 4, 6000.0), (40.0, 5, 0.0), (60.0, 6, 3000.0)):
        found = dbscan(points, eps_m=eps, min_points=min_points, times_s=times, eps_s=span)
        twin = _twin(points, eps, min_points, times, span)
        np.testing.assert_array_equal(found.is_core, twin.is_core)
        np.testing.assert_array_equal(found.labels, twin.labels)


def test_a_span_that_holds_all_times_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    points, times = _blobs(rng), rng.uniform(0, 1000, 400)
    plain = dbscan(points, eps_m=25, min_points=5)
    timed = dbscan(points, eps_m=25, min_points=5, times_s=times, eps_s=1000)
    np.testing.assert_array_equal(plain.labels, timed.labels)
    np.testing.assert_array_equal(plain.is_core, timed.is_core)


def test_the_limits_in_space_and_time_belong_to_the_neighbourhood() -> None:
    points, times = np.array([[0.0, 0.0], [3.0, 4.0]]) + UTM, np.array([1.7e9, 1.7e9 + 60])
    assert dbscan(points, eps_m=5, min_points=2).labels.tolist() == [0, 0]
    assert dbscan(points, eps_m=4.999999, min_points=2).labels.tolist() == [-1, -1]
    assert dbscan(points, eps_m=5, min_points=2, times_s=times, eps_s=60).labels.tolist() == [0, 0]
    assert dbscan(points, eps_m=5, min_points=2, times_s=times, eps_s=59.9).labels.tolist() == [-1, -1]


@pytest.mark.parametrize("slant", [(10.0, 10.0), (-10.0, 10.0)])
def test_cells_that_touch_only_at_their_corners_are_searched(slant: tuple[float, float]) -> None:
    points = np.array([[0.0, 0.0], slant]) + UTM
    assert dbscan(points, eps_m=np.hypot(*slant), min_points=2).labels.tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_moving_and_turning_the_ground_keeps_the_clusters(seed: int) -> None:
    rng = np.random.default_rng(300 + seed)
    points, angle = _blobs(rng), rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    here = dbscan(points, eps_m=25, min_points=5)
    for moved in (points + UTM, points @ turn, points @ turn - UTM, points[:, ::-1], -points):
        there = dbscan(moved, eps_m=25, min_points=5)
        np.testing.assert_array_equal(there.labels, here.labels)
        np.testing.assert_array_equal(there.is_core, here.is_core)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_points_changes_only_the_numbers(seed: int, timed: bool) -> None:
    rng = np.random.default_rng(400 + seed)
    points, shuffle = _blobs(rng), rng.permutation(400)
    times = rng.uniform(0, 1000, 400)
    span = 400 if timed else None
    first = dbscan(points, eps_m=25, min_points=5, times_s=times if timed else None, eps_s=span)
    again = dbscan(points[shuffle], eps_m=25, min_points=5, times_s=times[shuffle] if timed else None, eps_s=span)
    np.testing.assert_array_equal(again.is_core, first.is_core[shuffle])
    np.testing.assert_array_equal(_first_seen(again.labels), _first_seen(first.labels[shuffle]))


WEST = np.array([[0, 0], [-5, 0], [-5, 1], [-5, -1]])
EAST = np.array([[10, 0], [15, 0], [15, 1], [15, -1]])


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize(("x", "cluster"), [(4.5, 0), (5.5, 1), (5.0, 0)])
def test_a_border_point_joins_its_nearest_core_then_the_lowest_cluster(timed: bool, x: float, cluster: int) -> None:
    times, span = (np.zeros(9), 1.0) if timed else (None, None)
    for groups, expected in (((WEST, EAST), cluster), ((EAST, WEST), 1 - cluster if x != 5 else 0)):
        points = np.concatenate([[[x, 0]], *groups]) + UTM
        found = dbscan(points, eps_m=6, min_points=4, times_s=times, eps_s=span)
        assert found.is_core.tolist() == [False] + [True] * 8
        assert found.labels.tolist() == [expected, 0, 0, 0, 0, 1, 1, 1, 1]


def test_clusters_are_numbered_by_their_first_core_point() -> None:
    points = np.array([[1.5, 0], [500, 0], [0, 0], [501, 0], [0.5, 0], [502, 0], [1, 0]])
    found = dbscan(points, eps_m=1, min_points=3)
    assert found.labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert found.is_core.tolist() == [True, False, True, True, True, False, True]


def test_no_point_has_no_cluster() -> None:
    for found in (
        dbscan(np.zeros((0, 2)), eps_m=1, min_points=1),
        dbscan(np.zeros((0, 2)), eps_m=1, min_points=1, times_s=np.zeros(0), eps_s=1),
    ):
        assert found.labels.shape == found.is_core.shape == (0,)
        assert (found.labels.dtype, found.is_core.dtype) == (np.dtype(np.int64), np.dtype(np.bool_))


def test_one_point_alone() -> None:
    assert dbscan(UTM[None, :], eps_m=1, min_points=1).labels.tolist() == [0]
    assert dbscan(UTM[None, :], eps_m=1, min_points=2).labels.tolist() == [-1]


def test_the_input_is_left_as_it_was() -> None:
    points = _blobs(np.random.default_rng(1))
    before = points.copy()
    dbscan(points[::2], eps_m=25, min_points=5)
    np.testing.assert_array_equal(points, before)


PAIR = np.array([[0.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("points", "options", "said"),
    [
        (np.array([[np.nan, 1.0]]), {}, "drop those without a place"),
        (np.array([[np.inf, 1.0]]), {}, "drop those without a place"),
        (np.zeros((2, 3)), {}, "two columns"),
        (np.zeros(4), {}, "two columns"),
        (PAIR, {"eps_m": 0.0}, "positive number of metres"),
        (PAIR, {"eps_m": -1.0}, "positive number of metres"),
        (PAIR, {"eps_m": np.nan}, "positive number of metres"),
        (PAIR, {"eps_m": np.inf}, "positive number of metres"),
        (PAIR, {"eps_m": 1e-12}, "take a larger one"),
        (PAIR * 1e308, {"eps_m": 1e-300}, "take a larger one"),
        (PAIR, {"min_points": 0}, "one or more"),
        (PAIR, {"times_s": np.zeros(2)}, "both or neither"),
        (PAIR, {"eps_s": 5.0}, "both or neither"),
        (PAIR, {"times_s": np.zeros(3), "eps_s": 5.0}, "one for each point"),
        (PAIR, {"times_s": np.zeros((2, 1)), "eps_s": 5.0}, "one for each point"),
        (PAIR, {"times_s": np.array([0.0, np.nan]), "eps_s": 5.0}, "finite seconds"),
        (PAIR, {"times_s": np.zeros(2), "eps_s": -1.0}, "not negative"),
        (PAIR, {"times_s": np.zeros(2), "eps_s": np.inf}, "not negative"),
    ],
)
def test_what_cannot_be_clustered_is_refused(points: np.ndarray, options: dict[str, Any], said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        dbscan(points, **{"eps_m": 1.0, "min_points": 2} | options)
