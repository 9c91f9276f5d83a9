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
from mapping.analysis.disclosure import in_cells, named
from mapping.analysis.evidence import evidence_of, voices_of
from mapping.analysis.exposure import Raster, people_within
from mapping.analysis.getis_ord import exact_p_values, q_values
from mapping.analysis.grids import (
    GRIDS,
    Cells,
    Grid,
    HexagonGrid,
    choose_cell_size,
    ground_cells,
    rings_within,
    unique_cells,
)
from mapping.analysis.lattices import Lattice
from mapping.analysis.parameters import HotspotParameters
from mapping.errors import AnalysisError, GeodesyError
from mapping.geodesy import require_metric

PRIVATE_CELL_M = 60.0
MIN_TOGETHER = 2
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
    "is_private",
    "layer_shares",
    "layer_people",
    "other_people",
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
        If a frame is not in metres, or the two are in different CRS.
    AnalysisError
        If a report has no place, reporter or time, a severity is not 1–4, or `now` has no time zone.
    """
    require_metric(reports_gdf)
    require_metric(streets_gdf)
    if reports_gdf.crs != streets_gdf.crs:
        raise GeodesyError("Reports and streets must be in one CRS; bring them into it with to_metric.")
    if pd.isna(now) or now.tzinfo is None:
        raise AnalysisError("The date of an analysis needs a time zone.")
    evidence = evidence_of(reports_gdf, parameters)
    told = gpd.GeoDataFrame(evidence[evidence["is_told"]])
    reporters = int(evidence["reporter"].nunique())
    size = parameters.cell_size_m or choose_cell_size(area.area)
    grid = GRIDS[parameters.grid](size)
    has_enough = len(evidence) >= parameters.min_reports_to_test and reporters >= parameters.min_reporters_to_test
    if len(told) == 0:
        return HotspotResult(_frame([], reports_gdf.crs), has_enough, grid, 0, 0)
    every, voices = voices_of(evidence, grid, parameters, now), voices_of(told, grid, parameters, now)
    streets = np.asarray(streets_gdf.geometry.array, dtype=object)
    cells, _ = unique_cells(np.vstack([ground_cells(grid, area, streets), every[["q", "r"]].to_numpy()]))
    rings = rings_within(size, parameters.reach_m)
    lattice = Lattice(grid, cells, rings)
    chosen, q_cells = _chosen(
        _people(voices, cells), lattice, parameters, everyone=_people(every, cells) if has_enough else None
    )
    found = [(group, _told_in(voices, cells[group], parameters)) for group in lattice.joined(chosen, bridge=rings // 2)]
    found = [(group, mine) for group, mine in found if mine["reporter"].nunique() >= MIN_TOGETHER]
    rows = [_describe(cells[group], mine, q_cells[group], grid, streets_gdf, parameters) for group, mine in found]
    groups = [cells[group] for group, _ in found]
    people = _people_near(groups, grid, population, parameters.exposure_reach_m, reports_gdf.crs)
    rows = _ranked(rows, [mine for _, mine in found], people, parameters, rng)
    frame = _frame(rows, reports_gdf.crs)
    return HotspotResult(frame, has_enough, grid, len(told), int(told["reporter"].nunique()))


def _people(voices: pd.DataFrame, cells: Cells) -> NDArray[np.int64]:
    people = voices.drop_duplicates(["q", "r", "reporter"]).groupby(["q", "r"]).size()
    index = pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])
    return np.asarray(people.reindex(index, fill_value=0), dtype=np.int64)


def _chosen(
    counts: NDArray[np.int64],
    lattice: Lattice,
    parameters: HotspotParameters,
    *,
    everyone: NDArray[np.int64] | None,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Cells that make a hotspot, and the q-value of every cell (NaN where nothing was tested).

    What is told of is tested against draws from what everyone said: testing only what gathers, against itself, would
    call any chance gathering a hotspot.
    """
    if everyone is None:
        return lattice.sums(counts) >= MIN_TOGETHER, np.full(len(counts), np.nan)
    p_values = exact_p_values(counts, lattice, drawn_from=np.maximum(everyone, counts))
    q_cells = q_values(p_values, strict=parameters.strict)
    return q_cells <= parameters.max_q, q_cells


def _told_in(voices: pd.DataFrame, group: Cells, parameters: HotspotParameters) -> pd.DataFrame:
    """Voices in a group of cells, without those of private layers of which too few lie inside."""
    mine = voices[in_cells(voices, group)]
    is_private = mine["layer"].isin(parameters.private_layers)
    people = mine[is_private].groupby("layer")["reporter"].nunique()
    few = people.index[people < parameters.min_reporters]
    return pd.DataFrame(mine[~mine["layer"].isin(few)])


def _describe(
    group: Cells,
    mine: pd.DataFrame,
    q_cells: NDArray[np.float64],
    grid: Grid,
    streets_gdf: gpd.GeoDataFrame,
    parameters: HotspotParameters,
) -> dict[str, Any]:
    is_private = bool(mine["layer"].isin(parameters.private_layers).any())
    by_category = mine.groupby(["layer", "category"])["reporter"].nunique()
    listed = by_category.sort_values(ascending=False, kind="stable").rename("people").reset_index()
    reasons = [{str(name): value for name, value in row.items()} for row in listed.to_dict("records")]
    person_layer = mine.groupby(["layer", "reporter"])["severity"].max().groupby("layer").sum()
    affected = named(mine, "affected", layers=parameters.private_layers, min_people=parameters.min_reporters)
    when = named(mine, "when", layers=parameters.private_layers, min_people=parameters.min_reporters)
    others = _others(mine, parameters)
    shape, names = _shape(group, grid, streets_gdf, is_private=is_private)
    return {
        "is_private": is_private,
        "other_people": others,
        "layer_shares": (person_layer / person_layer.sum()).sort_values(ascending=False, kind="stable").to_dict(),
        "layer_people": mine.groupby("layer")["reporter"].nunique().to_dict(),
        "reasons": reasons,
        "affected": [str(code) for code in affected.index],
        "when": {name: int(when.get(name, 0)) for name in ("day", "night", "always")},
        "reports": int(mine["marks"].sum()),
        "reporters": int(mine["reporter"].nunique()),
        "q_value": float(q_cells.min()),
        "street_names": names,
        "report_ids": sorted(mine["report_id"].unique()),
        "cells": [(int(q), int(r)) for q, r in group],
        "geometry": shape,
    }


def _others(mine: pd.DataFrame, parameters: HotspotParameters) -> dict[str, int]:
    """By private layer the people who named a category that fewer than `min_reporters` named."""
    private = mine[mine["layer"].isin(parameters.private_layers)]
    people = private.groupby(["layer", "category"])["reporter"].transform("nunique")
    few = private[people < parameters.min_reporters]
    return {str(layer): int(count) for layer, count in few.groupby("layer")["reporter"].nunique().items()}


def _shape(
    group: Cells, grid: Grid, streets_gdf: gpd.GeoDataFrame, *, is_private: bool
) -> tuple[BaseGeometry, list[str]]:
    """Shape and names; with a private layer of coarse fixed cells, in which one mark more or less seldom shows."""
    if not is_private or grid.cell_size_m >= PRIVATE_CELL_M:
        return hotspot_shape(group, grid, streets_gdf)
    coarse = HexagonGrid(PRIVATE_CELL_M)
    return hotspot_shape(unique_cells(coarse.cells_of(grid.centres(group)))[0], coarse, streets_gdf)


def _badge(row: dict[str, Any], parameters: HotspotParameters) -> str:
    if row["reporters"] < parameters.min_reporters or not row["q_value"] <= parameters.max_q:
        return "few"
    return "sure" if row["q_value"] <= parameters.sure_q else "maybe"


def _people_near(
    groups: list[Cells],
    grid: Grid,
    population: Raster | None,
    reach_m: float,
    crs: Any,
) -> NDArray[np.float64]:
    """People who live within reach of each group of cells; zeros where no population is known."""
    if population is None or not groups:
        return np.zeros(len(groups))
    grounds = [shapely.union_all(grid.polygons(group)).buffer(reach_m) for group in groups]
    return people_within(gpd.GeoDataFrame(geometry=grounds, crs=crs), population)


def _ranked(
    rows: list[dict[str, Any]],
    voices: list[pd.DataFrame],
    people_near: NDArray[np.float64],
    parameters: HotspotParameters,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    if not rows:
        return []
    strongest = pd.concat(
        [
            mine.groupby("reporter")
            .agg(severity=("severity", "max"), recency=("recency", "max"), is_vulnerable=("is_vulnerable", "max"))
            .assign(hotspot=position)
            .reset_index()
            for position, mine in enumerate(voices)
        ]
    )
    ranked = ranking.rank_hotspots(
        ranking.Voices(
            strongest["hotspot"].to_numpy(np.int64),
            pd.factorize(strongest["reporter"], sort=True)[0].astype(np.int64),
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
