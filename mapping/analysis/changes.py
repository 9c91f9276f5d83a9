"""What changed between two runs, told only when it is more than one or two people could make of it."""

import geopandas as gpd
import pandas as pd

MIN_RATIO, MIN_PEOPLE = 1.25, 5
CHANGES = ("new", "grown", "shrunk", "same")


def changes_of(
    previous_gdf: gpd.GeoDataFrame, current_gdf: gpd.GeoDataFrame, kept: pd.Series
) -> tuple[list[str], list[str]]:
    """How each hotspot changed, and which are gone.

    Parameters
    ----------
    previous_gdf : GeoDataFrame
        Index id; column reporters.
    current_gdf : GeoDataFrame
        Columns reporters, and is_private where they are rounded down to multiples of `MIN_PEOPLE`.
    kept : Series of str or None
        For each current hotspot the id of the previous one it continues, as `identities.keep_identities` gives it.

    Returns
    -------
    changes : list of str
        One of `CHANGES` for each current hotspot: grown and shrunk by a quarter and by five people at the least.
    gone : list of str
        Ids of previous hotspots that none continues.
    """
    before = previous_gdf["reporters"]
    changes = []
    rows = zip(kept, current_gdf["reporters"], current_gdf["is_private"], strict=True)
    for previous_id, now, is_rounded in rows:
        if previous_id is None:
            changes.append("new")
            continue
        then = int(before[previous_id])
        least = 2 * MIN_PEOPLE if is_rounded else MIN_PEOPLE
        is_more = now >= max(MIN_RATIO * then, then + least)
        is_less = then >= max(MIN_RATIO * now, now + least)
        changes.append("grown" if is_more else "shrunk" if is_less else "same")
    continued = {previous_id for previous_id in kept if previous_id is not None}
    return changes, [str(previous_id) for previous_id in previous_gdf.index if previous_id not in continued]
