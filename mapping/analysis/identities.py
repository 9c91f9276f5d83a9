"""The identity of hotspots from run to run: a new one takes the name of the old one it overlaps most."""

import geopandas as gpd
import pandas as pd

MIN_OVERLAP = 0.3


def keep_identities(previous_gdf: gpd.GeoDataFrame, current_gdf: gpd.GeoDataFrame) -> pd.Series:
    """For each current hotspot the id of the previous one it continues, or None.

    Parameters
    ----------
    previous_gdf : GeoDataFrame
        Index id (str); metric CRS.
    current_gdf : GeoDataFrame
        Metric CRS, the same.

    Returns
    -------
    Series of str or None
        On the index of `current_gdf`. Overlap is measured against the smaller of two areas; pairs are taken from the
        largest overlap down, each hotspot once; below 0.3 a hotspot counts as new.
    """
    kept = pd.Series([None] * len(current_gdf), index=current_gdf.index, dtype=object)
    pairs = []
    for current, shape in current_gdf.geometry.items():
        for previous, other in previous_gdf.geometry.items():
            overlap = shape.intersection(other).area / max(min(shape.area, other.area), 1e-9)
            if overlap >= MIN_OVERLAP:
                pairs.append((-overlap, str(previous), current))
    used: set[str] = set()
    for _, previous_id, current in sorted(pairs, key=lambda pair: (pair[0], pair[1], str(pair[2]))):
        if kept[current] is None and previous_id not in used:
            kept[current] = previous_id
            used.add(previous_id)
    return kept
