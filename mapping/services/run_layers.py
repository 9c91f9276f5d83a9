"""What an analysis shows beside the hotspots: surface, streets, coverage, trends, the held-out check.

Nothing here tells of fewer people than may be told of: see each function.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from mapping.analysis.contours import density_areas
from mapping.analysis.coverage import report_coverage
from mapping.analysis.density import M2_PER_KM2, kernel_density
from mapping.analysis.duplicates import without_doubles
from mapping.analysis.evaluation import Catch, compare_with_naive
from mapping.analysis.grids import Cells, Grid, ground_cells, rings_within, unique_cells
from mapping.analysis.hotspots import HotspotParameters
from mapping.analysis.space_time import disjoint_windows
from mapping.analysis.streets import nearest_streets, rank_streets
from mapping.analysis.trend import MIN_STEPS, mann_kendall
from mapping.analysis.voices import middles, one_voice

SURFACE_BANDWIDTH_M = 60.0
SURFACE_TIMES = (1, 2, 4, 8)  # times the smallest number of people that may be told of
STREET_REACH_M = 30.0
TREND_DAYS, TREND_WINDOWS, TREND_P = 30, 12, 0.05
HELD_OUT_SHARE, MIN_EARLIER, MIN_LATER = 0.25, 60, 20
SIMPLER_M = 3.0


def places_of_voices(
    reports_gdf: gpd.GeoDataFrame, grid: Grid, parameters: HotspotParameters, now: pd.Timestamp
) -> pd.DataFrame:
    """Each person's places, once each: x, y (metres), q, r, reporter, layer, observed_at."""
    evidence = reports_gdf[reports_gdf["layer"].isin(parameters.evidence_layers)].sort_index()
    evidence = without_doubles(evidence, eps_m=parameters.double_m, eps_s=parameters.double_s)
    voices = one_voice(
        evidence,
        grid=grid,
        bandwidth_m=parameters.voice_bandwidth_m(grid),
        half_life_days=parameters.half_life_days,
        cap=parameters.cap_per_reporter,
        now=now,
    )
    return voices.drop_duplicates("anchor", ignore_index=True)


def surface_layer(places: pd.DataFrame, crs: Any, parameters: HotspotParameters) -> gpd.GeoDataFrame:
    """Outlines of density where enough people marked: level (0…3) and geometry.

    The lowest level is as dense as the smallest number of people that may be told of in one spot would make it, and an
    area around which fewer distinct people marked is left out. A mark of a private layer counts only where as many
    people marked such things around it: the marks of other layers are public, and could be taken off the rest.
    """
    told = places[_is_shared(places, parameters)]
    points = told[["x", "y"]].to_numpy(dtype=np.float64)
    if len(points) == 0:
        return gpd.GeoDataFrame({"level": []}, geometry=[], crs=crs)
    one_person = M2_PER_KM2 / (2 * np.pi * SURFACE_BANDWIDTH_M**2)
    levels = [times * parameters.min_reporters * one_person for times in SURFACE_TIMES]
    areas = density_areas(kernel_density(points, SURFACE_BANDWIDTH_M), crs, levels=levels)
    parts = areas.explode(ignore_index=True)
    is_shared = [
        _people_in(shape.buffer(SURFACE_BANDWIDTH_M), points, told["reporter"]) >= parameters.min_reporters
        for shape in parts.geometry
    ]
    shown = parts[np.asarray(is_shared, dtype=np.bool_)]
    return gpd.GeoDataFrame({"level": shown["level"]}, geometry=shown.simplify(SIMPLER_M), crs=crs)


def _is_shared(places: pd.DataFrame, parameters: HotspotParameters) -> NDArray[np.bool_]:
    """Which places are of public layers, or of private ones with enough people who marked such within a bandwidth."""
    is_told = ~places["layer"].isin(parameters.private_layers).to_numpy()
    private = np.flatnonzero(~is_told)
    if len(private) == 0:
        return is_told
    points = places[["x", "y"]].to_numpy(dtype=np.float64)[private]
    people = pd.factorize(places["reporter"].iloc[private])[0]
    near = cKDTree(points).query_ball_point(points, SURFACE_BANDWIDTH_M)
    is_told[private] = [len(set(people[mine])) >= parameters.min_reporters for mine in near]
    return is_told


def _people_in(shape: BaseGeometry, points: NDArray[np.float64], reporters: pd.Series) -> int:
    return int(reporters[shapely.contains_xy(shape, points[:, 0], points[:, 1])].nunique())


def streets_layer(
    places: pd.DataFrame, streets_gdf: gpd.GeoDataFrame, parameters: HotspotParameters
) -> gpd.GeoDataFrame:
    """Streets with marks, ranked: name, marks, length_m, expected, q_value, step (1…4) and geometry.

    What fewer people than may be told of said of a private layer on a street is taken out before anything is counted.
    """
    points = places[["x", "y"]].to_numpy(dtype=np.float64)
    near = nearest_streets(np.asarray(streets_gdf.geometry.array, dtype=object), points, STREET_REACH_M)
    on_street = places.assign(street=near)
    is_private = on_street["layer"].isin(parameters.private_layers)
    people = on_street[is_private].groupby("street")["reporter"].nunique()
    few = people.index[people < parameters.min_reporters]
    told = ~(is_private & on_street["street"].isin(few)).to_numpy()
    ranked = rank_streets(streets_gdf[["name", "geometry"]], points[told], max_distance_m=STREET_REACH_M)
    ranked = ranked[ranked["marks"] > 0].sort_values("place")
    highest = ranked["shrunken_per_100m"].max() if len(ranked) else 1.0
    step = np.ceil(4 * ranked["shrunken_per_100m"] / highest).clip(1, 4).astype(int)
    return gpd.GeoDataFrame(ranked[["name", "marks", "length_m", "expected", "q_value", "geometry"]].assign(step=step))


def coverage_layer(
    reports_gdf: gpd.GeoDataFrame, streets_gdf: gpd.GeoDataFrame, area: BaseGeometry, min_people: int
) -> gpd.GeoDataFrame:
    """How many people report from each part of town, in three words; cells of a few hundred metres at least."""
    points = middles(np.asarray(reports_gdf.geometry.array, dtype=object))
    return report_coverage(points, reports_gdf["reporter"].to_numpy(), streets_gdf, area, min_people=min_people).cells


def hotspot_trends(
    hotspots: gpd.GeoDataFrame,
    reports_gdf: gpd.GeoDataFrame,
    grid: Grid,
    parameters: HotspotParameters,
    now: pd.Timestamp,
) -> list[str]:
    """Whether each hotspot is marked more and more: rising, easing, steady, or unknown with too few months to say.

    Every report counts, those about what was mended since among them; private layers only where the hotspot tells of
    them. Windows are disjoint, a month each, a year of them at the most.
    """
    evidence = reports_gdf[reports_gdf["layer"].isin(parameters.evidence_layers)]
    is_long = len(evidence) > 0 and (now - evidence["observed_at"].min()).days > MIN_STEPS * TREND_DAYS
    if len(hotspots) == 0 or not is_long:
        return ["unknown"] * len(hotspots)
    window, begins = disjoint_windows(evidence["observed_at"], TREND_DAYS, end=now)
    windows = min(len(begins), TREND_WINDOWS)
    window = window - (len(begins) - windows)
    held = grid.cells_of(middles(np.asarray(evidence.geometry.array, dtype=object)))
    cells = pd.MultiIndex.from_arrays([held[:, 0], held[:, 1]])
    series = np.zeros((len(hotspots), windows), dtype=np.int64)
    for row, hotspot in enumerate(hotspots.to_dict("records")):
        is_mine = (window >= 0) & cells.isin(hotspot["cells"]) & evidence["layer"].isin(hotspot["layer_people"])
        people = evidence["reporter"][is_mine].groupby(window[is_mine]).nunique()
        series[row, people.index.to_numpy(dtype=np.int64)] = people.to_numpy()
    found = mann_kendall(series)
    return [
        "steady" if p_value > TREND_P else "rising" if z > 0 else "easing"
        for z, p_value in zip(found.z, found.p_value, strict=True)
    ]


def held_out(
    places: pd.DataFrame, grid: Grid, ground: Cells, parameters: HotspotParameters, now: pd.Timestamp
) -> tuple[pd.Timestamp, dict[str, Catch]] | None:
    """What hotspots of the first three quarters of the time catch of the last; None with too little to say."""
    times = places["observed_at"]
    if len(places) < MIN_EARLIER + MIN_LATER:
        return None
    split = now - HELD_OUT_SHARE * (now - times.min())
    is_later = (times >= split).to_numpy()
    if is_later.sum() < MIN_LATER or (~is_later).sum() < MIN_EARLIER:
        return None
    points, rings = places[["x", "y"]].to_numpy(dtype=np.float64), rings_within(grid.cell_size_m, parameters.reach_m)
    found = compare_with_naive(
        points[~is_later], points[is_later], grid=grid, ground=ground, rings=rings, max_q=parameters.max_q
    )
    return split, found


def cells_of_ground(grid: Grid, area: BaseGeometry, streets_gdf: gpd.GeoDataFrame, places: pd.DataFrame) -> Cells:
    """Cells with a street or a mark."""
    on_streets = ground_cells(grid, area, np.asarray(streets_gdf.geometry.array, dtype=object))
    return unique_cells(np.vstack([on_streets, places[["q", "r"]].to_numpy(dtype=np.int64)]))[0]
