"""Points that lie close together, in space or in space and time: DBSCAN on a grid.

Sources: Ester, Kriegel, Sander & Xu (1996), KDD-96, pp. 226-231 (DBSCAN); Gan & Tao (2015),
doi:10.1145/2723372.2737792 (the grid of cells of side eps / √2); Birant & Kut (2007),
doi:10.1016/j.datak.2006.01.013 (ST-DBSCAN: a second limit, in time).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.cell_index import CellIndex, index_cells
from mapping.analysis.compiled import compiled
from mapping.errors import AnalysisError

NOISE = -1
MIDDLE_FIRST = (2, 1, 3, 0, 4)  # rows of cells, the likeliest to hold neighbours first


@dataclass(frozen=True)
class Clusters:
    """Clusters of n points.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        Cluster of each point, −1 for noise; clusters are numbered by their first core point in the order of input.
    is_core : ndarray of bool, shape (n,)
        Whether the point has at least `min_points` neighbours, itself counted.
    """

    labels: NDArray[np.int64]
    is_core: NDArray[np.bool_]


def dbscan(
    points_m: NDArray[np.float64],
    *,
    eps_m: float,
    min_points: int,
    times_s: NDArray[np.float64] | None = None,
    eps_s: float | None = None,
) -> Clusters:
    """Clusters by density, of points in space or in space and time.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Easting and northing, metres.
    eps_m : float
        Neighbours are at most this far apart, metres.
    min_points : int
        A point with this many neighbours, itself counted, is a core point.
    times_s : ndarray of float, shape (n,), optional
        Time of each point, seconds.
    eps_s : float, optional
        Neighbours must also be at most this far apart in time, seconds; goes with `times_s`.

    Returns
    -------
    Clusters
        Core points that are neighbours share a cluster.

    Raises
    ------
    AnalysisError
        If a number is not finite or out of range, the lengths differ, only one of `times_s` and `eps_s` is given, or
        `eps_m` is too small for the ground the points cover.

    Notes
    -----
    Core points, their clusters and noise are those of scikit-learn. A border point, near a core point without being
    one, joins the cluster of the core point nearest to it on the ground, and the lowest numbered of those equally
    near: apart from such ties the order of input changes only the numbers of clusters. scikit-learn gives it to
    whichever of the clusters is numbered first.

    Time is linear in the number of points for ordinary data, with times given also in the number of pairs of
    neighbours. Two crowded cells that nearly touch are compared point by point.

    Sources: Ester et al. (1996), KDD-96; Gan & Tao (2015), doi:10.1145/2723372.2737792; Birant & Kut (2007),
    doi:10.1016/j.datak.2006.01.013.
    """
    points = _checked(points_m, eps_m, min_points)
    times = _checked_times(times_s, eps_s, len(points))
    if len(points) == 0:
        return Clusters(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_))
    grid = index_cells(points, eps_m, times)
    limit = float(eps_m) * float(eps_m)
    if times is None or eps_s is None:
        is_core = _cores(grid, limit, min_points)
        labels = _numbered(_joined(grid, is_core, limit), is_core, grid.order)
        _add_border(grid, is_core, limit, labels)
    else:
        moments, span = times[grid.order], float(eps_s)
        is_core = _cores_in_time(grid, moments, limit, span, min_points)
        labels = _numbered(_joined_in_time(grid, moments, is_core, limit, span), is_core, grid.order)
        _add_border_in_time(grid, moments, is_core, limit, span, labels)
    return Clusters(*_in_input_order(grid.order, labels, is_core))


def _checked(points_m: NDArray[np.float64], eps_m: float, min_points: int) -> NDArray[np.float64]:
    points = np.ascontiguousarray(points_m, dtype=np.float64)
    if points.size == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise AnalysisError("Points need two columns, easting and northing in metres.")
    if not np.isfinite(points).all():
        raise AnalysisError("Points must be finite; drop those without a place.")
    if not (np.isfinite(eps_m) and eps_m > 0):
        raise AnalysisError("The distance of neighbours must be a positive number of metres.")
    if min_points != int(min_points) or min_points < 1:
        raise AnalysisError("A cluster needs at least one point; take min_points of one or more.")
    return points


def _checked_times(times_s: NDArray[np.float64] | None, eps_s: float | None, count: int) -> NDArray[np.float64] | None:
    if times_s is None and eps_s is None:
        return None
    if times_s is None or eps_s is None:
        raise AnalysisError("Times and the span of neighbours in seconds go together; give both or neither.")
    times = np.ascontiguousarray(times_s, dtype=np.float64)
    if times.shape != (count,) or not np.isfinite(times).all():
        raise AnalysisError("Times must be finite seconds, one for each point; drop points without a time.")
    if not (np.isfinite(eps_s) and eps_s >= 0):
        raise AnalysisError("The span of neighbours must be a number of seconds that is not negative.")
    return times


@compiled
def _squared(points: NDArray[np.float64], i: int, j: int) -> float:
    east, north = points[i, 0] - points[j, 0], points[i, 1] - points[j, 1]
    return float(east * east + north * north)


@compiled
def _around(grid: CellIndex, cell: int, rows: NDArray[np.int32]) -> int:
    """Writes where the points of the five rows around a cell begin and end into `rows`; returns how many they are."""
    count = 0
    for row in range(5):
        rows[row, 0], rows[row, 1] = grid.begins[grid.near[cell, row, 0]], grid.begins[grid.near[cell, row, 1]]
        count += rows[row, 1] - rows[row, 0]
    return count


@compiled
def _cores(grid: CellIndex, limit: float, min_points: int) -> NDArray[np.bool_]:
    is_core = np.zeros(len(grid.points), dtype=np.bool_)
    rows = np.empty((5, 2), dtype=np.int32)
    for cell in range(len(grid.near)):
        begin, end = grid.begins[cell], grid.begins[cell + 1]
        if end - begin >= min_points:
            is_core[begin:end] = True
        elif _around(grid, cell, rows) >= min_points:
            for i in range(begin, end):
                is_core[i] = _is_crowded(grid.points, rows, i, limit, min_points)
    return is_core


@compiled
def _is_crowded(points: NDArray[np.float64], rows: NDArray[np.int32], i: int, limit: float, min_points: int) -> bool:
    found = 0
    for row in MIDDLE_FIRST:
        for j in range(rows[row, 0], rows[row, 1]):
            found += _squared(points, i, j) <= limit
        if found >= min_points:  # once a row: a branch for each point would cost more than the points
            return True
    return False


@compiled
def _root(parents: NDArray[np.int32], i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@compiled
def _unite(parents: NDArray[np.int32], i: int, j: int) -> None:
    one, other = _root(parents, i), _root(parents, j)
    parents[max(one, other)] = min(one, other)


@compiled
def _joined(grid: CellIndex, is_core: NDArray[np.bool_], limit: float) -> NDArray[np.int32]:
    """For each core point one that stands for its cluster."""
    boxes = _boxes(grid, is_core)
    parents = np.arange(len(boxes), dtype=np.int32)
    # Row by row outwards: most cells that are further apart are by then known to be joined.
    for row in range(2, 5):
        for cell in range(len(boxes)):
            if boxes[cell, 0] > boxes[cell, 2]:
                continue
            mine = _root(parents, cell)
            for other in range(max(grid.near[cell, row, 0], cell + 1), grid.near[cell, row, 1]):
                if boxes[other, 0] > boxes[other, 2]:
                    continue
                theirs = _root(parents, other)
                if mine != theirs and _touch(grid.points, grid.begins, is_core, boxes, cell, other, limit):
                    parents[max(mine, theirs)] = mine = min(mine, theirs)
    roots = np.empty(len(grid.points), dtype=np.int32)
    for cell in range(len(boxes)):
        root = grid.begins[_root(parents, cell)]
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            roots[i] = root
    return roots


@compiled
def _boxes(grid: CellIndex, is_core: NDArray[np.bool_]) -> NDArray[np.float64]:
    """West, south, east and north of the core points of each cell; infinite and inside out where there is none."""
    boxes = np.empty((len(grid.near), 4))
    for cell in range(len(boxes)):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            if is_core[i]:
                west, east = min(west, grid.points[i, 0]), max(east, grid.points[i, 0])
                south, north = min(south, grid.points[i, 1]), max(north, grid.points[i, 1])
        boxes[cell, 0], boxes[cell, 1], boxes[cell, 2], boxes[cell, 3] = west, south, east, north
    return boxes


@compiled
def _gap(west: float, south: float, east: float, north: float, boxes: NDArray[np.float64], other: int) -> float:
    """Squared distance of a box from that of another cell."""
    across = max(boxes[other, 0] - east, west - boxes[other, 2], 0.0)
    up = max(boxes[other, 1] - north, south - boxes[other, 3], 0.0)
    return float(across * across + up * up)


@compiled
def _touch(
    points: NDArray[np.float64],
    begins: NDArray[np.int32],
    is_core: NDArray[np.bool_],
    boxes: NDArray[np.float64],
    cell: int,
    other: int,
    limit: float,
) -> bool:
    """Whether a core point of one cell is a neighbour of one of the other."""
    if not _gap(boxes[cell, 0], boxes[cell, 1], boxes[cell, 2], boxes[cell, 3], boxes, other) <= limit:
        return False
    for i in range(begins[cell], begins[cell + 1]):
        x, y = points[i, 0], points[i, 1]
        if not is_core[i] or _gap(x, y, x, y, boxes, other) > limit:
            continue
        for j in range(begins[other], begins[other + 1]):
            if is_core[j] and _squared(points, i, j) <= limit:
                return True
    return False


@compiled
def _numbered(roots: NDArray[np.int32], is_core: NDArray[np.bool_], order: NDArray[np.int32]) -> NDArray[np.int32]:
    """Labels of the core points, clusters numbered by their first core point in the order of input."""
    count = len(order)
    firsts = np.full(count, count, dtype=np.int32)
    for i in range(count):
        if is_core[i]:
            firsts[roots[i]] = min(firsts[roots[i]], order[i])
    begun_by = np.full(count, NOISE, dtype=np.int32)
    for root in range(count):
        if firsts[root] < count:
            begun_by[firsts[root]] = root
    numbers, clusters = firsts, 0
    for first in range(count):
        if begun_by[first] != NOISE:
            numbers[begun_by[first]] = clusters
            clusters += 1
    labels = np.full(count, NOISE, dtype=np.int32)
    for i in range(count):
        if is_core[i]:
            labels[i] = numbers[roots[i]]
    return labels


@compiled
def _add_border(grid: CellIndex, is_core: NDArray[np.bool_], limit: float, labels: NDArray[np.int32]) -> None:
    cores_before = np.zeros(len(grid.begins), dtype=np.int32)
    for cell in range(len(grid.near)):
        cores_before[cell + 1] = cores_before[cell]
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            cores_before[cell + 1] += is_core[i]
    rows = np.empty((5, 2), dtype=np.int32)
    for cell in range(len(grid.near)):
        begin, end = grid.begins[cell], grid.begins[cell + 1]
        if cores_before[cell + 1] - cores_before[cell] == end - begin:
            continue
        around = 0
        for row in range(5):  # a row without core points has nothing to look for
            first, last = grid.near[cell, row, 0], grid.near[cell, row, 1]
            cores = cores_before[last] - cores_before[first]
            rows[row, 0], rows[row, 1] = grid.begins[first], grid.begins[last if cores else first]
            around += cores
        if around == 0:
            continue
        for i in range(begin, end):
            if not is_core[i]:
                labels[i] = _nearest_cluster(grid.points, rows, i, is_core, limit, labels)


@compiled
def _nearest_cluster(
    points: NDArray[np.float64],
    rows: NDArray[np.int32],
    i: int,
    is_core: NDArray[np.bool_],
    limit: float,
    labels: NDArray[np.int32],
) -> int:
    nearest, label = limit, NOISE
    for row in range(5):
        for j in range(rows[row, 0], rows[row, 1]):
            squared = _squared(points, i, j)
            if squared <= nearest and is_core[j] and (squared < nearest or label == NOISE or labels[j] < label):
                nearest, label = squared, labels[j]
    return label


@compiled
def _neighbours(
    grid: CellIndex,
    moments: NDArray[np.float64],
    cell: int,
    i: int,
    limit: float,
    span: float,
    enough: int,
    found: NDArray[np.int64],
) -> int:
    """Writes the neighbours of a point in space and time into `found`, up to `enough` of them; returns how many."""
    count = 0
    for row in range(5):
        for other in range(grid.near[cell, row, 0], grid.near[cell, row, 1]):
            end = grid.begins[other + 1]
            for j in range(_first_not_before(moments, grid.begins[other], end, moments[i], span), end):
                if moments[j] - moments[i] > span:
                    break
                if _squared(grid.points, i, j) <= limit:
                    found[count] = j
                    count += 1
                    if count == enough:
                        return count
    return count


@compiled
def _first_not_before(moments: NDArray[np.float64], begin: int, end: int, moment: float, span: float) -> int:
    while begin < end:
        middle = (begin + end) // 2
        if moment - moments[middle] > span:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def _cores_in_time(
    grid: CellIndex, moments: NDArray[np.float64], limit: float, span: float, min_points: int
) -> NDArray[np.bool_]:
    count = len(moments)
    is_core = np.zeros(count, dtype=np.bool_)
    found = np.empty(count, dtype=np.int64)
    for cell in range(len(grid.near)):
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            is_core[i] = _neighbours(grid, moments, cell, i, limit, span, min_points, found) >= min_points
    return is_core


@compiled
def _joined_in_time(
    grid: CellIndex, moments: NDArray[np.float64], is_core: NDArray[np.bool_], limit: float, span: float
) -> NDArray[np.int32]:
    count = len(moments)
    parents, found = np.arange(count, dtype=np.int32), np.empty(count, dtype=np.int64)
    for cell in range(len(grid.near)):
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            if not is_core[i]:
                continue
            for j in found[: _neighbours(grid, moments, cell, i, limit, span, count, found)]:
                if is_core[j] and j > i:
                    _unite(parents, i, j)
    for i in range(count):
        parents[i] = _root(parents, i)
    return parents


@compiled
def _add_border_in_time(
    grid: CellIndex,
    moments: NDArray[np.float64],
    is_core: NDArray[np.bool_],
    limit: float,
    span: float,
    labels: NDArray[np.int32],
) -> None:
    found = np.empty(len(moments), dtype=np.int64)
    for cell in range(len(grid.near)):
        for i in range(grid.begins[cell], grid.begins[cell + 1]):
            if is_core[i]:
                continue
            nearest = np.inf
            for j in found[: _neighbours(grid, moments, cell, i, limit, span, len(moments), found)]:
                squared = _squared(grid.points, i, j)
                if is_core[j] and (squared < nearest or (squared == nearest and labels[j] < labels[i])):
                    nearest, labels[i] = squared, labels[j]


@compiled
def _in_input_order(
    order: NDArray[np.int32], labels: NDArray[np.int32], is_core: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    labels_there, is_core_there = np.empty(len(labels), dtype=np.int64), np.empty_like(is_core)
    for i in range(len(order)):
        labels_there[order[i]], is_core_there[order[i]] = labels[i], is_core[i]
    return labels_there, is_core_there
