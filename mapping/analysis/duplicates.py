"""The same mark sent twice: nearly the same place, nearly the same time, the same category, and no way to tell whose.

Source: Birant & Kut (2007), doi:10.1016/j.datak.2006.01.013 (DBSCAN in space and time).
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.analysis.dbscan import dbscan
from mapping.analysis.points import middles


def without_doubles(reports_gdf: gpd.GeoDataFrame, *, eps_m: float, eps_s: float) -> gpd.GeoDataFrame:
    """Reports in which doubles have one reporter, so that they count as one voice.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Metric CRS; columns reporter, category, sent_at (UTC) and may_repeat: whether the report was sent from a phone
        that gave no token, so that the same person may be behind several. What mobilizers enter for many people at one
        table is not such. Without these columns nothing is doubled.
    eps_m, eps_s : float
        Reports nearer than this in metres and seconds are of one sender, and so are those of a chain of such.

    Returns
    -------
    GeoDataFrame
        The same rows; of each chain all have the reporter of its first row.
    """
    if not {"sent_at", "may_repeat"} <= set(reports_gdf.columns):
        return reports_gdf
    rows = np.flatnonzero(reports_gdf["may_repeat"].to_numpy(dtype=np.bool_))
    if len(rows) < 2:
        return reports_gdf
    some = reports_gdf.iloc[rows]
    points = middles(np.asarray(some.geometry.array, dtype=object))
    kinds = pd.factorize(some["category"])[0]
    extent = float(np.ptp(points[:, 0])) + 10 * eps_m
    apart = np.column_stack([points[:, 0] + kinds * extent, points[:, 1]])  # categories lie side by side
    times = (some["sent_at"] - some["sent_at"].min()).dt.total_seconds().to_numpy()
    labels = dbscan(apart, eps_m=eps_m, min_points=2, times_s=times, eps_s=eps_s).labels
    senders = some["reporter"].to_numpy(dtype=object).copy()
    for label in range(labels.max() + 1):
        chain = labels == label
        senders[chain] = senders[chain][0]
    reporters = reports_gdf["reporter"].to_numpy(dtype=object).copy()
    reporters[rows] = senders
    return reports_gdf.assign(reporter=reporters)
