"""One voice per person: a person's repeats of a place count once, and nobody counts in more than a few places."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mapping.analysis.grids import Grid
from mapping.analysis.points import middles

VULNERABLE = frozenset({"children", "older_people", "people_with_disabilities", "displaced_people", "women"})


def one_voice(
    reports_gdf: gpd.GeoDataFrame,
    *,
    grid: Grid,
    bandwidth_m: float,
    half_life_days: float,
    cap: int,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """What each person says of each place, by category, the strongest mark only.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Metric CRS; columns reporter, layer, category, severity (1–4), when, affected, observed_at (UTC). A line counts
        at its middle.
    grid : Grid
        Whose cells the places are put in.
    bandwidth_m : float
        Marks of one person nearer than this, in metres, are of one place: all move to the strongest of them.
    half_life_days : float
        Days after which a mark weighs half.
    cap : int
        Most places at which one person counts.
    now : Timestamp
        With time zone; ages are measured from it.

    Returns
    -------
    DataFrame
        One row per place, reporter and category: cell (q, r), report_id, layer, severity, recency (0–1),
        is_vulnerable, when, affected, marks (how many reports the row stands for).
    """
    points = middles(np.asarray(reports_gdf.geometry.array, dtype=object))
    rows = pd.DataFrame(reports_gdf.drop(columns=reports_gdf.geometry.name))
    rows = rows.assign(report_id=rows.index.astype(str), x=points[:, 0], y=points[:, 1]).reset_index(drop=True)
    age_days = (now - rows["observed_at"]).dt.total_seconds() / 86_400
    rows["recency"] = np.exp2(-age_days.clip(lower=0) / half_life_days)
    rows["is_vulnerable"] = [not VULNERABLE.isdisjoint(codes) for codes in rows["affected"]]
    rows = rows.sort_values(["severity", "recency", "report_id"], ascending=[False, False, True], ignore_index=True)
    people = pd.factorize(rows["reporter"])[0]
    rows["anchor"] = _anchors(rows[["x", "y"]].to_numpy(), people, bandwidth_m)
    cells = grid.cells_of(rows.loc[rows["anchor"], ["x", "y"]].to_numpy())
    rows["q"], rows["r"] = cells[:, 0], cells[:, 1]
    rows["marks"] = rows.groupby(["anchor", "category"])["report_id"].transform("size")
    voices = rows.drop_duplicates(["anchor", "category"])
    places = voices.drop_duplicates("anchor")
    allowed = places.loc[places.groupby("reporter").cumcount() < cap, "anchor"]
    return pd.DataFrame(voices[voices["anchor"].isin(allowed)].reset_index(drop=True))


def _anchors(points: NDArray[np.float64], people: NDArray[np.int64], bandwidth_m: float) -> NDArray[np.int64]:
    """For each point, strongest first, the first point of the same person within the bandwidth, which stands for it.

    People are set apart in a third dimension, so that one tree answers for all; anchors of a person lie a bandwidth
    apart, so a point is looked at a few times however many lie in one spot.
    """
    standing = np.arange(len(points))
    repeated = np.flatnonzero(np.bincount(people)[people] > 1)
    if len(repeated) == 0:
        return standing
    apart = np.column_stack([points, people * 3.0 * bandwidth_m])[repeated]
    tree = cKDTree(apart)
    found = np.full(len(repeated), -1, dtype=np.int64)
    for position, point in enumerate(apart):
        if found[position] < 0:
            near = np.asarray(tree.query_ball_point(point, bandwidth_m))
            found[near[found[near] < 0]] = position
    standing[repeated] = repeated[found]
    return standing
