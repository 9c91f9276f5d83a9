"""Pictures of results on white paper: areas, streets and marks in metres, with a scale bar and a legend in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from mapping.errors import InvalidInput
from mapping.languages import Text

ENDINGS = (".png", ".pdf", ".svg")
INK, INK2, LAND, EDGE = "#13211F", "#3D4D49", "#F4F3EE", "#5A2109"
METRES, KILOMETRES = Text("%(length)s m"), Text("%(length)s km")
CORNERS = ((-9, 9, "right", "bottom"), (9, 9, "left", "bottom"), (9, -9, "left", "top"), (-9, -9, "right", "top"))
WIDTH_IN, DPI = 8.0, 150
SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Style:
    """How a kind of thing is drawn; pattern and width tell what colour tells."""

    face: str = "none"
    edge: str = EDGE
    width: float = 0.8
    hatch: str = ""
    size: float = 4.0


STYLES = {
    "ground": Style(face=LAND, edge="#C6D0CC"),
    "street": Style(edge="#CFCABC", width=0.7),
    "mark": Style(face=INK2, size=4.0),
    **{
        f"step-{step}": Style(face=face, hatch=hatch)
        for step, (face, hatch) in enumerate(
            (("#F8E2D4", ""), ("#EFBE9D", "//"), ("#DB8A5D", "///"), ("#C0643A", "/////"), ("#98401C", "xxxx")), start=1
        )
    },
    **{
        f"line-{step}": Style(edge=edge, width=width)
        for step, (edge, width) in enumerate(
            (("#EFBE9D", 1.6), ("#DB8A5D", 2.6), ("#C0643A", 3.8), ("#98401C", 5.2)), start=1
        )
    },
    "rising": Style(face="#98401C", hatch="xxxx"),
    "steady": Style(face="#DB8A5D", hatch="///"),
    "easing": Style(face="#DCEBE8", edge="#0B4F4D", hatch="..."),
    "gone": Style(face="#FFFFFF", edge=INK2, hatch=""),
    "circle": Style(edge="#98401C", width=2.2),
}  # fmt: skip


@dataclass(frozen=True)
class PictureLayer:
    """Things drawn alike.

    Parameters
    ----------
    style : str
        Key of `STYLES`.
    shapes : ndarray of geometry
        Metres.
    words : str
        For the legend; empty for none.
    labels : sequence of str
        A whole number at the middle of each shape, such as a rank; empty for none.
    """

    style: str
    shapes: NDArray[np.object_]
    words: str = ""
    labels: Sequence[str] = ()


def draw_picture(
    layers: Sequence[PictureLayer], path: Path, *, title: str, note: str = "", language: str = "en"
) -> None:
    """A picture of layers, the first below.

    Parameters
    ----------
    layers : sequence of PictureLayer
        In one metric CRS.
    path : Path
        .png, .pdf or .svg; replaced if it is there.
    title, note : str
        Above it, and below its legend.
    language : str
        Of the scale.

    Raises
    ------
    InvalidInput
        If the ending is none of these, the file cannot be written, or there is nothing to draw.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InvalidInput(f"Pictures are written as {', '.join(ENDINGS)}, not as {path.suffix!r}.")
    shown = [layer for layer in layers if len(layer.shapes)]
    if not shown:
        raise InvalidInput("There is nothing to draw.")
    west, south, east, north = _frame(shown)
    height = WIDTH_IN * min(max((north - south) / (east - west), 0.3), 1.5)
    figure = Figure(figsize=(WIDTH_IN, height + 1.6), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.03, 1.1 / (height + 1.6), 0.94, height / (height + 1.6)))
    axes.set(xlim=(west, east), ylim=(south, north), aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color("#C6D0CC")
    for order, layer in enumerate(shown):
        _draw(axes, layer, order)
    _scale_bar(axes, west, south, east - west, language)
    figure.text(0.03, 0.12 / (height + 1.6), note, size=8, color=INK2, va="bottom")
    figure.text(0.03, 1 - 0.28 / (height + 1.6), _cut(title, 70), size=15, weight="bold", color=INK, va="center")
    handles = [_handle(layer) for layer in shown if layer.words]
    if handles:
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.025, 1.0 / (height + 1.6)), ncols=2, frameon=False,
            fontsize=9, labelcolor=INK, handlelength=2.2, borderaxespad=0,
        )  # fmt: skip
    try:
        with mpl.rc_context({"pdf.fonttype": 42, "hatch.linewidth": 0.6, "hatch.color": EDGE}):
            figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InvalidInput(f"{path.name!r} cannot be written: {error.strerror}.") from None


def _frame(layers: Sequence[PictureLayer]) -> tuple[float, float, float, float]:
    """The ground that holds every shape, with a margin, no narrower than 100 m."""
    west, south, east, north = shapely.total_bounds(np.concatenate([layer.shapes for layer in layers]))
    margin = max(0.04 * max(east - west, north - south), 50.0)
    return west - margin, south - margin, east + margin, north + margin


def _draw(axes: Axes, layer: PictureLayer, order: int) -> None:
    style = STYLES[layer.style]
    parts = shapely.get_parts(layer.shapes)
    kinds = shapely.get_type_id(parts)
    points = parts[kinds == shapely.GeometryType.POINT]
    if len(points):
        x, y = shapely.get_coordinates(points).T
        axes.scatter(x, y, s=style.size, color=style.face, alpha=0.6, linewidths=0, zorder=order, rasterized=True)
    lines = [shapely.get_coordinates(line) for line in parts[kinds == shapely.GeometryType.LINESTRING]]
    if lines:
        axes.add_collection(
            LineCollection(lines, colors=style.edge, linewidths=style.width, capstyle="round", zorder=order)
        )
    for polygon in parts[kinds == shapely.GeometryType.POLYGON]:
        axes.add_patch(PathPatch(_outline(polygon), **_look(style), zorder=order))
    for label, shape in zip(layer.labels, layer.shapes, strict=False):
        middle = shape.representative_point()
        right, up, across, along = CORNERS[int(label) % len(CORNERS)]
        axes.annotate(
            label, (middle.x, middle.y), xytext=(right, up), textcoords="offset points", size=8, weight="bold",
            color="white", ha=across, va=along, zorder=100,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
            bbox={"boxstyle": "round,pad=0.3,rounding_size=0.3", "facecolor": INK, "edgecolor": "white"},
        )  # fmt: skip


def _look(style: Style) -> dict[str, Any]:
    return {"facecolor": style.face, "edgecolor": style.edge, "linewidth": style.width, "hatch": style.hatch or None}


def _outline(polygon: shapely.Polygon) -> Outline:
    rings = [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def _handle(layer: PictureLayer) -> Patch | Line2D:
    style, kind = STYLES[layer.style], shapely.get_type_id(shapely.get_parts(layer.shapes)[0])
    if kind == shapely.GeometryType.POLYGON:
        return Patch(label=layer.words, **_look(style))
    if kind == shapely.GeometryType.LINESTRING:
        return Line2D([], [], color=style.edge, linewidth=style.width, label=layer.words)
    return Line2D([], [], color=style.face, marker="o", markersize=4, linestyle="none", label=layer.words)


def _scale_bar(axes: Axes, west: float, south: float, extent: float, language: str) -> None:
    length = max((scale for scale in SCALES_M if scale <= extent / 4), default=SCALES_M[0])
    x, y = west + 0.03 * extent, south + 0.03 * extent
    words = METRES.get(language, length=length) if length < 1000 else KILOMETRES.get(language, length=length // 1000)
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt", zorder=99)
    axes.annotate(words, (x + length / 2, y), xytext=(0, 5), textcoords="offset points", ha="center", size=9, zorder=99,
                  bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})  # fmt: skip


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
