"""What an analysis shows beside the hotspots: surface, streets, coverage, trends, the held-out check.

All of it is of layers of which every mark may be told; the coverage also knows what is told of the others.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.analysis.contours import density_areas
from mapping.analysis.coverage import report_coverage
from mapping.analysis.density import M2_PER_KM2, REACH, kernel_density
from mapping.analysis.disclosure import TOLD_GRID, ToldVoices
from mapping.analysis.evaluation import ENOUGH_NODES, Catch, compare_with_naive
from mapping.analysis.evidence import public_evidence, voices_of
from mapping.analysis.grids import Cells, Grid, cell_keys, ground_cells, rings_within, unique_cells
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.points import middles
from mapping.analysis.space_time import disjoint_windows
from mapping.analysis.streets import rank_streets
from mapping.analysis.trend import mann_kendall

SURFACE_BANDWIDTH_M = 60.0
SURFACE_TIMES = (1, 2, 4, 8)  # times the smallest number of people that may be told of
STREET_REACH_M = 30.0
TREND_DAYS, TREND_WINDOWS, TREND_P = 30, 12, 0.05
MIN_TREND_WINDOWS = 5  # with fewer no series can reach the chance asked for
HELD_OUT_SHARE, MIN_EARLIER, MIN_LATER, DAYS_A_MONTH = 0.25, 60, 20, 30.4
SIMPLER_M = 3.0


def places_of_voices(
    reports_gdf: gpd.GeoDataFrame, grid: Grid, parameters: HotspotParameters, now: pd.Timestamp
) -> pd.DataFrame:
    """Each person's places, once each: x, y (metres), q, r, reporter, layer, observed_at; of public layers only."""
    voices = voices_of(public_evidence(reports_gdf, parameters), grid, parameters, now)
    return voices.drop_duplicates("anchor", ignore_index=True)


def surface_layer(places: pd.DataFrame, crs: Any, parameters: HotspotParameters) -> gpd.GeoDataFrame:
    """Outlines of density where enough people marked: level (0…3) and geometry.

    The lowest level is as dense as the smallest number of people that may be told of in one spot would make it, and an
    area around which fewer distinct people marked is left out.
    """
    points = places[["x", "y"]].to_numpy(dtype=np.float64)
    if len(points) == 0:
        return gpd.GeoDataFrame({"level": []}, geometry=[], crs=crs)
    one_person = M2_PER_KM2 / (2 * np.pi * SURFACE_BANDWIDTH_M**2)
    levels = [times * parameters.min_reporters * one_person for times in SURFACE_TIMES]
    extent = np.ptp(points, axis=0) + 2 * REACH * SURFACE_BANDWIDTH_M
    node_m = max(SURFACE_BANDWIDTH_M / 10, float(np.sqrt(extent.prod() / ENOUGH_NODES)))
    areas = density_areas(kernel_density(points, SURFACE_BANDWIDTH_M, cell_m=node_m), crs, levels=levels)
    parts = areas.explode(ignore_index=True)
    is_shared = [
        _people_in(shape.buffer(SURFACE_BANDWIDTH_M), points, places["reporter"]) >= parameters.min_reporters
        for shape in parts.geometry
    ]
    shown = parts[np.asarray(is_shared, dtype=np.bool_)]
    return gpd.GeoDataFrame({"level": shown["level"]}, geometry=shown.simplify(SIMPLER_M), crs=crs)


def _people_in(shape: BaseGeometry, points: NDArray[np.float64], reporters: pd.Series) -> int:
    return int(reporters[shapely.contains_xy(shape, points[:, 0], points[:, 1])].nunique())


def streets_layer(places: pd.DataFrame, streets_gdf: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Streets with marks, ranked: name, marks, length_m, expected, q_value, step (1…4) and geometry."""
    points = places[["x", "y"]].to_numpy(dtype=np.float64)
    ranked = rank_streets(streets_gdf[["name", "geometry"]], points, max_distance_m=STREET_REACH_M)
    ranked = ranked[ranked["marks"] > 0].sort_values("place")
    highest = ranked["shrunken_per_100m"].max() if len(ranked) else 1.0
    step = np.ceil(4 * ranked["shrunken_per_100m"] / highest).clip(1, 4).astype(int)
    return gpd.GeoDataFrame(ranked[["name", "marks", "length_m", "expected", "q_value", "geometry"]].assign(step=step))


def coverage_layer(
    reports_gdf: gpd.GeoDataFrame,
    told: ToldVoices,
    streets_gdf: gpd.GeoDataFrame,
    area: BaseGeometry,
    parameters: HotspotParameters,
) -> gpd.GeoDataFrame:
    """How many people report from each part of town, in three words; cells of a few hundred metres at least.

    Of private layers it knows the cells that are told of, and nothing else.
    """
    public = reports_gdf[~reports_gdf["layer"].isin(parameters.private_layers)]
    cells, people = told.cells()
    return report_coverage(
        middles(np.asarray(public.geometry.array, dtype=object)),
        public["reporter"].to_numpy(),
        streets_gdf,
        area,
        min_people=parameters.min_reporters,
        told_points_m=TOLD_GRID.centres(cells),
        told_people=people.to_numpy(dtype=np.int64),
    ).cells


def hotspot_trends(
    hotspots: gpd.GeoDataFrame,
    reports_gdf: gpd.GeoDataFrame,
    grid: Grid,
    parameters: HotspotParameters,
    now: pd.Timestamp,
) -> list[str]:
    """Whether each hotspot is marked more and more: rising, easing, steady, or unknown with too few months to say.

    Every report of a public layer counts, those about what was mended since among them; of a hotspot without any the
    trend is unknown. Windows are disjoint, a month each, a year of them at the most.
    """
    evidence = public_evidence(reports_gdf, parameters)
    is_long = len(evidence) > 0 and (now - evidence["observed_at"].min()).days > MIN_TREND_WINDOWS * TREND_DAYS
    if len(hotspots) == 0 or not is_long:
        return ["unknown"] * len(hotspots)
    window, begins = disjoint_windows(evidence["observed_at"], TREND_DAYS, end=now)
    windows = min(len(begins), TREND_WINDOWS)
    window = window - (len(begins) - windows)
    held = grid.cells_of(middles(np.asarray(evidence.geometry.array, dtype=object)))
    cells = pd.MultiIndex.from_arrays([held[:, 0], held[:, 1]])
    series = np.zeros((len(hotspots), windows), dtype=np.int64)
    for row, hotspot in enumerate(hotspots.to_dict("records")):
        is_mine = (window >= 0) & cells.isin(hotspot["cells"])
        people = evidence["reporter"][is_mine].groupby(window[is_mine]).nunique()
        series[row, people.index.to_numpy(dtype=np.int64)] = people.to_numpy()
    found = mann_kendall(series)
    return [
        "unknown" if not has_marks else "steady" if p_value > TREND_P else "rising" if z > 0 else "easing"
        for has_marks, z, p_value in zip(series.sum(axis=1) > 0, found.z, found.p_value, strict=True)
    ]


def held_out(
    reports_gdf: gpd.GeoDataFrame,
    streets_gdf: gpd.GeoDataFrame,
    area: BaseGeometry,
    grid: Grid,
    parameters: HotspotParameters,
    now: pd.Timestamp,
) -> tuple[pd.Timestamp, dict[str, Catch]] | None:
    """What hotspots of the first three quarters of the time catch of the last; None with too little to say.

    Each part has its own voices, as if the other were not there; the date to split at is the first of a month, and
    later marks off the ground of the earlier ones and the streets are left out.
    """
    evidence = public_evidence(reports_gdf, parameters)
    times = evidence["observed_at"]
    if len(evidence) < MIN_EARLIER + MIN_LATER:
        return None
    months = max(1, round(HELD_OUT_SHARE * (now - times.min()).days / DAYS_A_MONTH))
    split = (now - pd.DateOffset(months=months)).normalize().replace(day=1)
    is_later = times >= split
    earlier = places_of_voices(gpd.GeoDataFrame(evidence[~is_later]), grid, parameters, split)
    later = places_of_voices(gpd.GeoDataFrame(evidence[is_later]), grid, parameters, now)
    if len(later) < MIN_LATER or len(earlier) < MIN_EARLIER:
        return None
    ground = cells_of_ground(grid, area, streets_gdf, earlier)
    places = [part[["x", "y"]].to_numpy(dtype=np.float64) for part in (earlier, later)]
    if not np.isin(cell_keys(grid.cells_of(places[1])), cell_keys(ground)).any():
        return None
    rings = rings_within(grid.cell_size_m, parameters.reach_m)
    return split, compare_with_naive(*places, grid=grid, ground=ground, rings=rings, max_q=parameters.max_q)


def cells_of_ground(grid: Grid, area: BaseGeometry, streets_gdf: gpd.GeoDataFrame, places: pd.DataFrame) -> Cells:
    """Cells with a street or a mark."""
    on_streets = ground_cells(grid, area, np.asarray(streets_gdf.geometry.array, dtype=object))
    return unique_cells(np.vstack([on_streets, places[["q", "r"]].to_numpy(dtype=np.int64)]))[0]
