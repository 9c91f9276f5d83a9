"""Hotspots of a community: who marked what where, more than chance would put there, ranked with its doubt.

Caveats: few marks do not mean a safe place; people mark where people go. Cells without a street or a mark take no
part, since nobody can be robbed in a lake. Of private layers only what `disclosure` tells is counted.
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
from mapping.analysis.disclosure import TOLD_GRID, ToldVoices
from mapping.analysis.evidence import evidence_of, told_of, voices_of
from mapping.analysis.exposure import Raster, people_within
from mapping.analysis.gatherings import Gathering, in_cells, joined, public_gatherings, told_gatherings
from mapping.analysis.grids import GRIDS, Grid, choose_cell_size
from mapping.analysis.parameters import HotspotParameters
from mapping.errors import AnalysisError, GeodesyError
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
        Whether there was enough to test, of public marks or of private ones; else the hotspots are clusters only.
    grid : Grid
        Whose cells were counted.
    reports, reporters : int
        How many there were; of private layers marks in multiples, and as few people as may be behind them.
    since, until : Timestamp or None
        When the first and the last of what is told was observed, of private layers the month.
    told : ToldVoices
        All that is told of private layers.
    """

    hotspots: gpd.GeoDataFrame
    enough_data: bool
    grid: Grid
    reports: int
    reporters: int
    since: pd.Timestamp | None
    until: pd.Timestamp | None
    told: ToldVoices


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
    public = gpd.GeoDataFrame(evidence[~evidence["layer"].isin(parameters.private_layers)])
    grid = GRIDS[parameters.grid](parameters.cell_size_m or choose_cell_size(area.area))
    voices, told = voices_of(public, grid, parameters, now), told_of(evidence, parameters, now)
    known, unknown = int(public["reporter"].nunique()), told.cells()[1]
    is_public_tested = len(public) >= parameters.min_reports_to_test and known >= parameters.min_reporters_to_test
    is_told_tested = told.marks >= parameters.min_reports_to_test
    streets = np.asarray(streets_gdf.geometry.array, dtype=object)
    found = joined(
        public_gatherings(voices, grid, area, streets, parameters, is_tested=is_public_tested),
        told_gatherings(told, area, streets, parameters, is_tested=is_told_tested),
        grid,
    )
    said = [_said_in(gathering, voices, told.voices) for gathering in found]
    rows = [
        _describe(gathering, mine, grid, streets_gdf, parameters) for gathering, mine in zip(found, said, strict=True)
    ]
    people = _people_near([row["geometry"] for row in rows], population, parameters.exposure_reach_m, reports_gdf.crs)
    rows = _ranked(rows, said, people, parameters, rng)
    times = [part["observed_at"] for part in (public, told.voices) if len(part)]
    return HotspotResult(
        _frame(rows, reports_gdf.crs),
        is_public_tested or is_told_tested,
        grid,
        reports=len(public) + told.marks,
        reporters=max(known, int(unknown.max()) if len(unknown) else 0),
        since=min((part.min() for part in times), default=None),
        until=max((part.max() for part in times), default=None),
        told=told,
    )


def _said_in(gathering: Gathering, voices: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Voices of a gathering, as few people as may be behind them.

    Who spoke of people is not known, so they are taken for those who marked something else there.
    """
    public, private = voices[in_cells(voices, gathering.public)], told[in_cells(told, gathering.told)]
    known, made_up = public["reporter"].unique().tolist(), private["reporter"].unique().tolist()
    same = dict(zip(made_up, known, strict=False))
    where = "/".join(map(str, gathering.told[:1].ravel()))
    private = private.assign(reporter=private["reporter"].map(lambda name: same.get(name, f"{name} at {where}")))
    parts = (public.assign(is_made_up=False), private.assign(is_made_up=True))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _describe(
    gathering: Gathering,
    mine: pd.DataFrame,
    grid: Grid,
    streets_gdf: gpd.GeoDataFrame,
    parameters: HotspotParameters,
) -> dict[str, Any]:
    by_category = mine.groupby(["layer", "category"])["reporter"].nunique()
    listed = by_category.sort_values(ascending=False, kind="stable").rename("people").reset_index()
    reasons = [{str(name): value for name, value in row.items()} for row in listed.to_dict("records")]
    person_layer = mine.groupby(["layer", "reporter"])["severity"].max().groupby("layer").sum()
    when = _people_by_code(mine, "when")
    unnamed = mine[mine["category"].isna()].groupby("layer")["reporter"].nunique()
    shape, names = _shape(gathering, grid, streets_gdf)
    return {
        "is_private": len(gathering.told) > 0,
        "other_people": {str(layer): int(count) for layer, count in unnamed.items()},
        "layer_shares": (person_layer / person_layer.sum()).sort_values(ascending=False, kind="stable").to_dict(),
        "layer_people": mine.groupby("layer")["reporter"].nunique().to_dict(),
        "reasons": reasons,
        "affected": [str(code) for code in _people_by_code(mine, "affected").index],
        "when": {name: int(when.get(name, 0)) for name in ("day", "night", "always")},
        "reports": int(mine["marks"].sum()),
        "reporters": int(mine["reporter"].nunique()),
        "q_value": gathering.q_value,
        "street_names": names,
        "cells": [(int(q), int(r)) for q, r in gathering.public],
        "geometry": shape,
    }


def _people_by_code(voices: pd.DataFrame, column: str) -> "pd.Series[int]":
    """How many people name each code of a column that holds codes or tuples of them, the most named first."""
    named = voices.explode(column).dropna(subset=[column])
    people = named.groupby(column)["reporter"].nunique()
    return people.sort_index().sort_values(ascending=False, kind="stable")


def _shape(gathering: Gathering, grid: Grid, streets_gdf: gpd.GeoDataFrame) -> tuple[BaseGeometry, list[str]]:
    """Shape and street names, those of public marks first."""
    parts = [
        hotspot_shape(cells, of, streets_gdf)
        for cells, of in ((gathering.public, grid), (gathering.told, TOLD_GRID))
        if len(cells)
    ]
    names = dict.fromkeys(name for _, found in parts for name in found)
    return shapely.union_all([shape for shape, _ in parts]), list(names)


def _badge(row: dict[str, Any], parameters: HotspotParameters) -> str:
    if row["reporters"] < parameters.min_reporters or not row["q_value"] <= parameters.max_q:
        return "few"
    return "sure" if row["q_value"] <= parameters.sure_q else "maybe"


def _people_near(
    shapes: list[BaseGeometry], population: Raster | None, reach_m: float, crs: Any
) -> NDArray[np.float64]:
    """People who live within reach of each shape; zeros where no population is known."""
    if population is None or not shapes:
        return np.zeros(len(shapes))
    return people_within(gpd.GeoDataFrame(geometry=shapely.buffer(shapes, reach_m), crs=crs), population)


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
            .agg(
                severity=("severity", "max"),
                recency=("recency", "max"),
                is_vulnerable=("is_vulnerable", "max"),
                is_made_up=("is_made_up", "min"),
            )
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
            strongest["is_made_up"].to_numpy(np.bool_),
        ),
        people_near,
        weights=np.asarray(parameters.weights, dtype=np.float64),
        rounding=parameters.min_reporters - 1,
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
