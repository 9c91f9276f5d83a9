"""Cells of a grid laid out as an array, so that neighbourhoods are sums of shifted arrays and need no list."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mapping.analysis.grids import Cells, Grid, Run
from mapping.errors import AnalysisError

MAX_BOX = 100_000_000


class Lattice:
    """Cells with their neighbours within some rings; values of cells go in and out in the order of the cells.

    Parameters
    ----------
    grid : Grid
        Hexagons or squares.
    cells : ndarray of int64, shape (n, 2)
        Each once.
    rings : int
        Reach of a neighbourhood; a cell belongs to its own.

    Attributes
    ----------
    weights, squares : ndarray of float, shape (n,)
        Number of cells in each neighbourhood: the sum of its weights and of their squares, which are all one.

    Raises
    ------
    AnalysisError
        If the cells lie too far apart to be laid out.

    Notes
    -----
    Keeps the arrays it sums in: memory that is given back and asked for again costs more than the sums. For one thread
    at a time.
    """

    def __init__(self, grid: Grid, cells: Cells, rings: int) -> None:
        if rings < 1:
            raise AnalysisError("A neighbourhood needs one ring of cells or more.")
        across, up = cells[:, 0], cells[:, 1]
        west, south = (int(part.min()) if len(part) else 0 for part in (across, up))
        self._rings = rings
        self._columns, self._rows = (
            int(part.max() - first) + 1 + 2 * rings if len(part) else 1 + 2 * rings
            for part, first in ((across, west), (up, south))
        )
        if self._columns * self._rows > MAX_BOX:
            raise AnalysisError("The cells lie too far apart; take larger ones, or one town at a time.")
        places = up * self._columns
        places += across
        places -= south * self._columns + west - rings * self._columns - rings
        self._places = places
        self._runs = grid.runs(rings)
        self._touching = _pattern(grid.runs(1), 1)
        self._reach = _pattern(self._runs, rings)
        self._laid, self._run, self._totals = np.zeros((3, self._rows * self._columns))  # room for sums
        self.weights = self.sums(np.broadcast_to(1.0, len(cells)))
        self.squares = self.weights

    def _laid_out(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Values in the array, false where there is no cell, with a margin of `rings` all around."""
        laid = np.zeros(self._rows * self._columns, dtype=values.dtype)
        laid[self._places] = values
        return laid.reshape(self._rows, self._columns)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum of the values in each cell's neighbourhood, shape (n,).

        Parameters
        ----------
        values : ndarray, shape (n,)
            One value a cell.
        """
        laid, run, totals = self._laid, self._run, self._totals
        laid[self._places] = values
        margin = self._rings * (self._columns + 1)
        inner = slice(margin, laid.size - margin)
        run[:] = laid
        totals[:] = 0.0
        held = 1
        for step, first, last in sorted(self._runs, key=lambda row: row[2] - row[1]):
            while held < last - first + 1:  # run[i] is the sum of `held` values from i on
                run[: laid.size - held] += laid[held:]
                held += 1
            ahead = step * self._columns + first
            totals[inner] += run[margin + ahead : laid.size - margin + ahead]
        return totals[self._places]

    def joined(self, chosen: NDArray[np.bool_], *, bridge: int = 0) -> list[NDArray[np.int64]]:
        """Groups of chosen cells that touch: positions of the cells of each, in the order of their first cell.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,)
            Which cells take part.
        bridge : int
            Cells with so many times two others between them, or with ground that is no cell, touch as well.
        """
        laid = self._laid_out(chosen)
        if bridge:
            laid = ndimage.binary_dilation(laid, structure=self._touching, iterations=bridge)
        labels, _ = ndimage.label(laid, structure=self._touching)
        label = labels.ravel()[self._places]
        positions = np.flatnonzero(chosen)
        order = positions[np.argsort(label[positions], kind="stable")]
        groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []
        return sorted(groups, key=lambda group: int(group[0]))

    def within_reach(self, group: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of the cells that are tested together with any cell of a group, the group among them.

        Parameters
        ----------
        group : ndarray of int64
            Positions of cells.
        """
        chosen = np.zeros(len(self._places), dtype=np.bool_)
        chosen[group] = True
        near = ndimage.binary_dilation(self._laid_out(chosen), structure=self._reach)
        return np.flatnonzero(near.ravel()[self._places])


def _pattern(runs: list[Run], rings: int) -> NDArray[np.bool_]:
    pattern = np.zeros((2 * rings + 1, 2 * rings + 1), dtype=np.bool_)
    for step, first, last in runs:
        pattern[rings + step, rings + first : rings + last + 1] = True
    return pattern
