"""Hotspots of a community: who marked what where, more than chance would put there, ranked with its doubt.

Caveats: few marks do not mean a safe place; people mark where people go. Cells without a street or a mark take no
part, since nobody can be robbed in a lake.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.analysis import ranking
from mapping.analysis.areas import hotspot_shape
from mapping.analysis.disclosure import hushed_voices, in_cells, named
from mapping.analysis.duplicates import without_doubles
from mapping.analysis.exposure import Raster, people_within
from mapping.analysis.getis_ord import exact_p_values, q_values
from mapping.analysis.grids import (
    GRIDS,
    Cells,
    Grid,
    GridKind,
    choose_cell_size,
    ground_cells,
    rings_within,
    unique_cells,
)
from mapping.analysis.lattices import Lattice
from mapping.analysis.voices import one_voice
from mapping.errors import AnalysisError
from mapping.geodesy import require_metric

COLUMNS = (
    "rank",
    "rank_low",
    "rank_high",
    "p_top",
    "tier",
    "rank_without",
    "people_near",
    "score",
    *(f"{name}_points" for name in ranking.COMPONENTS),
    "layer_shares",
    "layer_people",
    "reasons",
    "affected",
    "when",
    "reports",
    "reporters",
    "q_value",
    "badge",
    "street_names",
    "report_ids",
    "cells",
)


@dataclass(frozen=True)
class HotspotParameters:
    """Every number an analysis depends on.

    Parameters
    ----------
    grid : str
        "hexagons" or "squares".
    cell_size_m : float, optional
        Width of the cells in metres; by default chosen from the data.
    half_life_days : float
        Days after which a mark weighs half.
    max_q : float
        Largest share of false alarms among the cells called hotspots.
    strict : bool
        Guard against any dependence between cells (Benjamini-Yekutieli); finds less.
    sure_q : float
        Below this q the badge says "very unlikely to be chance".
    min_reporters : int
        Below so many people the badge says "too few people yet", and a private layer is not told of.
    private_layers : tuple of str
        Layers about what people do to people. What fewer than `min_reporters` said of one in a hotspot is left out of
        everything said about it; a hotspot of which nothing is left is left out.
    reach_m : float
        Cells up to so far from a cell are tested with it. Two marks of one person nearer than twice as much are of one
        place.
    double_m, double_s : float
        Marks of unknown senders nearer than this in metres and seconds are taken for one mark sent twice.
    cap_per_reporter : int
        Most places at which one person counts.
    min_reports_to_test, min_reporters_to_test : int
        Below either, chance cannot be ruled out: clusters are listed without a test.
    exposure_reach_m : float
        People who live up to so far from a hotspot's cells are counted for its exposure.
    weights : tuple of 5 floats
        Of severity, reporters, recency, vulnerable, exposure; they sum to 1. Exposure counts nothing where no
        population is known.
    bootstrap_draws, confidence : int, float
        Of the rank interval.
    top : int
        How many first places to give chances for.
    evidence_layers : tuple of str
        Layers that speak of something wrong.
    """

    grid: GridKind = "hexagons"
    cell_size_m: float | None = None
    reach_m: float = 50.0
    half_life_days: float = 365.0
    max_q: float = 0.05
    strict: bool = False
    sure_q: float = 0.01
    min_reporters: int = 5
    private_layers: tuple[str, ...] = ("dangerous_places",)
    double_m: float = 15.0
    double_s: float = 600.0
    cap_per_reporter: int = 10
    min_reports_to_test: int = 30
    min_reporters_to_test: int = 10
    exposure_reach_m: float = 200.0
    weights: tuple[float, ...] = (0.35, 0.35, 0.15, 0.15, 0.0)
    bootstrap_draws: int = 500
    confidence: float = 0.9
    top: int = 3
    evidence_layers: tuple[str, ...] = ("dangerous_places", "unlit_streets", "accessibility_barriers")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if self.grid not in GRIDS:
            raise AnalysisError("grid is hexagons or squares.")
        positive = (
            self.reach_m,
            self.double_m,
            self.double_s,
            self.half_life_days,
            self.cap_per_reporter,
            self.bootstrap_draws,
            self.top,
            self.exposure_reach_m,
            self.cell_size_m or 1.0,
        )
        if not all(np.isfinite(number) and number > 0 for number in positive):
            raise AnalysisError("Sizes, distances, days, draws, top and the cap of a reporter must be positive.")
        if not 0 < self.sure_q <= self.max_q < 1 or not 0 < self.confidence < 1:
            raise AnalysisError("sure_q, max_q and confidence lie between 0 and 1, sure_q not above max_q.")
        ranking.require_weights(np.asarray(self.weights, dtype=np.float64))

    def voice_bandwidth_m(self, grid: Grid) -> float:
        """Width of a whole neighbourhood: within it one person counts once, or repeats would look like people."""
        return (2 * rings_within(grid.cell_size_m, self.reach_m) + 1) * grid.cell_size_m


@dataclass(frozen=True)
class HotspotResult:
    """What an analysis found.

    Parameters
    ----------
    hotspots : GeoDataFrame
        In rank order, metric CRS, columns `COLUMNS` and geometry.
    enough_data : bool
        Whether there was enough to test; else the hotspots are clusters only.
    grid : Grid
        Whose cells were counted.
    reports, reporters : int
        How many there were.
    """

    hotspots: gpd.GeoDataFrame
    enough_data: bool
    grid: Grid
    reports: int
    reporters: int


def find_hotspots(
    reports_gdf: gpd.GeoDataFrame,
    streets_gdf: gpd.GeoDataFrame,
    area: BaseGeometry,
    *,
    parameters: HotspotParameters,
    now: pd.Timestamp,
    rng: np.random.Generator,
    population: Raster | None = None,
) -> HotspotResult:
    """Find, join, name and rank the hotspots of a community.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Metric CRS; index report id; columns reporter, layer, category, severity, when, affected, observed_at.
    streets_gdf : GeoDataFrame
        The same CRS; column name.
    area : Polygon or MultiPolygon
        The community's ground, the same CRS.
    parameters : HotspotParameters
        All numbers.
    now : Timestamp
        With time zone.
    rng : numpy Generator
        Of the bootstrap; the same seed gives the same numbers.
    population : Raster, optional
        People per cell; without it nobody is known to be exposed.

    Returns
    -------
    HotspotResult
        Empty `hotspots` where nothing stands out.

    Raises
    ------
    GeodesyError
        If a frame is not in metres.
    AnalysisError
        If a geometry is missing or a severity is not 1–4.
    """
    require_metric(reports_gdf)
    require_metric(streets_gdf)
    evidence = reports_gdf[reports_gdf["layer"].isin(parameters.evidence_layers)].sort_index()
    _check(evidence)
    evidence = without_doubles(evidence, eps_m=parameters.double_m, eps_s=parameters.double_s)
    reporters = int(evidence["reporter"].nunique())
    size = parameters.cell_size_m or choose_cell_size(area.area)
    grid = GRIDS[parameters.grid](size)
    has_enough = len(evidence) >= parameters.min_reports_to_test and reporters >= parameters.min_reporters_to_test
    if len(evidence) == 0:
        return HotspotResult(_frame([], reports_gdf.crs), False, grid, 0, 0)
    voices = one_voice(
        evidence,
        grid=grid,
        bandwidth_m=parameters.voice_bandwidth_m(grid),
        half_life_days=parameters.half_life_days,
        cap=parameters.cap_per_reporter,
        now=now,
    )
    streets = np.asarray(streets_gdf.geometry.array, dtype=object)
    cells, _ = unique_cells(np.vstack([ground_cells(grid, area, streets), voices[["q", "r"]].to_numpy()]))
    lattice = Lattice(grid, cells, rings_within(size, parameters.reach_m))
    voices, groups, q_cells = _groups(voices, cells, lattice, parameters, has_enough=has_enough)
    rows = [_describe(group, voices, cells, grid, q_cells, streets_gdf, parameters) for group in groups]
    people = _people_near(groups, cells, grid, population, parameters.exposure_reach_m, reports_gdf.crs)
    rows = _ranked(rows, voices, people, parameters, rng)
    return HotspotResult(_frame(rows, reports_gdf.crs), has_enough, grid, len(evidence), reporters)


def _check(evidence: gpd.GeoDataFrame) -> None:
    if evidence.geometry.isna().any() or evidence.geometry.is_empty.any():
        raise AnalysisError("Every report needs a place; drop those without one.")
    if not evidence["severity"].isin([1, 2, 3, 4]).all():
        raise AnalysisError("Severity is a whole number from 1 to 4.")


def _people(voices: pd.DataFrame, cells: Cells) -> NDArray[np.int64]:
    people = voices.drop_duplicates(["q", "r", "reporter"]).groupby(["q", "r"]).size()
    index = pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])
    return np.asarray(people.reindex(index, fill_value=0), dtype=np.int64)


def _chosen(
    counts: NDArray[np.int64], lattice: Lattice, parameters: HotspotParameters, *, has_enough: bool
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Cells that make a hotspot, and the q-value of every cell (NaN where nothing was tested)."""
    if not has_enough:
        return lattice.sums(counts) >= 2, np.full(len(counts), np.nan)
    q_cells = q_values(exact_p_values(counts, lattice), strict=parameters.strict)
    return q_cells <= parameters.max_q, q_cells


def _groups(
    voices: pd.DataFrame, cells: Cells, lattice: Lattice, parameters: HotspotParameters, *, has_enough: bool
) -> tuple[pd.DataFrame, list[NDArray[np.int64]], NDArray[np.float64]]:
    """Groups of cells that make a hotspot, the voices they were found from, and the q-value of every cell.

    Voices of a private layer that fewer than `min_reporters` share with a hotspot are taken out and the search is
    made again, until none is left: neither shape nor rank nor words of a hotspot then depend on them.
    """
    while True:
        counts = _people(voices, cells)
        chosen, q_cells = _chosen(counts, lattice, parameters, has_enough=has_enough)
        groups = [group for group in lattice.joined(chosen) if counts[group].any()]
        hushed = [
            hushed_voices(
                group, voices, cells, lattice, layers=parameters.private_layers, min_people=parameters.min_reporters
            )
            for group in groups
        ]
        if not any(len(mine) for mine in hushed):
            return voices, groups, q_cells
        voices = voices[~voices.index.isin(np.concatenate(hushed))]


def _describe(
    group: NDArray[np.int64],
    voices: pd.DataFrame,
    cells: Cells,
    grid: Grid,
    q_cells: NDArray[np.float64],
    streets_gdf: gpd.GeoDataFrame,
    parameters: HotspotParameters,
) -> dict[str, Any]:
    mine = voices[in_cells(voices, cells[group])]
    by_category = mine.groupby(["layer", "category"])["reporter"].nunique()
    listed = by_category.sort_values(ascending=False, kind="stable").rename("people").reset_index()
    reasons = [{str(name): value for name, value in row.items()} for row in listed.to_dict("records")]
    person_layer = mine.groupby(["layer", "reporter"])["severity"].max().groupby("layer").sum()
    affected = named(mine, "affected", layers=parameters.private_layers, min_people=parameters.min_reporters)
    when = named(mine, "when", layers=parameters.private_layers, min_people=parameters.min_reporters)
    shape, names = hotspot_shape(cells[group], grid, streets_gdf)
    return {
        "voices": mine,
        "layer_shares": (person_layer / person_layer.sum()).sort_values(ascending=False, kind="stable").to_dict(),
        "layer_people": mine.groupby("layer")["reporter"].nunique().to_dict(),
        "reasons": reasons,
        "affected": [str(code) for code in affected.index],
        "when": {name: int(when.get(name, 0)) for name in ("day", "night", "always")},
        "reports": int(mine["marks"].sum()),
        "reporters": int(mine["reporter"].nunique()),
        "q_value": float(q_cells[group].min()),
        "street_names": names,
        "report_ids": sorted(mine["report_id"].unique()),
        "cells": [(int(q), int(r)) for q, r in cells[group]],
        "geometry": shape,
    }


def _badge(row: dict[str, Any], parameters: HotspotParameters) -> str:
    if row["reporters"] < parameters.min_reporters or not row["q_value"] <= parameters.max_q:
        return "few"
    return "sure" if row["q_value"] <= parameters.sure_q else "maybe"


def _people_near(
    groups: list[NDArray[np.int64]],
    cells: Cells,
    grid: Grid,
    population: Raster | None,
    reach_m: float,
    crs: Any,
) -> NDArray[np.float64]:
    """People who live within reach of each group of cells; zeros where no population is known."""
    if population is None or not groups:
        return np.zeros(len(groups))
    grounds = [shapely.union_all(grid.polygons(cells[group])).buffer(reach_m) for group in groups]
    return people_within(gpd.GeoDataFrame(geometry=grounds, crs=crs), population)


def _ranked(
    rows: list[dict[str, Any]],
    voices: pd.DataFrame,
    people_near: NDArray[np.float64],
    parameters: HotspotParameters,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    if not rows:
        return []
    people = {reporter: position for position, reporter in enumerate(sorted(voices["reporter"].unique()))}
    strongest = pd.concat(
        [
            row.pop("voices")
            .groupby("reporter")
            .agg(severity=("severity", "max"), recency=("recency", "max"), is_vulnerable=("is_vulnerable", "max"))
            .assign(hotspot=position)
            .reset_index()
            for position, row in enumerate(rows)
        ]
    )
    ranked = ranking.rank_hotspots(
        ranking.Voices(
            strongest["hotspot"].to_numpy(np.int64),
            strongest["reporter"].map(people).to_numpy(np.int64),
            strongest["severity"].to_numpy(np.float64),
            strongest["recency"].to_numpy(np.float64),
            strongest["is_vulnerable"].to_numpy(np.bool_),
        ),
        people_near,
        weights=np.asarray(parameters.weights, dtype=np.float64),
        top=parameters.top,
        draws=parameters.bootstrap_draws,
        confidence=parameters.confidence,
        rng=rng,
    )
    for position, row in enumerate(rows):
        row["badge"] = _badge(row, parameters)
        row["people_near"] = float(people_near[position])
        row["score"] = float(ranked.score[position])
        for name in ("rank", "rank_low", "rank_high", "tier"):
            row[name] = int(getattr(ranked, name)[position])
        row["p_top"] = float(ranked.p_top[position])
        row["rank_without"] = dict(zip(ranking.COMPONENTS, ranked.rank_without[position].tolist(), strict=True))
        for part, name in enumerate(ranking.COMPONENTS):
            row[f"{name}_points"] = float(ranked.points[position, part])
    return sorted(rows, key=lambda row: int(row["rank"]))


def _frame(rows: list[dict[str, Any]], crs: Any) -> gpd.GeoDataFrame:
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    return gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=crs)
