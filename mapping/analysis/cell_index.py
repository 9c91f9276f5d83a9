"""Points sorted into square cells, with the occupied cells around each: what a search for neighbours walks through."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.compiled import compiled
from mapping.errors import AnalysisError

# Cells are a little smaller than eps / √2: rounding then never puts two points into one cell that are not neighbours,
# as the position of a point in a grid of at most 2³⁰ cells is wrong by less than 1e-6 of a cell.
SIDE = (1 - 1e-5) / np.sqrt(2)
MOST_CELLS_ACROSS = 2**30
COUNTED_CELLS_A_POINT = 8
COUNTED_CELLS = 1_000_000


class CellIndex(NamedTuple):
    """Points in the order of their cells (`order` leads back to the input), and the occupied cells.

    The points of cell c are `begins[c]` to `begins[c + 1]`. Neighbours can only lie in five rows of up to five cells;
    in row r those cells, as are their points, are consecutive: `near[c, r, 0]` to `near[c, r, 1]`.
    """

    points: NDArray[np.float64]
    order: NDArray[np.int32]
    begins: NDArray[np.int32]
    near: NDArray[np.int32]


def index_cells(points: NDArray[np.float64], eps_m: float, times: NDArray[np.float64] | None) -> CellIndex:
    """Sort points into cells.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Metres, at least one.
    eps_m : float
        Distance of neighbours, metres; two points of one cell are always neighbours.
    times : ndarray of float, shape (n,), optional
        Points of a cell are put in the order of them.

    Raises
    ------
    AnalysisError
        If the cells would be too many to count.
    """
    side = float(eps_m) * float(SIDE)
    across, up = points[:, 0], points[:, 1]
    west, south = float(across.min()), float(up.min())
    columns, rows = (float(far) / side + 1 for far in (float(across.max()) - west, float(up.max()) - south))
    if not max(columns, rows) <= MOST_CELLS_ACROSS:
        raise AnalysisError("The distance of neighbours is too small for the ground covered; take a larger one.")
    width = int(columns) + 2  # two empty columns, so that looking two cells past the edge finds nothing
    keys = _keys(points, west, south, side, width)
    cells = width * int(rows)
    is_counted = cells <= COUNTED_CELLS_A_POINT * len(points) + COUNTED_CELLS
    if times is not None:
        order = np.lexsort((times, keys)).astype(np.int32)
    else:
        order = _counted_order(keys, cells) if is_counted else np.argsort(keys).astype(np.int32)
    ordered, occupied, begins = _occupied(points, keys, order)
    near = _near_counted(occupied, width, cells) if is_counted else _near(occupied, width)
    return CellIndex(ordered, order, begins, near)


@compiled
def _keys(points: NDArray[np.float64], west: float, south: float, side: float, width: int) -> NDArray[np.int64]:
    keys = np.empty(len(points), dtype=np.int64)
    for i in range(len(points)):
        keys[i] = int((points[i, 1] - south) / side) * width + int((points[i, 0] - west) / side)
    return keys


@compiled
def _counted_order(keys: NDArray[np.int64], cells: int) -> NDArray[np.int32]:
    """The order that sorts the keys, by counting: for grids with few cells a point."""
    places = np.zeros(cells + 1, dtype=np.int32)
    for key in keys:
        places[key + 1] += 1
    for cell in range(cells):
        places[cell + 1] += places[cell]
    order = np.empty(len(keys), dtype=np.int32)
    for i in range(len(keys)):
        order[places[keys[i]]] = i
        places[keys[i]] += 1
    return order


@compiled
def _occupied(
    points: NDArray[np.float64], keys: NDArray[np.int64], order: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
    """Points in order, the key of each occupied cell, and where its points begin."""
    count = len(order)
    ordered, occupied = np.empty((count, 2)), np.empty(count, dtype=np.int64)
    for place in range(count):
        i = order[place]
        ordered[place, 0], ordered[place, 1], occupied[place] = points[i, 0], points[i, 1], keys[i]
    begins = np.zeros(count + 1, dtype=np.int32)
    cells, last = 0, -1
    # Written every time: a branch that goes one way as often as the other would cost more than the writing.
    for place in range(count):
        key = occupied[place]
        cells += key != last
        last = key
        occupied[cells - 1], begins[cells] = key, place + 1
    return ordered, occupied[:cells], begins[: cells + 1]


@compiled
def _near(occupied: NDArray[np.int64], width: int) -> NDArray[np.int32]:
    """First and past-the-last occupied cell within two columns, in each of the five rows around each cell."""
    count = len(occupied)
    near = np.empty((count, 5, 2), dtype=np.int32)
    for row in range(5):
        begin, end = 0, 0
        for cell in range(count):
            middle = occupied[cell] + (row - 2) * width
            while begin < count and occupied[begin] < middle - 2:
                begin += 1
            while end < count and occupied[end] <= middle + 2:
                end += 1
            near[cell, row, 0], near[cell, row, 1] = begin, end
    return near


@compiled
def _near_counted(occupied: NDArray[np.int64], width: int, cells: int) -> NDArray[np.int32]:
    """The same by a table of all cells: faster, for grids with few cells a point."""
    count = len(occupied)
    before = np.empty(cells + 1, dtype=np.int32)
    passed = 0
    for key in range(cells + 1):
        before[key] = passed
        passed += passed < count and occupied[passed] == key
    near = np.empty((count, 5, 2), dtype=np.int32)
    for cell in range(count):
        for row in range(5):
            middle = occupied[cell] + (row - 2) * width
            near[cell, row, 0] = before[min(max(middle - 2, 0), cells)]
            near[cell, row, 1] = before[min(max(middle + 3, 0), cells)]
    return near
