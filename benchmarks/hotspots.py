"""Seconds to analyse 2,000 reports of a made-up town (target: under 2), the planted places checked first."""

import statistics
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.analysis.hotspots import find_hotspots
from mapping.analysis.parameters import HotspotParameters

SIDE_M, BACKGROUND, PLANTED = 4000, 1800, ((1050, 1050), (2950, 2450))


def main() -> None:
    """Five rounds on a 4 km town with a street every 100 m."""
    rng = np.random.default_rng(7)
    ends = range(50, SIDE_M, 100)
    lines = [shapely.LineString([(0, at), (SIDE_M, at)]) for at in ends]
    lines += [shapely.LineString([(at, 0), (at, SIDE_M)]) for at in ends]
    streets_gdf = gpd.GeoDataFrame({"name": [f"Street {n}" for n in range(len(lines))]}, geometry=lines, crs=32635)
    points = np.vstack(
        [rng.uniform(0, SIDE_M, (BACKGROUND, 2)), *(np.add(place, rng.normal(0, 20, (100, 2))) for place in PLANTED)]
    )
    reports_gdf = gpd.GeoDataFrame(
        {
            "reporter": [f"p{n}" for n in range(len(points))],
            "layer": "dangerous_places",
            "category": "harassment",
            "severity": rng.integers(1, 5, len(points)),
            "when": "night",
            "affected": [("women",)] * len(points),
            "observed_at": pd.Timestamp("2026-10-01", tz="UTC"),
        },
        index=[f"r{n}" for n in range(len(points))],
        geometry=shapely.points(points),
        crs=32635,
    )
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        found = find_hotspots(
            reports_gdf,
            streets_gdf,
            shapely.box(0, 0, SIDE_M, SIDE_M),
            parameters=HotspotParameters(),
            now=pd.Timestamp("2026-11-01", tz="UTC"),
            rng=np.random.default_rng(1),
        ).hotspots
        seconds.append(time.perf_counter() - began)
    nearest = [min(found.geometry.head(2).distance(shapely.Point(place))) for place in PLANTED]
    assert max(nearest) < 40, "the planted places are not on top"
    print(f"{len(points)} reports: median {statistics.median(seconds):.2f} s (target < 2), {len(found)} hotspots")
