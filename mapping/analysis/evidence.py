"""What an analysis counts: reports of something wrong, those about people apart from the others, and who says what."""

import geopandas as gpd
import pandas as pd

from mapping.analysis.disclosure import ToldVoices, told_voices
from mapping.analysis.duplicates import without_doubles
from mapping.analysis.grids import Grid
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.voices import one_voice
from mapping.errors import AnalysisError

COLUMNS = ("reporter", "layer", "category", "severity", "when", "affected", "observed_at")


def evidence_of(reports_gdf: gpd.GeoDataFrame, parameters: HotspotParameters) -> gpd.GeoDataFrame:
    """The reports of something wrong.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        As for `find_hotspots`.
    parameters : HotspotParameters
        Layers and doubles.

    Returns
    -------
    GeoDataFrame
        In the order of the index; what may be one mark sent twice has one reporter.

    Raises
    ------
    AnalysisError
        If a column is missing, a report has no place, no reporter or no time, or its severity is not 1–4.
    """
    missing = [name for name in COLUMNS if name not in reports_gdf.columns]
    if missing:
        raise AnalysisError(f"Reports need the columns {', '.join(COLUMNS)}; these lack {', '.join(missing)}.")
    evidence = reports_gdf[reports_gdf["layer"].isin(parameters.evidence_layers)].sort_index()
    if evidence.geometry.isna().any() or evidence.geometry.is_empty.any():
        raise AnalysisError("Every report needs a place; drop those without one.")
    if not evidence["severity"].isin([1, 2, 3, 4]).all():
        raise AnalysisError("Severity is a whole number from 1 to 4.")
    if evidence["reporter"].isna().any() or evidence["observed_at"].isna().any():
        raise AnalysisError("Every report needs a reporter and a time; give those without one of their own.")
    if len(evidence) and evidence["observed_at"].dt.tz is None:
        raise AnalysisError("Times of reports need a time zone.")
    return without_doubles(evidence, eps_m=parameters.double_m, eps_s=parameters.double_s)


def public_evidence(reports_gdf: gpd.GeoDataFrame, parameters: HotspotParameters) -> gpd.GeoDataFrame:
    """Of `evidence_of` the layers of which every mark may be told."""
    evidence = evidence_of(reports_gdf, parameters)
    return gpd.GeoDataFrame(evidence[~evidence["layer"].isin(parameters.private_layers)])


def told_of(evidence: gpd.GeoDataFrame, parameters: HotspotParameters, now: pd.Timestamp) -> ToldVoices:
    """`told_voices` of the private layers, with the numbers of an analysis."""
    return told_voices(
        gpd.GeoDataFrame(evidence[evidence["layer"].isin(parameters.private_layers)]),
        min_people=parameters.min_reporters,
        half_life_days=parameters.half_life_days,
        now=now,
    )


def voices_of(evidence: gpd.GeoDataFrame, grid: Grid, parameters: HotspotParameters, now: pd.Timestamp) -> pd.DataFrame:
    """`one_voice` with the numbers of an analysis."""
    return one_voice(
        evidence,
        grid=grid,
        bandwidth_m=parameters.voice_bandwidth_m(grid),
        half_life_days=parameters.half_life_days,
        cap=parameters.cap_per_reporter,
        now=now,
    )
