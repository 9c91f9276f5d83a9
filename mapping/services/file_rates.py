"""Cases of a file against the people among whom they happened, without any database."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from mapping.analysis.districts import STANDINGS, compare_districts, likeness
from mapping.analysis.exposure import people_within
from mapping.analysis.grids import ground_cells, unique_cells
from mapping.analysis.result_sentences import (
    LABELS,
    cluster_sentence,
    district_sentence,
    likeness_sentence,
)
from mapping.analysis.scan import circular_scan
from mapping.errors import AnalysisError, InvalidInput
from mapping.formats.rasters import read_raster
from mapping.geodesy import WGS84, in_crs
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import Places, PlacesFile, grid_for, ground_of, tally
from mapping.services.file_results import FileResult, Stage, point_shapes

SCAN_CELLS, MAX_P = 2000, 0.05


def scan_in_file(
    file: PlacesFile,
    *,
    population: Path | None,
    cell_size_m: float | None,
    simulations: int,
    seed: int,
    language: str,
    stage: Stage,
) -> FileResult:
    """Circles with more cases than their people explain.

    The file either has areas with columns `cases` and `population`, or a row for each case and a raster of people.
    """
    stage("reading")
    read = file.read()
    frame, points = read.frame, read.points
    cases, people = file.columns.get("cases"), file.columns.get("population")
    if population is not None and (cases is not None or people is not None):
        raise InvalidInput("Give either the columns --cases and --people, or --population RASTER.")
    if cases is not None and people is not None:
        places, counts, population_at = points, whole_numbers(file, read, "cases"), file.numbers(read, "population")
    elif population is not None and cases is None:
        stage("counting people")
        places, counts, population_at = _cases_in_cells(read, population, cell_size_m)
    else:
        raise InvalidInput("Say the columns of areas with --cases and --people, or give cases and --population RASTER.")
    stage(f"{simulations} simulations")
    clusters = circular_scan(places, counts, population_at, simulations=simulations, rng=np.random.default_rng(seed))
    middles = in_figures_of([places[cluster.centre] for cluster in clusters], frame)
    result = gpd.GeoDataFrame(
        {
            "place": range(1, len(clusters) + 1),
            "radius_m": [cluster.radius_m for cluster in clusters],
            "cases": [cluster.observed for cluster in clusters],
            "expected": [cluster.expected for cluster in clusters],
            "relative_risk": [float(np.nan_to_num(cluster.relative_risk, posinf=0.0)) or None for cluster in clusters],
            "log_likelihood_ratio": [cluster.log_likelihood_ratio for cluster in clusters],
            "p_value": [cluster.p_value for cluster in clusters],
            "words": [
                cluster_sentence(cluster, middle, language) for cluster, middle in zip(clusters, middles, strict=True)
            ],
        },
        geometry=[shapely.Point(places[cluster.centre]).buffer(max(cluster.radius_m, 1.0)) for cluster in clusters],
        crs=frame.crs,
    )
    likely = np.asarray(result[result["p_value"] <= MAX_P].geometry.array, dtype=object)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    layers = [
        PictureLayer("ground", shapes[shapely.get_dimensions(shapes) == 2]),
        PictureLayer("mark", point_shapes(points), LABELS["case"].get(language)),
        PictureLayer("circle", likely, LABELS["cluster"].get(language), [str(n + 1) for n in range(len(likely))]),
    ]
    told = result["words"][(result["p_value"] <= MAX_P) | (result["place"] == 1)]
    return FileResult(result, list(told) or [LABELS["no_circle"].get(language)], layers)


def in_figures_of(points: list[NDArray[np.float64]], frame: gpd.GeoDataFrame) -> list[str]:
    """Places as latitude and longitude."""
    degrees = in_crs(gpd.GeoDataFrame(geometry=[shapely.Point(*point) for point in points], crs=frame.crs), WGS84)
    return [f"{place.y:.5f}, {place.x:.5f}" for place in degrees.geometry]


def districts_in_file(file: PlacesFile, *, max_q: float, strict: bool, language: str, stage: Stage) -> FileResult:
    """Districts that stand out with their neighbours or alone; columns `cases`, and where there are any, `population`.

    Names are taken from a column name, or count up.
    """
    stage("reading")
    places = file.read()
    frame = places.frame
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if not (shapely.get_dimensions(shapes) == 2).all():
        raise InvalidInput("Districts must be polygons; for places see `analyse hotspots`.")
    counts = whole_numbers(file, places, "cases")
    people = None if file.columns.get("population") is None else file.numbers(places, "population")
    stage("comparing neighbours")
    compared = compare_districts(frame, counts, people, max_q=max_q, strict=strict)
    names = frame["name"].astype(str) if "name" in frame else pd.Series(range(1, len(frame) + 1)).astype(str)
    result = compared.assign(name=names.to_numpy())
    result["words"] = [district_sentence(row, language) for row in result.to_dict("records")]
    order = np.lexsort((-result["gi_star"], result["standing"].map(STANDINGS.index)))
    told = result.iloc[order][result["standing"].iloc[order].to_numpy() != "none"]
    islands = int((compared["neighbours"] == 0).sum())
    note = LABELS["islands"].get(language, count=islands) if islands else ""
    sentences = list(told["words"]) or [LABELS["no_district"].get(language)]
    styles = {"together": "rising", "alone": "steady", "quiet": "easing"}
    layers = [PictureLayer("ground", shapes)]
    layers += [
        PictureLayer(style, shapes[(compared["standing"] == standing).to_numpy()], LABELS[standing].get(language))
        for standing, style in styles.items()
    ]
    return FileResult(result, [*sentences, likeness_sentence(likeness(compared), language)], layers, note=note)


def whole_numbers(file: PlacesFile, places: Places, wanted: str) -> NDArray[np.int64]:
    """A column of counts, shape (n,).

    Raises
    ------
    InvalidInput
        If one is no whole number.
    """
    numbers = file.numbers(places, wanted)
    if (numbers != np.rint(numbers)).any():
        raise InvalidInput(f"Column {file.columns[wanted]!r} must hold whole numbers.")
    return numbers.astype(np.int64)


def _cases_in_cells(
    places: Places, population: Path, cell_size_m: float | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    area = ground_of(None, places)
    size = float(np.sqrt(area.area / SCAN_CELLS)) if cell_size_m is None else cell_size_m
    grid = grid_for("hexagons", size, area, places)
    held = grid.cells_of(places.points)
    cells, counts = unique_cells(np.vstack([ground_cells(grid, area, np.zeros(0, dtype=object)), held]))
    counts = tally(cells, held)
    people = people_within(
        gpd.GeoDataFrame(geometry=grid.polygons(cells), crs=places.frame.crs), read_raster(population)
    )
    lost = int(counts[people == 0].sum())
    if lost:
        raise AnalysisError(f"{lost} cases lie where the raster knows nobody; take larger cells or another raster.")
    return grid.centres(cells), counts, people
