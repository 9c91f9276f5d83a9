"""Marks of a file along streets and over ground, without any database."""

from pathlib import Path

import geopandas as gpd
import numpy as np

from mapping.analysis.contours import density_areas
from mapping.analysis.density import kernel_density, reference_bandwidth
from mapping.analysis.network_density import network_density
from mapping.analysis.result_sentences import LABELS, MAX_Q, street_sentence
from mapping.analysis.streets import rank_streets
from mapping.errors import AnalysisError
from mapping.languages import in_figures
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import PlacesFile, streets_beside
from mapping.services.file_results import FileResult, Stage, point_shapes, stepped_layers

SHARES = (0.1, 0.25, 0.5, 0.75)  # of the peak


def streets_in_file(
    file: PlacesFile,
    streets: Path,
    *,
    max_distance_m: float,
    bandwidth_m: float | None,
    language: str,
    stage: Stage,
) -> FileResult:
    """Streets by marks per 100 m; with a bandwidth, density along them on short pieces."""
    stage("reading")
    places = file.read()
    points, streets_gdf = places.points, streets_beside(streets, places.frame)
    stage("counting along streets")
    ranked = rank_streets(streets_gdf, points, max_distance_m=max_distance_m).sort_values("place")
    sentences = [
        street_sentence(
            row["name"],
            int(row["marks"]),
            float(row["length_m"]),
            float(row["expected"]),
            float(row["q_value"]),
            language,
        )
        for row in ranked[(ranked["marks"] > 0) & (ranked["q_value"] <= MAX_Q)].to_dict("records")
    ] or [LABELS["no_street"].get(language)]
    if not ranked["marks"].any():
        raise AnalysisError(
            f"None of the {len(points)} places lies within {max_distance_m:g} m of a street; are the coordinates "
            "exchanged, or is it another town?"
        )
    if bandwidth_m is None:
        rate, result = ranked["shrunken_per_100m"].where(ranked["marks"] > 0, 0.0), ranked
        words = LABELS["per_100m"].get(language)
    else:
        stage("spreading along streets")
        found = network_density(
            streets_gdf, points, bandwidth_m=bandwidth_m, max_distance_m=max_distance_m
        ).lixels_gdf.rename(columns={"density": "per_km"})
        result = found.assign(name=streets_gdf["name"].reindex(found["street"]).to_numpy())
        rate, words = result["per_km"], LABELS["per_km"].get(language)
        sentences.append(LABELS["spread"].get(language, metres=in_figures(bandwidth_m, language)))
    lines = np.asarray(result.geometry.array, dtype=object)
    layers = [PictureLayer("street", np.asarray(streets_gdf.geometry.array, dtype=object))]
    layers += stepped_layers("line", lines, rate.to_numpy(dtype=np.float64), words, language)
    layers.append(PictureLayer("mark", point_shapes(points), LABELS["mark"].get(language)))
    return FileResult(gpd.GeoDataFrame(result), sentences, layers)


def density_in_file(
    file: PlacesFile, *, bandwidth_m: float | None, cell_size_m: float | None, language: str, stage: Stage
) -> FileResult:
    """A density surface, and its outlines."""
    stage("reading")
    places = file.read()
    points, frame = places.points, places.frame
    bandwidth = reference_bandwidth(points) if bandwidth_m is None else bandwidth_m
    stage("smoothing")
    surface = kernel_density(points, bandwidth, cell_m=cell_size_m)
    peak = float(surface.values.max())
    areas = density_areas(surface, frame.crs, levels=[share * peak for share in SHARES])
    shapes = np.asarray(areas.geometry.array, dtype=object)
    layers = [
        PictureLayer(
            f"step-{step}", shapes[step - 1 : step], LABELS["share_of_peak"].get(language, share=f"{100 * share:.0f}")
        )
        for step, share in enumerate(SHARES, start=1)
    ]
    layers.append(PictureLayer("mark", point_shapes(points), LABELS["mark"].get(language)))
    said = LABELS["smoothed"].get(language, metres=in_figures(bandwidth, language))
    return FileResult(areas, [said], layers, surface)
