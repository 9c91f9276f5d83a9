"""What an analysis of a file gives: a table, sentences, a picture; and how it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.analysis.density import Surface
from mapping.analysis.result_sentences import LABELS
from mapping.errors import InvalidInput
from mapping.formats.rasters import write_cog
from mapping.formats.tables import READABLE as WRITABLE
from mapping.formats.tables import write_result
from mapping.languages import in_figures
from mapping.maps.pictures import ENDINGS as PICTURES
from mapping.maps.pictures import PictureLayer

RASTERS = (".tif", ".tiff")
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


def point_shapes(points: NDArray[np.float64]) -> NDArray[np.object_]:
    """Points from coordinates, shape (n, 2)."""
    return np.asarray(shapely.points(points), dtype=object)


def stepped_layers(
    kind: str, shapes: NDArray[np.object_], values: NDArray[np.float64], words: str, language: str
) -> list[PictureLayer]:
    """Four steps of equal width from zero to the highest, shapes of zero left out."""
    highest = float(values.max(initial=0.0))
    digits = max(0, 1 - int(np.floor(np.log10(highest)))) if highest > 0 else 0
    highest = float(np.ceil(highest * 10.0**digits / 4) * 4 / 10.0**digits)  # so that every bound is round
    bounds = [highest * number / 4 for number in range(5)]
    figures = [in_figures(bound, language, digits) for bound in bounds]
    step = np.ceil(4 * values / highest).astype(int) if highest > 0 else np.zeros(len(values), dtype=int)
    return [
        PictureLayer(
            f"{kind}-{number}",
            shapes[step == number],
            f"{figures[number - 1]}–{figures[number]} {words}",
        )
        for number in range(1, 5)
    ]


def cells_note(cell_size_m: float, reach_m: float, language: str) -> str:
    """Which cells were tested with how much around them, in words."""
    sizes = {"size": in_figures(cell_size_m, language), "reach": in_figures(reach_m, language)}
    return LABELS["cells_used"].get(language, **sizes)


def require_writable(out: Path | None, picture: Path | None, *, read: Sequence[Path], is_surface: bool) -> None:
    """Refuse names of files that could not or must not be written, before anything is computed.

    Parameters
    ----------
    out, picture : Path, optional
        To write.
    read : sequence of Path
        What the analysis reads; none of it is written over.
    is_surface : bool
        Whether the result is one that can be written as a raster.

    Raises
    ------
    InvalidInput
        If an ending is not one of those that go with the result, there is no such folder, or the file is read.
    """
    if out is not None and out.suffix.lower() in RASTERS and not is_surface:
        raise InvalidInput("Only surfaces are written as GeoTIFF; use .geojson, .gpkg or .csv.")
    for path, endings in ((out, (*WRITABLE, *RASTERS)), (picture, PICTURES)):
        if path is not None and path.suffix.lower() not in endings:
            raise InvalidInput(f"{path.name!r} must end in one of {', '.join(endings)}.")
        if path is not None and not path.parent.is_dir():
            raise InvalidInput(f"There is no folder {str(path.parent)!r} to write {path.name!r} to.")
        if path is not None and path.resolve() in [other.resolve() for other in read]:
            raise InvalidInput(f"{path.name!r} would be written over itself; give the result another name.")


def write_file_result(found: FileResult, path: Path) -> None:
    """A result as .geojson, .gpkg or .csv; a surface also as .tif (Cloud-Optimised GeoTIFF)."""
    if found.surface is not None and path.suffix.lower() in RASTERS:
        write_cog(found.surface, found.result_gdf.crs, path)
    else:
        write_result(found.result_gdf, path)
