"""The methods on files, without any database: places in, a result with its sentences and its picture out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from mapping.analysis.contours import density_areas
from mapping.analysis.density import Surface, kernel_density, reference_bandwidth
from mapping.analysis.evaluation import Catch, compare_with_naive
from mapping.analysis.exposure import people_within
from mapping.analysis.grids import ground_cells, rings_within, unique_cells
from mapping.analysis.hotspots import HotspotParameters, find_hotspots
from mapping.analysis.lattices import Lattice
from mapping.analysis.network_density import network_density
from mapping.analysis.result_sentences import (
    BEHAVIOURS,
    LABELS,
    catch_sentence,
    chance_words,
    cluster_sentence,
    in_figures,
    street_sentence,
)
from mapping.analysis.scan import circular_scan
from mapping.analysis.sentences import hotspot_texts
from mapping.analysis.space_time import disjoint_windows, space_time
from mapping.analysis.streets import rank_streets
from mapping.errors import AnalysisError, InvalidInput
from mapping.formats.rasters import read_raster, write_cog
from mapping.formats.tables import READABLE as WRITABLE
from mapping.formats.tables import write_result
from mapping.geodesy import WGS84, in_crs
from mapping.maps.pictures import ENDINGS as PICTURES
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import PlacesFile, grid_for, ground_of, points_of, reach_for, streets_beside, tally

MARKS = "marks"
PLACE_REACH_M, AREA_REACH_M = 50.0, 100.0
RASTERS = (".tif", ".tiff")
SHARES = (0.1, 0.25, 0.5, 0.75)  # of the peak
Stage = Callable[[str], None]


@dataclass(frozen=True)
class FileResult:
    """What an analysis of a file gives.

    Parameters
    ----------
    result_gdf : GeoDataFrame
        Metric CRS; what is written to GeoJSON, GeoPackage or CSV.
    sentences : list of str
        What it means, the most important first.
    layers : list of PictureLayer
        What its picture shows.
    surface : Surface, optional
        What is written to a raster.
    note : str
        Which cells were looked at, where there were any.
    """

    result_gdf: gpd.GeoDataFrame
    sentences: list[str]
    layers: list[PictureLayer]
    surface: Surface | None = None
    note: str = ""


def hotspots_in_file(
    file: PlacesFile,
    *,
    streets: Path | None,
    area: Path | None,
    population: Path | None,
    options: dict[str, Any],
    now: pd.Timestamp,
    seed: int,
    language: str,
    stage: Stage,
) -> FileResult:
    """Ranked hotspots of marks.

    Parameters
    ----------
    file : PlacesFile
        Columns it may name: reporter, severity (1–4), category, time.
    streets, area, population : Path, optional
        Lines; polygons; a raster of people per cell.
    options : dict
        Of `HotspotParameters`; those that are None are left at their defaults.
    now : Timestamp
        Ages are measured from it where the file has times.
    seed : int
        Of the rank intervals.
    language : str
        en or uk.
    stage : callable
        Told what is being done.
    """
    stage("reading")
    frame = file.read()
    points, streets_gdf = points_of(frame), streets_beside(streets, frame)

    def column(wanted: str, otherwise: Any) -> Any:
        name = file.columns.get(wanted)
        return otherwise if name is None else frame[name].to_numpy()

    reports_gdf = gpd.GeoDataFrame(
        {
            "reporter": column("reporter", np.arange(len(frame))).astype(str),
            "layer": MARKS,
            "category": column("category", np.repeat("mark", len(frame))).astype(str),
            "severity": column("severity", 2),
            "when": "always",
            "affected": [()] * len(frame),
            "observed_at": now if file.columns.get("time") is None else file.times(frame).array,
        },
        index=[f"{row:09d}" for row in range(len(frame))],
        geometry=shapely.points(points),
        crs=frame.crs,
    )
    chosen = {name: value for name, value in options.items() if value is not None}
    ground = ground_of(area, points, frame)
    size = grid_for(chosen.get("grid", "hexagons"), chosen.get("cell_size_m"), ground, points).cell_size_m
    chosen |= {"cell_size_m": size, "reach_m": reach_for(chosen.get("reach_m"), size, PLACE_REACH_M)}
    parameters = HotspotParameters(**{**chosen, "evidence_layers": (MARKS,), "private_layers": ()})
    stage("looking for hotspots")
    found = find_hotspots(
        reports_gdf,
        streets_gdf,
        ground,
        parameters=parameters,
        now=now,
        rng=np.random.default_rng(seed),
        population=None if population is None else read_raster(population),
    )
    stage("putting it into words")
    layers = [PictureLayer("ground", np.array([ground], dtype=object))] if area is not None else []
    layers.append(PictureLayer("street", np.asarray(streets_gdf.geometry.array, dtype=object)))
    layers.append(PictureLayer("mark", _points(points), LABELS["mark"][language]))
    note = _cells_note(size, parameters.reach_m, language)
    return _hotspot_result(found.hotspots, parameters, found.enough_data, layers, note, language)


def _cells_note(cell_size_m: float, reach_m: float, language: str) -> str:
    sizes = {"size": in_figures(cell_size_m, language), "reach": in_figures(reach_m, language)}
    return LABELS["cells_used"][language].format(**sizes)


def _hotspot_result(
    hotspots: gpd.GeoDataFrame,
    parameters: HotspotParameters,
    enough_data: bool,
    layers: list[PictureLayer],
    note: str,
    language: str,
) -> FileResult:
    sizes = hotspots["tier"].value_counts()
    middles = in_crs(gpd.GeoDataFrame(geometry=hotspots.representative_point(), crs=hotspots.crs), WGS84).geometry
    texts = [
        hotspot_texts(
            {**row, "total": len(hotspots), "top": parameters.top, "tier_size": int(sizes[row["tier"]]), "reasons": []},
            language,
        )
        for row in hotspots.to_dict("records")
    ]
    sentences = [
        f"{rank}. {text['name']} ({place.y:.5f}, {place.x:.5f}). {' '.join(text['words'])}"
        for rank, text, place in zip(hotspots["rank"], texts, middles, strict=True)
    ]
    if not enough_data:
        sentences.insert(0, LABELS["few_marks"][language])
    elif not sentences:
        none = {
            "en": "No place stands out more than chance.",
            "uk": "Жодне місце не виділяється більше, ніж випадково.",
        }
        sentences = [none[language]]
    kept = ["rank", "rank_low", "rank_high", "tier", "p_top", "score", "reports", "reporters", "people_near", "q_value",
            "badge"]  # fmt: skip
    result = gpd.GeoDataFrame(hotspots[[*kept, "geometry"]]).assign(
        name=[text["name"] for text in texts], words=[" ".join(text["words"]) for text in texts]
    )
    steps = np.minimum(1 + (hotspots["score"].to_numpy(dtype=np.float64) // 20).astype(int), 5)
    shapes = np.asarray(hotspots.geometry.array, dtype=object)
    steps_drawn = [
        PictureLayer(
            f"step-{step}",
            shapes[steps == step],
            _step_words(step, language),
            [str(rank) for rank in hotspots["rank"].to_numpy()[steps == step]],
        )
        for step in range(1, 6)
    ]
    return FileResult(result, sentences, [*layers, *steps_drawn], note=note)


def _step_words(step: int, language: str) -> str:
    ends = {1: "hurts_little", 5: "hurts_most"}
    return f"{step} / 5: {LABELS[ends[step]][language]}" if step in ends else f"{step} / 5"


def _points(points: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.asarray(shapely.points(points), dtype=object)


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
    frame = file.read()
    points, streets_gdf = points_of(frame), streets_beside(streets, frame)
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
        for row in ranked[ranked["marks"] > 0].head(10).to_dict("records")
    ]
    if bandwidth_m is None:
        rate, result = ranked["shrunken_per_100m"].where(ranked["marks"] > 0, 0.0), ranked
        words = LABELS["per_100m"][language]
    else:
        stage("spreading along streets")
        found = network_density(
            streets_gdf, points, bandwidth_m=bandwidth_m, max_distance_m=max_distance_m
        ).lixels_gdf.rename(columns={"density": "per_km"})
        result = found.assign(name=streets_gdf["name"].reindex(found["street"]).to_numpy())
        rate, words = result["per_km"], LABELS["per_km"][language]
    lines = np.asarray(result.geometry.array, dtype=object)
    layers = [PictureLayer("street", np.asarray(streets_gdf.geometry.array, dtype=object))]
    layers += _steps("line", lines, rate.to_numpy(dtype=np.float64), words)
    layers.append(PictureLayer("mark", _points(points), LABELS["mark"][language]))
    return FileResult(gpd.GeoDataFrame(result), sentences, layers)


def _steps(kind: str, shapes: NDArray[np.object_], values: NDArray[np.float64], words: str) -> list[PictureLayer]:
    """Four steps of equal width from zero to the highest, shapes of zero left out."""
    highest = float(values.max(initial=0.0))
    bounds = [highest * number / 4 for number in range(5)]
    step = np.ceil(4 * values / highest).astype(int) if highest > 0 else np.zeros(len(values), dtype=int)
    return [
        PictureLayer(
            f"{kind}-{number}",
            shapes[step == number],
            f"{bounds[number - 1]:.3g}–{bounds[number]:.3g} {words}",
        )
        for number in range(1, 5)
    ]


def density_in_file(
    file: PlacesFile, *, bandwidth_m: float | None, cell_size_m: float | None, language: str, stage: Stage
) -> FileResult:
    """A density surface, and its outlines."""
    stage("reading")
    frame = file.read()
    points = points_of(frame)
    bandwidth = bandwidth_m or reference_bandwidth(points)
    stage("smoothing")
    surface = kernel_density(points, bandwidth, cell_m=cell_size_m)
    peak = float(surface.values.max())
    areas = density_areas(surface, frame.crs, levels=[share * peak for share in SHARES])
    ground = LABELS["share_of_peak"][language]
    shapes = np.asarray(areas.geometry.array, dtype=object)
    layers = [
        PictureLayer(f"step-{step}", shapes[step - 1 : step], ground.format(share=f"{100 * share:.0f}"))
        for step, share in enumerate(SHARES, start=1)
    ]
    layers.append(PictureLayer("mark", _points(points), LABELS["mark"][language]))
    said = LABELS["smoothed"][language].format(metres=in_figures(bandwidth, language))
    return FileResult(areas, [said], layers, surface)


def trend_in_file(
    file: PlacesFile,
    *,
    days: int,
    grid: str,
    cell_size_m: float | None,
    reach_m: float | None,
    streets: Path | None,
    area: Path | None,
    end: pd.Timestamp | None,
    max_q: float,
    language: str,
    stage: Stage,
) -> FileResult:
    """How places behave over windows of time."""
    stage("reading")
    frame = file.read()
    times, points = file.times(frame), points_of(frame)
    window, begins = disjoint_windows(times, days, end=end or times.max())
    ground, streets_gdf = ground_of(area, points, frame), streets_beside(streets, frame)
    cells_of = grid_for(grid, cell_size_m, ground, points)
    reach = reach_for(reach_m, cells_of.cell_size_m, AREA_REACH_M)
    held = cells_of.cells_of(points)
    lines = np.asarray(streets_gdf.geometry.array, dtype=object)
    cells, _ = unique_cells(np.vstack([ground_cells(cells_of, ground, lines), held]))
    counts = np.column_stack([tally(cells, held[window == step]) for step in range(len(begins))])
    stage(f"testing {len(begins)} windows")
    found = space_time(counts, Lattice(cells_of, cells, rings_within(cells_of.cell_size_m, reach)), max_q=max_q)
    is_told = (found.category != "none") | (counts.sum(axis=1) > 0)
    result = gpd.GeoDataFrame(
        {
            "behaviour": found.category[is_told],
            "words": [BEHAVIOURS[code][language] for code in found.category[is_told]],
            "marks": counts[is_told].sum(axis=1),
            "last_window": counts[is_told, -1],
            "slope_per_window": found.trends.slope[is_told],
            "trend_p_value": found.trends.p_value[is_told],
            "gi_star_last": found.strength[is_told, -1],
        },
        geometry=cells_of.polygons(cells[is_told]),
        crs=frame.crs,
    )
    named = pd.Series(found.category[found.category != "none"]).value_counts()
    cells_word = LABELS["cells"][language]
    sentences = [f"{BEHAVIOURS[str(code)][language]} ({count} {cells_word})" for code, count in named.items()]
    sentences = sentences or [BEHAVIOURS["none"][language]]
    note = _cells_note(cells_of.cell_size_m, reach, language)
    return FileResult(result, sentences, _trend_layers(result, points, language), note=note)


def _trend_layers(result: gpd.GeoDataFrame, points: NDArray[np.float64], language: str) -> list[PictureLayer]:
    kinds = {
        "rising": ("new", "consecutive", "intensifying"),
        "steady": ("persistent", "sporadic", "oscillating"),
        "easing": ("diminishing",),
        "gone": ("historical",),
    }
    layers = [PictureLayer("mark", _points(points), LABELS["mark"][language])]
    for style, codes in kinds.items():
        shapes = np.asarray(result[result["behaviour"].isin(codes)].geometry.array, dtype=object)
        layers.append(PictureLayer(style, shapes, LABELS[style][language]))
    return layers


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
    frame = file.read()
    points, cases, people = points_of(frame), file.columns.get("cases"), file.columns.get("population")
    if cases is not None and people is not None:
        places, counts, population_at = points, file.numbers(frame, "cases"), file.numbers(frame, "population")
    elif population is not None and cases is None:
        stage("counting people")
        places, counts, population_at = _cases_in_cells(points, population, cell_size_m, frame)
    else:
        raise InvalidInput("Say the columns of areas with --cases and --people, or give cases and --population RASTER.")
    if (counts != np.rint(counts)).any():
        raise InvalidInput("Cases must be whole numbers.")
    stage(f"{simulations} simulations")
    clusters = circular_scan(
        places, counts.astype(np.int64), population_at, simulations=simulations, rng=np.random.default_rng(seed)
    )
    result = gpd.GeoDataFrame(
        {
            "place": range(1, len(clusters) + 1),
            "radius_m": [cluster.radius_m for cluster in clusters],
            "cases": [cluster.observed for cluster in clusters],
            "expected": [cluster.expected for cluster in clusters],
            "relative_risk": [float(np.nan_to_num(cluster.relative_risk, posinf=0.0)) or None for cluster in clusters],
            "log_likelihood_ratio": [cluster.log_likelihood_ratio for cluster in clusters],
            "p_value": [cluster.p_value for cluster in clusters],
            "words": [cluster_sentence(cluster, language) for cluster in clusters],
        },
        geometry=[shapely.Point(places[cluster.centre]).buffer(max(cluster.radius_m, 1.0)) for cluster in clusters],
        crs=frame.crs,
    )
    likely = np.asarray(result[result["p_value"] <= 0.05].geometry.array, dtype=object)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    layers = [
        PictureLayer("ground", shapes[shapely.get_dimensions(shapes) == 2]),
        PictureLayer("mark", _points(points), LABELS["case"][language]),
        PictureLayer("circle", likely, chance_words(0.05, language), [str(n + 1) for n in range(len(likely))]),
    ]
    told = result["words"][(result["p_value"] <= 0.05) | (result["place"] == 1)]
    return FileResult(result, list(told) or [LABELS["no_circle"][language]], layers)


def _cases_in_cells(
    points: NDArray[np.float64], population: Path, cell_size_m: float | None, frame: gpd.GeoDataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    area = ground_of(None, points, frame)
    grid = grid_for("hexagons", cell_size_m or float(np.sqrt(area.area / 2000)), area, points)
    held = grid.cells_of(points)
    cells, counts = unique_cells(np.vstack([ground_cells(grid, area, np.zeros(0, dtype=object)), held]))
    counts = tally(cells, held)
    people = people_within(gpd.GeoDataFrame(geometry=grid.polygons(cells), crs=frame.crs), read_raster(population))
    lost = int(counts[people == 0].sum())
    if lost:
        raise AnalysisError(f"{lost} cases lie where the raster knows nobody; take larger cells or another raster.")
    return grid.centres(cells), counts.astype(np.float64), people


def held_out_in_file(
    file: PlacesFile,
    *,
    split: pd.Timestamp,
    grid: str,
    cell_size_m: float | None,
    reach_m: float | None,
    streets: Path | None,
    area: Path | None,
    max_q: float,
    stage: Stage,
) -> dict[str, Catch]:
    """What hotspots of the time before `split` catch of the time after, beside raw counts and density."""
    stage("reading")
    frame = file.read()
    times, points = file.times(frame), points_of(frame)
    is_early = (times < split).to_numpy()
    if not is_early.any() or is_early.all():
        raise InvalidInput("The date to split at must lie between the first and the last place.")
    ground, streets_gdf = ground_of(area, points, frame), streets_beside(streets, frame)
    cells_of = grid_for(grid, cell_size_m, ground, points)
    cells = ground_cells(cells_of, ground, np.asarray(streets_gdf.geometry.array, dtype=object))
    stage("comparing")
    rings = rings_within(cells_of.cell_size_m, reach_for(reach_m, cells_of.cell_size_m, AREA_REACH_M))
    return compare_with_naive(
        points[is_early], points[~is_early], grid=cells_of, ground=cells, rings=rings, max_q=max_q
    )


def require_endings(out: Path | None, picture: Path | None, *, is_surface: bool) -> None:
    """Refuse names of files that could not be written, before anything is computed.

    Raises
    ------
    InvalidInput
        If an ending is not one of those that go with the result.
    """
    if out is not None and out.suffix.lower() in RASTERS and not is_surface:
        raise InvalidInput("Only surfaces are written as GeoTIFF; use .geojson, .gpkg or .csv.")
    for path, endings in ((out, (*WRITABLE, *RASTERS)), (picture, PICTURES)):
        if path is not None and path.suffix.lower() not in endings:
            raise InvalidInput(f"{path.name!r} must end in one of {', '.join(endings)}.")


def write_file_result(found: FileResult, path: Path) -> None:
    """A result as .geojson, .gpkg or .csv; a surface also as .tif (Cloud-Optimised GeoTIFF)."""
    if found.surface is not None and path.suffix.lower() in RASTERS:
        write_cog(found.surface, found.result_gdf.crs, path)
    else:
        write_result(found.result_gdf, path)


def catch_table(found: dict[str, Catch], language: str) -> tuple[list[Sequence[str]], str]:
    """Rows of name, caught, share caught, PAI, PEI* and RRI; and what the hotspots' row means."""
    rows: list[Sequence[str]] = [
        (
            LABELS[name][language],
            str(row.caught),
            f"{row.hit_rate:.1%}",
            f"{row.pai:.2f}",
            f"{row.pei:.2f}",
            f"{row.rri:.2f}",
        )
        for name, row in found.items()
    ]
    return rows, catch_sentence(found["hotspots"], language)


def weights_of(text: str) -> tuple[float, ...]:
    """Five numbers with commas between.

    Raises
    ------
    InvalidInput
        If they are no numbers; whether they make sense, the analysis says.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput("Weights are five numbers with commas between, such as 0.35,0.35,0.15,0.15,0.") from None
