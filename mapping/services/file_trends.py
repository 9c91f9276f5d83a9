"""How the places of a file behave over time, without any database."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mapping.analysis.grids import ground_cells, rings_within, unique_cells
from mapping.analysis.lattices import Lattice
from mapping.analysis.result_sentences import BEHAVIOURS, LABELS
from mapping.analysis.space_time import disjoint_windows, space_time
from mapping.maps.pictures import PictureLayer
from mapping.services.file_places import (
    AREA_REACH_M,
    PlacesFile,
    grid_for,
    ground_of,
    points_of,
    reach_for,
    streets_beside,
    tally,
)
from mapping.services.file_results import FileResult, Stage, cells_note, point_shapes


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
    note = cells_note(cells_of.cell_size_m, reach, language)
    return FileResult(result, sentences, _trend_layers(result, points, language), note=note)


def _trend_layers(result: gpd.GeoDataFrame, points: NDArray[np.float64], language: str) -> list[PictureLayer]:
    kinds = {
        "rising": ("new", "consecutive", "intensifying"),
        "steady": ("persistent", "sporadic", "oscillating"),
        "easing": ("diminishing",),
        "gone": ("historical",),
    }
    layers = [PictureLayer("mark", point_shapes(points), LABELS["mark"][language])]
    for style, codes in kinds.items():
        shapes = np.asarray(result[result["behaviour"].isin(codes)].geometry.array, dtype=object)
        layers.append(PictureLayer(style, shapes, LABELS[style][language]))
    return layers
