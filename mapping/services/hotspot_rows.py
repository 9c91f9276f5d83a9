"""From frames to the rows that are kept and shown: found, named in words, identified, hashed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.analysis.changes import CHANGES, changes_of
from mapping.analysis.disclosure import rounded_down
from mapping.analysis.evaluation import Catch
from mapping.analysis.exposure import Raster
from mapping.analysis.hotspots import HotspotResult, find_hotspots
from mapping.analysis.identities import keep_identities
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.ranking import COMPONENTS
from mapping.analysis.result_sentences import coverage_words, rounded_catch_sentence, street_words, surface_words
from mapping.analysis.sentences import hotspot_texts
from mapping.geodesy import WGS84, geometry_to_metric, geometry_to_wgs84, in_crs
from mapping.languages import LANGUAGES
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.services import run_layers
from mapping.store.analyses import AnalysisRun
from mapping.store.communities import Community

COLOUR_STEPS = 5
POINTS_STEP, SHARE_STEP, CHANCE_STEP, CATCH_STEP = 5, 0.05, 0.05, 5


@dataclass(frozen=True)
class ComputedRun:
    """What a run gives.

    Parameters
    ----------
    parameters : dict
        Every parameter with the value it had, JSON.
    rows : list of dict
        `id`, `rank`, `properties` (JSON), `change` (against the run before), `geometry` (MultiPolygon, EPSG:4326), in
        rank order.
    layers : dict
        By kind (surface, streets, coverage) a list of GeoJSON features, EPSG:4326.
    summary : dict
        What the page says above the list.
    changes : dict
        Since when and what changed against the run before; empty for a first run.
    """

    parameters: dict[str, Any]
    rows: list[dict[str, Any]]
    layers: dict[str, list[dict[str, Any]]]
    summary: dict[str, Any]
    changes: dict[str, Any]


@dataclass(frozen=True)
class RunInput:
    """What a run reads, as `store.frames` gives it, EPSG:4326.

    Parameters
    ----------
    reports_gdf, streets_gdf, previous_gdf : GeoDataFrame
        Reports, streets, the hotspots of the run before.
    previous_as_of : datetime, optional
        Of the run before.
    population : Raster, optional
        People per cell.
    """

    reports_gdf: gpd.GeoDataFrame
    streets_gdf: gpd.GeoDataFrame
    previous_gdf: gpd.GeoDataFrame
    previous_as_of: datetime | None
    population: Raster | None


def compute_hotspots(given: RunInput, community: Community, run: AnalysisRun) -> ComputedRun:
    """Find the hotspots of a community and all that is shown beside them, and put it into words.

    Parameters
    ----------
    given : RunInput
        What is counted.
    community : Community
        Its boundary and UTM zone.
    run : AnalysisRun
        Parameters, seed and date.

    Returns
    -------
    ComputedRun
    """
    epsg, now = community.epsg, pd.Timestamp(run.as_of)
    parameters = HotspotParameters(**run.parameters)
    reports_gdf, streets_gdf = given.reports_gdf.to_crs(epsg), given.streets_gdf.to_crs(epsg)
    area = geometry_to_metric(community.boundary, epsg)
    open_gdf = reports_gdf[reports_gdf["is_open"]]
    result = find_hotspots(
        open_gdf,
        streets_gdf,
        area,
        parameters=parameters,
        now=now,
        rng=np.random.default_rng(run.seed),
        population=given.population,
    )
    trends = run_layers.hotspot_trends(result.hotspots, reports_gdf, result.grid, parameters, now)
    identities = keep_identities(given.previous_gdf.to_crs(epsg), result.hotspots)
    changes, gone = changes_of(given.previous_gdf, result.hotspots, identities)
    rows = []
    for position, properties in enumerate(_all_properties(result.hotspots, trends, parameters)):
        kept = identities.iloc[position]
        geometry = geometry_to_wgs84(result.hotspots.geometry.iloc[position], epsg)
        rows.append(
            {
                "id": UUID(kept) if isinstance(kept, str) else uuid5(run.id, str(properties["rank"])),
                "rank": properties["rank"],
                "geometry": shapely.multipolygons(shapely.get_parts(geometry)),
                "properties": properties,
                "change": changes[position] if given.previous_as_of else None,
            }
        )
    places = run_layers.places_of_voices(open_gdf, result.grid, parameters, now)
    layers = {
        "surface": run_layers.surface_layer(places, reports_gdf.crs, parameters),
        "streets": run_layers.streets_layer(places, streets_gdf),
        "coverage": run_layers.coverage_layer(reports_gdf, result.told, streets_gdf, area, parameters),
    }
    summary = _summary(result, run, parameters)
    summary["held_out"] = _held_out(run_layers.held_out(reports_gdf, streets_gdf, area, result.grid, parameters, now))
    return ComputedRun(
        asdict(parameters),
        rows,
        {kind: _features(kind, layer) for kind, layer in layers.items()},
        summary,
        _changes(given, changes, gone),
    )


def _all_properties(
    hotspots: gpd.GeoDataFrame, trends: list[str], parameters: HotspotParameters
) -> list[dict[str, Any]]:
    tier_sizes = hotspots["tier"].value_counts()
    return [
        _properties(
            {
                **hotspot,
                "total": len(hotspots),
                "top": parameters.top,
                "tier_size": int(tier_sizes[hotspot["tier"]]),
                "trend": trend,
            },
            parameters,
        )
        for hotspot, trend in zip(hotspots.to_dict("records"), trends, strict=True)
    ]


def _features(kind: str, layer_gdf: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """GeoJSON features of a layer, EPSG:4326 to the sixth digit, with words in every language."""
    words = {"surface": surface_words, "streets": street_words, "coverage": coverage_words}[kind]
    degrees = in_crs(layer_gdf, WGS84)
    shapes = shapely.to_geojson(shapely.set_precision(np.asarray(degrees.geometry.array, dtype=object), 1e-6))
    return [
        {
            "type": "Feature",
            "id": number,
            "geometry": json.loads(shape),
            "properties": {
                "step": int(row.get("step", 0)),
                "level": row.get("level"),
                "texts": {language: words(row, language) for language in LANGUAGES},
            },
        }
        for number, (shape, row) in enumerate(zip(shapes, degrees.to_dict("records"), strict=True))
    ]


def _held_out(found: tuple[pd.Timestamp, dict[str, Catch]] | None) -> dict[str, Any] | None:
    """How much hotspots of the past caught of what came after, beside simple ways of choosing as much ground."""
    if found is None:
        return None
    split, catches = found
    return {
        "split": split.date().isoformat(),
        "rows": {name: _rounded(caught) for name, caught in catches.items()},
        "words": {
            language: rounded_catch_sentence(catches["hotspots"], language, CATCH_STEP) for language in LANGUAGES
        },
    }


def _rounded(found: Catch) -> dict[str, float]:
    """What may be told of a check: shares and indices, no counts, from which one person's mark could be told."""
    return {
        "share": CATCH_STEP * round(100 * found.hit_rate / CATCH_STEP),
        "pai": float(f"{found.pai:.1g}"),
        "pei": round(found.pei, 1),
        "rri": round(found.rri, 1),
    }


def _changes(given: RunInput, changes: list[str], gone: list[str]) -> dict[str, Any]:
    if given.previous_as_of is None:
        return {}
    names = given.previous_gdf["names"]
    return {
        "since": given.previous_as_of.date().isoformat(),
        **{change: changes.count(change) for change in CHANGES},
        "gone": [names[hotspot_id] for hotspot_id in gone],
    }


def _properties(hotspot: dict[str, Any], parameters: HotspotParameters) -> dict[str, Any]:
    """What is told of a hotspot."""
    properties: dict[str, Any] = {
        "rank": int(hotspot["rank"]),
        "rank_low": int(hotspot["rank_low"]),
        "rank_high": int(hotspot["rank_high"]),
        "total": hotspot["total"],
        "tier": int(hotspot["tier"]),
        "tier_size": hotspot["tier_size"],
        "score": POINTS_STEP * round(float(hotspot["score"]) / POINTS_STEP),
        "step": min(COLOUR_STEPS, 1 + int(float(hotspot["score"]) // (100 / COLOUR_STEPS))),
        "components": {
            name: POINTS_STEP * round(float(hotspot[f"{name}_points"]) / POINTS_STEP) for name in COMPONENTS
        },
        "layers": {name: _in_steps(float(share), SHARE_STEP) for name, share in hotspot["layer_shares"].items()},
        "affected": list(hotspot["affected"]),
        "when": dict(hotspot["when"]),
        "reports": None if hotspot["is_private"] else int(hotspot["reports"]),
        "reporters": int(hotspot["reporters"]),
        "is_rounded": bool(hotspot["is_private"]),
        "badge": hotspot["badge"],
        "top": hotspot["top"],
        "p_top": _in_steps(float(hotspot["p_top"]), CHANCE_STEP),
        "rank_without": {name: int(rank) for name, rank in hotspot["rank_without"].items()},
        "trend": hotspot["trend"],
        "people_near": round(float(hotspot["people_near"]), -1),
    }
    properties["texts"] = {language: _texts(hotspot, properties, language, parameters) for language in LANGUAGES}
    return properties


def _in_steps(share: float, step: float) -> float:
    return round(step * round(share / step), 3)


def _texts(
    hotspot: dict[str, Any], properties: dict[str, Any], language: str, parameters: HotspotParameters
) -> dict[str, Any]:
    reasons = told_reasons(hotspot, language, parameters)
    thresholds = {"sure_q": parameters.sure_q, "max_q": parameters.max_q}
    told = {**properties, **thresholds, "reasons": reasons, "street_names": hotspot["street_names"]}
    return {"reasons": reasons, **hotspot_texts(told, language)}


def told_reasons(hotspot: dict[str, Any], language: str, parameters: HotspotParameters) -> list[dict[str, Any]]:
    """What people said, most named first; what too few named of a private layer by its layer's title.

    Parameters
    ----------
    hotspot : dict
        `reasons` (layer, category, people) and `other_people` by layer, as `find_hotspots` gives them.
    language : str
        A code of `LANGUAGES`.
    parameters : HotspotParameters
        Private layers, of which people are told in multiples.
    """
    others = [
        {"layer": layer, "category": None, "people": people, "title": LAYERS[layer].title.get(language)}
        for layer, people in hotspot["other_people"].items()
    ]
    named = [{**reason, "title": CATEGORIES[reason["category"]].title.get(language)} for reason in hotspot["reasons"]]
    shown = [
        {**reason, "people": int(reason["people"]), "at_least": reason["layer"] in parameters.private_layers}
        for reason in [*named, *others]
    ]
    return sorted(shown, key=lambda reason: -int(reason["people"]))


def _summary(result: HotspotResult, run: AnalysisRun, parameters: HotspotParameters) -> dict[str, Any]:
    since, until = (None if day is None else day.strftime("%Y-%m") for day in (result.since, result.until))
    return {
        "reach_m": parameters.reach_m,
        "hotspots": len(result.hotspots),
        "reports": int(result.reports),
        "reporters": rounded_down(int(result.reporters), parameters.min_reporters),
        "since": since,
        "until": until,
        "enough_data": bool(result.enough_data),
        "cell_size_m": float(result.grid.cell_size_m),
        "computed_at": run.as_of.date().isoformat(),
        "weights": dict(zip(COMPONENTS, parameters.weights, strict=True)),
        "half_life_days": parameters.half_life_days,
        "min_reporters": parameters.min_reporters,
    }
