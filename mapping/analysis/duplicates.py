"""The same mark sent twice: nearly the same place, nearly the same time, the same category, and no way to tell whose.

Marks are taken in the order in which they were published: each is of the sender of the first one it is near to, or
begins a sender of its own. So a mark that is published later changes nobody's sender but its own: it adds one person or
none. Density clusters, of which a new mark may join two, would let whoever sends it take people away.

Source: Hartigan (1975), Clustering Algorithms, ch. 3 (the leader algorithm).
"""

import itertools
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mapping.analysis.points import middles

COLUMNS = {"sent_at", "published_at", "may_repeat"}
FARTHEST = 1.5  # two marks that are near, in units of it: at most the root of two, one in space and one in time


def without_doubles(reports_gdf: gpd.GeoDataFrame, *, eps_m: float, eps_s: float) -> gpd.GeoDataFrame:
    """Reports in which doubles have one reporter, so that they count as one voice.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Metric CRS; columns reporter, category, sent_at and published_at (UTC) and may_repeat: whether the report was
        sent from a phone that gave no token, so that the same person may be behind several. What mobilizers enter for
        many people at one table is not such. Without these columns nothing is doubled.
    eps_m, eps_s : float
        Reports not farther than this in metres and seconds from the first of a sender are of that sender.

    Returns
    -------
    GeoDataFrame
        The same rows; doubles have the reporter of the first of them that was published.
    """
    if not set(reports_gdf.columns) >= COLUMNS:
        return reports_gdf
    rows = np.flatnonzero(reports_gdf["may_repeat"].to_numpy(dtype=np.bool_))
    if len(rows) < 2:
        return reports_gdf
    some = reports_gdf.iloc[rows]
    points = middles(np.asarray(some.geometry.array, dtype=object)) / eps_m
    times = (some["sent_at"] - some["sent_at"].min()).dt.total_seconds().to_numpy() / eps_s
    order = np.argsort(some["published_at"].to_numpy(), kind="stable")
    firsts = _first_near(np.column_stack([points, times]), pd.factorize(some["category"])[0], order)
    reporters = reports_gdf["reporter"].to_numpy(dtype=object).copy()
    reporters[rows] = some["reporter"].to_numpy(dtype=object)[firsts]
    return reports_gdf.assign(reporter=reporters)


def _first_near(places: NDArray[np.float64], kinds: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row, taken in an order, the earliest beginner it is near to, or itself as one more.

    `places` are x, y and time, each in units of what is near.
    """
    firsts = np.arange(len(places))
    apart = np.column_stack([places, 10.0 * kinds])
    nearest = cKDTree(apart).query(apart, k=2)[0][:, 1]
    beginners: dict[tuple[int, ...], list[int]] = {}
    for rank, row in enumerate(order.tolist()):
        if nearest[row] > FARTHEST:
            continue  # nobody else is near: most are so
        cell = (int(kinds[row]), *np.floor(places[row]).astype(int).tolist())
        near = [taken for taken in _around(beginners, cell) if _is_near(places[row], places[order[taken]])]
        if near:
            firsts[row] = order[min(near)]
        else:
            beginners.setdefault(cell, []).append(rank)
    return firsts


def _around(beginners: dict[tuple[int, ...], list[int]], cell: tuple[int, ...]) -> Iterator[int]:
    kind, *at = cell
    for step in itertools.product((-1, 0, 1), repeat=3):
        yield from beginners.get((kind, *(one + other for one, other in zip(at, step, strict=True))), ())


def _is_near(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    east, north, later = one - other
    return bool(east * east + north * north <= 1 and abs(later) <= 1)
