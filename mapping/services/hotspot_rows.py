"""From frames to the rows that are kept and shown: found, named in words, identified, hashed."""

import math
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.analysis.hotspots import HotspotParameters, HotspotResult, find_hotspots
from mapping.analysis.identities import keep_identities
from mapping.analysis.sentences import hotspot_texts
from mapping.geodesy import geometry_to_metric, geometry_to_wgs84
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.texts import LANGUAGES
from mapping.layers.vocabulary import Tier
from mapping.store.analyses import AnalysisRun
from mapping.store.communities import Community

COLOUR_STEPS = 5
COMPONENTS = ("severity", "reporters", "recency", "vulnerable", "exposure")


@dataclass(frozen=True)
class ComputedRun:
    """What a run gives.

    Parameters
    ----------
    parameters : dict
        Every parameter with the value it had, JSON.
    rows : list of dict
        `id`, `rank`, `properties` (JSON), `geometry` (MultiPolygon, EPSG:4326), in rank order.
    summary : dict
        What the page says above the list.
    """

    parameters: dict[str, Any]
    rows: list[dict[str, Any]]
    summary: dict[str, Any]


def compute_hotspots(
    reports_gdf: gpd.GeoDataFrame,
    streets_gdf: gpd.GeoDataFrame,
    previous_gdf: gpd.GeoDataFrame,
    community: Community,
    run: AnalysisRun,
) -> ComputedRun:
    """Find the hotspots of a community and put them into words.

    Parameters
    ----------
    reports_gdf, streets_gdf, previous_gdf : GeoDataFrame
        EPSG:4326, as `store.frames` gives them.
    community : Community
        Its boundary and UTM zone.
    run : AnalysisRun
        Parameters, seed and date.

    Returns
    -------
    ComputedRun
    """
    epsg = community.epsg
    parameters = HotspotParameters(**run.parameters)
    result = find_hotspots(
        reports_gdf.to_crs(epsg),
        streets_gdf.to_crs(epsg),
        geometry_to_metric(community.boundary, epsg),
        parameters=parameters,
        now=pd.Timestamp(run.as_of),
        rng=np.random.default_rng(run.seed),
    )
    identities = keep_identities(previous_gdf.to_crs(epsg), result.hotspots)
    tier_sizes = result.hotspots["tier"].value_counts()
    rows = []
    for position, hotspot in enumerate(result.hotspots.to_dict("records")):
        kept = identities.iloc[position]
        geometry = geometry_to_wgs84(hotspot["geometry"], epsg)
        rows.append(
            {
                "id": UUID(kept) if isinstance(kept, str) else uuid5(run.id, str(hotspot["rank"])),
                "rank": int(hotspot["rank"]),
                "geometry": shapely.multipolygons(shapely.get_parts(geometry)),
                "properties": _properties(
                    {
                        **hotspot,
                        "total": len(result.hotspots),
                        "top": parameters.top,
                        "tier_size": int(tier_sizes[hotspot["tier"]]),
                    },
                    parameters.min_reporters,
                ),
            }
        )
    return ComputedRun(asdict(parameters), rows, _summary(result, reports_gdf, run))


def _properties(hotspot: dict[str, Any], min_people: int) -> dict[str, Any]:
    q_value = float(hotspot["q_value"])
    properties: dict[str, Any] = {
        "rank": int(hotspot["rank"]),
        "rank_low": int(hotspot["rank_low"]),
        "rank_high": int(hotspot["rank_high"]),
        "total": hotspot["total"],
        "tier": int(hotspot["tier"]),
        "tier_size": hotspot["tier_size"],
        "score": round(float(hotspot["score"]), 1),
        "step": min(COLOUR_STEPS, 1 + int(float(hotspot["score"]) // (100 / COLOUR_STEPS))),
        "components": {name: round(float(hotspot[f"{name}_points"]), 1) for name in COMPONENTS},
        "layers": {name: round(float(share), 3) for name, share in hotspot["layer_shares"].items()},
        "affected": list(hotspot["affected"]),
        "when": {name: int(count) for name, count in hotspot["when"].items()},
        "reports": int(hotspot["reports"]),
        "reporters": int(hotspot["reporters"]),
        "q_value": None if math.isnan(q_value) else q_value,
        "badge": hotspot["badge"],
        "top": hotspot["top"],
        "p_top": round(float(hotspot["p_top"]), 3),
        "rank_without": {name: int(rank) for name, rank in hotspot["rank_without"].items()},
        "people_near": round(float(hotspot["people_near"]), -1),
    }
    properties["texts"] = {language: _texts(hotspot, properties, language, min_people) for language in LANGUAGES}
    return properties


def _texts(hotspot: dict[str, Any], properties: dict[str, Any], language: str, min_people: int) -> dict[str, Any]:
    reasons = _reasons(hotspot, language, min_people)
    return {
        "reasons": reasons,
        **hotspot_texts({**properties, "reasons": reasons, "street_names": hotspot["street_names"]}, language),
    }


def _reasons(hotspot: dict[str, Any], language: str, min_people: int) -> list[dict[str, Any]]:
    """What people said, most named first; what fewer than k named of people is told by its layer."""
    shown: list[dict[str, Any]] = []
    folded: list[dict[str, Any]] = []
    for reason in hotspot["reasons"]:
        category = CATEGORIES[reason["category"]]
        is_told = category.tier == Tier.T0 or reason["people"] >= min_people
        row = {**reason, "people": int(reason["people"]), "title": category.title.get(language)}
        (shown if is_told else folded).append(row)
    for layer in dict.fromkeys(row["layer"] for row in folded):
        people = int(hotspot["layer_people"][layer])
        if people >= min_people:
            shown.append(
                {"layer": layer, "category": None, "people": people, "title": LAYERS[layer].title.get(language)}
            )
    return sorted(shown, key=lambda row: -int(row["people"]))


def _summary(result: HotspotResult, reports_gdf: gpd.GeoDataFrame, run: AnalysisRun) -> dict[str, Any]:
    observed = reports_gdf["observed_at"]
    return {
        "hotspots": len(result.hotspots),
        "reports": int(result.reports),
        "reporters": int(result.reporters),
        "since": None if observed.empty else observed.min().strftime("%Y-%m"),
        "until": None if observed.empty else observed.max().strftime("%Y-%m"),
        "enough_data": bool(result.enough_data),
        "cell_size_m": float(result.cell_size_m),
        "computed_at": run.as_of.date().isoformat(),
    }
