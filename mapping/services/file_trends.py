"""How the places of a file behave over time, without any database."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from mapping.analysis.grids import ground_cells, rings_within, unique_cells
from mapping.analysis.lattices import Lattice
from mapping.analysis.result_sentences import BEHAVIOURS, LABELS
from mapping.analysis.space_time import disjoint_windows, space_time
from mapping.errors import InvalidInput
from mapping.geodesy import WGS84, in_crs
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import (
    AREA_REACH_M,
    PlacesFile,
    grid_for,
    ground_of,
    reach_for,
    streets_beside,
    tally,
)
from mapping.services.file_results import FileResult, Stage, cells_note, point_shapes

MAX_WINDOWS = 400
SEAM_M = 0.01


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
    places = file.read()
    times, points, frame = file.times(places), places.points, places.frame
    last = times.max() if end is None else end
    if (last - times.min()) / pd.Timedelta(days=days) > MAX_WINDOWS:
        raise InvalidInput(
            f"From {times.min().date()} to {last.date()} there are more than {MAX_WINDOWS} windows of {days} days; "
            "is a date mistyped? Else take longer windows, or an earlier --end."
        )
    window, begins = disjoint_windows(times, days, end=last)
    ground, streets_gdf = ground_of(area, places), streets_beside(streets, frame)
    cells_of = grid_for(grid, cell_size_m, ground, places)
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
            "words": [BEHAVIOURS[code].get(language) for code in found.category[is_told]],
            "marks": counts[is_told].sum(axis=1),
            "last_window": counts[is_told, -1],
            "slope_per_window": found.trends.slope[is_told],
            "trend_p_value": found.trends.p_value[is_told],
            "gi_star_last": found.strength[is_told, -1],
        },
        geometry=cells_of.polygons(cells[is_told]),
        crs=frame.crs,
    )
    found_codes = [code for code in BEHAVIOURS if code != "none" and (result["behaviour"] == code).any()]
    sentences = [_behaviour_sentence(code, result, language) for code in found_codes]
    sentences = sentences or [BEHAVIOURS["none"].get(language)]
    said = LABELS["windows"].get(language, days=days, count=len(begins), end=last.date().isoformat())
    note = f"{said} {cells_note(cells_of.cell_size_m, reach, language)}"
    layers = [PictureLayer("ground", np.array([ground], dtype=object))] if area is not None else []
    return FileResult(result, sentences, [*layers, *_trend_layers(result, points, language)], note=note)


def _behaviour_sentence(code: str, result: gpd.GeoDataFrame, language: str) -> str:
    """How many places behave so, and where the largest is."""
    parts = _joined(result[result["behaviour"] == code])
    largest = max(parts, key=shapely.area).representative_point()
    middle = in_crs(gpd.GeoDataFrame(geometry=[largest], crs=result.crs), WGS84).geometry[0]
    place = {"lat": f"{middle.y:.5f}", "lon": f"{middle.x:.5f}"}
    return LABELS["places"].get(language, behaviour=BEHAVIOURS[code].get(language), count=len(parts), **place)


def _joined(cells_gdf: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Cells that touch as one polygon each; the seams left by rounding are closed."""
    shapes = np.asarray(cells_gdf.geometry.array, dtype=object)
    joined = shapely.union_all(shapely.buffer(shapes, SEAM_M, join_style="mitre"))
    parts = shapely.get_parts(shapely.buffer(joined, -SEAM_M))
    return np.asarray(parts[~shapely.is_empty(parts)], dtype=object)


def _trend_layers(result: gpd.GeoDataFrame, points: NDArray[np.float64], language: str) -> list[PictureLayer]:
    kinds = {
        "rising": ("new", "consecutive", "intensifying"),
        "steady": ("persistent", "sporadic", "oscillating"),
        "easing": ("diminishing",),
        "gone": ("historical",),
    }
    layers: list[PictureLayer] = []
    for style, codes in kinds.items():
        shapes = _joined(result[result["behaviour"].isin(codes)])
        layers.append(PictureLayer(style, shapes, LABELS[style].get(language)))
    return [*layers, PictureLayer("mark", point_shapes(points), LABELS["mark"].get(language))]
