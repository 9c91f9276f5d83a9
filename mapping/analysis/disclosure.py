"""Statistical disclosure control: what fewer than k people said of people is taken out before anything is computed.

A mark about what people do to people counts only where k people or more marked such around it, and numbers of such
people are told in multiples of k: a lone mark changes nothing, and one more among many seldom shows.
Source: the minimum frequency rule and rounding, Hundepool et al. (2012), Statistical Disclosure Control, ch. 5.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mapping.analysis.grids import Cells

NEAREST = 64


def in_cells(voices: pd.DataFrame, cells: Cells) -> NDArray[np.bool_]:
    """Which voices (columns q, r) lie in one of the cells, shape (voices,)."""
    places = pd.MultiIndex.from_frame(voices[["q", "r"]])
    return np.asarray(places.isin(pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])), dtype=np.bool_)


def is_shared(
    points_m: NDArray[np.float64], people: NDArray[np.object_], *, reach_m: float, min_people: int
) -> NDArray[np.bool_]:
    """Which marks have enough distinct people's marks around them, their own among them.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Metres.
    people : ndarray of object, shape (n,)
        Who marked.
    reach_m : float
        Metres.
    min_people : int
        Smallest number of distinct people that may be told of.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    if len(points_m) == 0:
        return np.zeros(0, dtype=np.bool_)
    codes = np.append(pd.factorize(people)[0], -1)
    tree = cKDTree(points_m)
    some = min(NEAREST, len(points_m))
    near = tree.query(points_m, some, distance_upper_bound=np.nextafter(reach_m, np.inf))[1].reshape(len(points_m), -1)
    found = np.sort(codes[near], axis=1)  # what is beyond reach has the code −1 of nobody
    first = np.column_stack([found[:, 0], np.where(np.diff(found, axis=1) > 0, found[:, 1:], -1)])
    shared = (first >= 0).sum(axis=1) >= min_people
    for row in np.flatnonzero(~shared & (near < len(points_m)).all(axis=1)):  # more lie around than were looked at
        shared[row] = len(set(codes[tree.query_ball_point(points_m[row], reach_m)])) >= min_people
    return np.asarray(shared, dtype=np.bool_)


def rounded_down(people: int, min_people: int) -> int:
    """A number of people as it may be told: a multiple of the smallest that may be, so that one more seldom shows."""
    return min_people * (people // min_people)


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
