"""Statistical disclosure control: what fewer than k people said of people is taken out before anything is told.

Source: the minimum frequency rule, Hundepool et al. (2012), Statistical Disclosure Control, ch. 5.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mapping.analysis.grids import Cells
from mapping.analysis.lattices import Lattice


def in_cells(voices: pd.DataFrame, cells: Cells) -> NDArray[np.bool_]:
    """Which voices (columns q, r) lie in one of the cells, shape (voices,)."""
    places = pd.MultiIndex.from_frame(voices[["q", "r"]])
    return np.asarray(places.isin(pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])), dtype=np.bool_)


def hushed_voices(
    group: NDArray[np.int64],
    voices: pd.DataFrame,
    cells: Cells,
    lattice: Lattice,
    *,
    layers: Sequence[str],
    min_people: int,
) -> NDArray[np.int64]:
    """Voices of private layers, in a group of cells or tested with it, that too few people share.

    Parameters
    ----------
    group : ndarray of int64
        Positions of the group's cells.
    voices : DataFrame
        Columns q, r, layer, reporter; unique index.
    cells : ndarray of int64, shape (n, 2)
        All cells.
    lattice : Lattice
        Of the same cells; says which are tested together.
    layers : sequence of str
        Private layers.
    min_people : int
        Smallest number of distinct reporters that may be told of.

    Returns
    -------
    ndarray of int64
        Index labels of the voices to take out.
    """
    near = voices[in_cells(voices, cells[lattice.within_reach(group)])]
    hushed = [np.zeros(0, dtype=np.int64)]
    for layer in layers:
        around = near[near["layer"] == layer]
        inside = around[in_cells(around, cells[group])]
        if around["reporter"].nunique() < min_people:
            hushed.append(around.index.to_numpy())
        elif inside["reporter"].nunique() < min_people:
            hushed.append(inside.index.to_numpy())
    return np.concatenate(hushed)


def named(voices: pd.DataFrame, column: str, *, layers: Sequence[str], min_people: int) -> "pd.Series[int]":
    """How many voices name each code of a column; of private layers only codes that enough people named.

    Parameters
    ----------
    voices : DataFrame
        Columns layer, reporter and `column`, which holds a code or a tuple of codes.
    column : str
        What to count.
    layers : sequence of str
        Private layers.
    min_people : int
        Smallest number of distinct reporters that may be told of.

    Returns
    -------
    Series of int
        By code, the most named first, then by name.
    """
    codes = voices.explode(column).dropna(subset=[column])
    is_private = codes["layer"].isin(layers)
    people = codes[is_private].groupby(column)["reporter"].nunique()
    shared = people.index[people >= min_people]
    told = codes.loc[~is_private | codes[column].isin(shared), column].value_counts()
    return told.sort_index().sort_values(ascending=False, kind="stable")
