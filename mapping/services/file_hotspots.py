"""Hotspots of a file of places, and how much they catch of what comes later, without any database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.analysis.evaluation import Catch, compare_with_naive
from mapping.analysis.grids import ground_cells, rings_within
from mapping.analysis.hotspots import find_hotspots
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.result_sentences import LABELS, catch_sentence
from mapping.analysis.sentences import hotspot_texts
from mapping.errors import InvalidInput
from mapping.formats.rasters import read_raster
from mapping.geodesy import WGS84, in_crs
from mapping.languages import in_figures
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import (
    AREA_REACH_M,
    PlacesFile,
    grid_for,
    ground_of,
    reach_for,
    streets_beside,
)
from mapping.services.file_results import FileResult, Stage, cells_note, point_shapes

MARKS = "marks"
NO_TIME = pd.Timestamp("2000-01-01", tz="UTC")
PLACE_REACH_M = 50.0


def hotspots_in_file(
    file: PlacesFile,
    *,
    streets: Path | None,
    area: Path | None,
    population: Path | None,
    options: dict[str, Any],
    as_of: pd.Timestamp | None,
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
    as_of : Timestamp, optional
        Ages are measured from it, by default from the last date; later rows are refused.
    seed : int
        Of the rank intervals.
    language : str
        A code of `LANGUAGES`.
    stage : callable
        Told what is being done.
    """
    stage("reading")
    places = file.read()
    frame, points = places.frame, places.points
    streets_gdf = streets_beside(streets, frame)

    is_timed, is_anonymous = file.columns.get("time") is not None, file.columns.get("reporter") is None
    if not is_timed and options.get("half_life_days") is not None:
        raise InvalidInput("A half-life needs a time for each place; name its column with --time.")
    times = file.times(places) if is_timed else pd.Series(NO_TIME, index=frame.index)
    now = times.max() if as_of is None or not is_timed else as_of
    if (times > now).any():
        raise InvalidInput(f"Some rows are later than {now.date()}; mend them, or give a later --as-of.")

    def column(wanted: str, otherwise: Any) -> pd.Series:
        name = file.columns.get(wanted)
        given = pd.Series(otherwise, index=frame.index) if name is None else frame[name]
        return given.where(given.notna(), otherwise)  # an empty cell says nothing of the others

    reports_gdf = gpd.GeoDataFrame(
        {
            "reporter": column("reporter", [f"row {row}" for row in frame.index]).astype(str).to_numpy(),
            "layer": MARKS,
            "category": column("category", "mark").astype(str).to_numpy(),
            "severity": column("severity", 2).to_numpy(),
            "when": "always",
            "affected": [()] * len(frame),
            "observed_at": times.array,
        },
        index=[f"{row:09d}" for row in range(len(frame))],
        geometry=shapely.points(points),
        crs=frame.crs,
    )
    chosen = {name: value for name, value in options.items() if value is not None}
    ground = ground_of(area, places)
    size = grid_for(chosen.get("grid", "hexagons"), chosen.get("cell_size_m"), ground, places).cell_size_m
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
    layers.append(PictureLayer("mark", point_shapes(points), LABELS["mark"].get(language)))
    note = cells_note(size, parameters.reach_m, language)
    hotspots = found.hotspots.assign(is_anonymous=is_anonymous, sure_q=parameters.sure_q, max_q=parameters.max_q)
    return _hotspot_result(hotspots, parameters, found.enough_data, layers, note, language)


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
        sentences.insert(0, LABELS["few_marks"].get(language))
    elif not sentences:
        sentences = [LABELS["no_hotspot"].get(language)]
    people = [] if hotspots.get("is_anonymous", pd.Series(dtype=bool)).any() else ["reporters"]
    kept = ["rank", "rank_low", "rank_high", "tier", "p_top", "score", "reports", *people, "people_near", "q_value",
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
    return LABELS[f"hurts_{step}"].get(language)


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
        raise InvalidInput("Weights are five numbers with commas between, such as 0.35,0.35,0.15,0.15,0.0.") from None


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
    places = file.read()
    times, points, frame = file.times(places), places.points, places.frame
    is_early = (times < split).to_numpy()
    if not is_early.any() or is_early.all():
        raise InvalidInput("The date to split at must lie between the first and the last place.")
    ground, streets_gdf = ground_of(area, places), streets_beside(streets, frame)
    cells_of = grid_for(grid, cell_size_m, ground, places)
    cells = ground_cells(cells_of, ground, np.asarray(streets_gdf.geometry.array, dtype=object))
    stage("comparing")
    rings = rings_within(cells_of.cell_size_m, reach_for(reach_m, cells_of.cell_size_m, AREA_REACH_M))
    return compare_with_naive(
        points[is_early], points[~is_early], grid=cells_of, ground=cells, rings=rings, max_q=max_q
    )


def catch_table(found: dict[str, Catch], language: str) -> tuple[list[Sequence[str]], list[str]]:
    """Rows of name, caught, share caught, PAI, PEI* and RRI; what the hotspots' row means, and the columns."""
    rows: list[Sequence[str]] = [
        (
            LABELS[name].get(language),
            in_figures(row.caught, language),
            f"{in_figures(100 * row.hit_rate, language, 1)} %",
            *(in_figures(value, language, 2) for value in (row.pai, row.pei, row.rri)),
        )
        for name, row in found.items()
    ]
    return rows, [catch_sentence(found["hotspots"], language), LABELS["indices"].get(language)]
