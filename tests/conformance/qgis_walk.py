"""The walk-through of `docs/how-to/qgis.md`, for the Python that QGIS is built with.

    QT_QPA_PLATFORM=offscreen python3 qgis_walk.py walk ADDRESS COMMUNITY EXPRESSION
    QT_QPA_PLATFORM=offscreen python3 qgis_walk.py picture ADDRESS COMMUNITY FILE.png

`walk` prints what QGIS finds as JSON; `picture` draws the map of the walk-through. Nothing of the project is imported.
"""

import json
import os
import sys
from collections import Counter
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLineSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QFont

POINT, LINE, AREA = QgsWkbTypes.PointGeometry, QgsWkbTypes.LineGeometry, QgsWkbTypes.PolygonGeometry
BASEMAP = (  # layer of the tiles, filter, kind of geometry, symbol; from the ground up
    ("landuse", "kind = 'green' OR kind = 'wood'", AREA, {"color": "#d8e6ce", "outline_style": "no"}),
    ("water", "", AREA, {"color": "#b4d3e2", "outline_style": "no"}),
    ("buildings", "", AREA, {"color": "#e0dcd1", "outline_color": "#cfc9ba", "outline_width": "0.1"}),
    ("roads", "kind = 'path'", LINE, {"color": "#a59e8b", "width": "0.2", "line_style": "dot"}),
    ("roads", "kind = 'minor'", LINE, {"color": "#ffffff", "width": "0.8"}),
    ("roads", "kind = 'main'", LINE, {"color": "#ffffff", "width": "1.6"}),
)
STEPS = ("#98401c", "#c0643a", "#db8a5d", "#efbe9d", "#f8e2d4")


def collection(address: str, name: str, title: str, expression: str = "") -> QgsVectorLayer:
    """A collection of OGC API Features, with a filter in the words of QGIS."""
    layer = QgsVectorLayer(f"url='{address}/ogc' typename='{name}' pagingEnabled='true' pageSize='50'", title, "OAPIF")
    if expression and not layer.setSubsetString(expression):
        raise SystemExit(f"QGIS takes no filter on {name}")
    return layer


def tiles(address: str, name: str, community: str) -> QgsVectorTileLayer:
    """Vector tiles by the address that the TileJSON tells."""
    path = f"{address}/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt?c%3D{community}"
    return QgsVectorTileLayer(f"type=xyz&url={path}&zmin=0&zmax=16", name)


def style(layer: QgsVectorTileLayer, rules: tuple[tuple[str, str, Any, dict[str, str]], ...]) -> None:
    """Draw some layers of the tiles, the first at the bottom, and no others."""
    made = []
    for name, expression, kind, symbol in rules:
        rule = QgsVectorTileBasicRendererStyle(f"{name} {expression}", name, kind)
        rule.setFilterExpression(expression)
        rule.setSymbol((QgsFillSymbol if kind == AREA else QgsLineSymbol).createSimple(symbol))
        made.append(rule)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(made)
    layer.setRenderer(renderer)


def web_mercator() -> QgsCoordinateReferenceSystem:
    """EPSG:3857; QGIS knows it only once it has started."""
    return QgsCoordinateReferenceSystem("EPSG:3857")


def ground(*box: float) -> QgsRectangle:
    """A box in degrees as QGIS draws it, in EPSG:3857."""
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    return QgsCoordinateTransform(degrees, web_mercator(), QgsProject.instance()).transformBoundingBox(
        QgsRectangle(*box)
    )


def drawn_pixels(layer: QgsVectorTileLayer, colour: str, *box: float) -> int:
    """How many pixels of a colour QGIS draws of the tiles of a box in degrees."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(web_mercator())
    settings.setExtent(ground(*box))
    settings.setOutputSize(QSize(400, 400))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    return sum(image.pixelColor(x, y) == QColor(colour) for x in range(400) for y in range(400))


def walk(address: str, community: str, expression: str) -> dict[str, Any]:
    """What QGIS finds: features, geometries, a filter's features, pixels of streets."""
    lamps = collection(address, "unlit_streets", "lamps")
    every = list(lamps.getFeatures())
    named = {feature["place"]: feature for feature in every}
    place = named["Lamp 7"].geometry().asPoint()
    chosen = collection(address, "unlit_streets", "chosen", expression)
    found = [feature["place"] for feature in chosen.getFeatures()]
    basemap = tiles(address, "basemap", community)
    style(basemap, (("roads", "", LINE, {"color": "#ff0000", "width": "2"}),))
    return {
        "version": Qgis.QGIS_VERSION_INT,
        "valid": [lamps.isValid(), chosen.isValid(), basemap.isValid()],
        "crs": lamps.crs().authid(),
        "fields": [field.name() for field in lamps.fields()],
        "features": len(every),
        "kinds": Counter(QgsWkbTypes.displayString(f.geometry().wkbType()) for f in every if f.hasGeometry()),
        "lamp": [place.x(), place.y()],
        "chosen": sorted(name for name in found if name),
        "street_pixels": drawn_pixels(basemap, "#ff0000", 24.943, 60.1695, 24.947, 60.1715),
        "sea_pixels": drawn_pixels(basemap, "#ff0000", 10.943, 60.1695, 10.947, 60.1715),
    }


def _categories() -> QgsCategorizedSymbolRenderer:
    """Hotspots by their rank, as the site colours them."""
    kinds = []
    for rank, colour in enumerate(STEPS, start=1):
        symbol = QgsFillSymbol.createSimple({"color": colour, "outline_color": "#5a2109", "outline_width": "0.4"})
        kinds.append(QgsRendererCategory(rank, symbol, f"No {rank}"))
    return QgsCategorizedSymbolRenderer("rank", kinds)


def _label(layout: QgsPrintLayout, text: str, box: tuple[float, float, float, float], size: int) -> None:
    item = QgsLayoutItemLabel(layout)
    item.setText(text)
    item.setFont(QFont("DejaVu Sans", size))
    _place(layout, item, box)


def _place(layout: QgsPrintLayout, item: Any, box: tuple[float, float, float, float]) -> None:
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(box[0], box[1], QgsUnitTypes.LayoutMillimeters))
    item.attemptResize(QgsLayoutSize(box[2], box[3], QgsUnitTypes.LayoutMillimeters))


def picture(address: str, community: str, path: str) -> None:
    """A page of QGIS: basemap from tiles, hotspots, and marks from a collection with a filter."""
    mine = f"community = '{community}'"
    basemap = tiles(address, "basemap", community)
    style(basemap, BASEMAP)
    hotspots = collection(address, "hotspots", "Where it hurts most", f"{mine} AND rank <= {len(STEPS)}")
    hotspots.setRenderer(_categories())
    hotspots.setOpacity(0.7)
    lamps = collection(address, "unlit_streets", "It is dark here, severity 3 and 4", f"{mine} AND severity >= 3")
    marker = {"name": "circle", "color": "#252b63", "outline_color": "#ffffff", "size": "3"}
    lamps.setRenderer(QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple(marker)))
    project = QgsProject.instance()
    for layer in (basemap, hotspots, lamps):
        if not layer.isValid():
            raise SystemExit(f"QGIS cannot open {layer.name()}")
        project.addMapLayer(layer)
    project.setCrs(web_mercator())
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    shown = QgsLayoutItemMap(layout)
    shown.setBackgroundColor(QColor("#f4f3ee"))
    middle, size = ground(24.9351, 60.1718, 24.9535, 60.1792), QgsLayoutSize(200, 176, QgsUnitTypes.LayoutMillimeters)
    _place(layout, shown, (10, 22, size.width(), size.height()))
    shown.setExtent(middle)  # which changes the size
    shown.attemptResize(size)
    shown.setLayers([lamps, hotspots, basemap])
    shown.zoomToExtent(middle)
    shown.setFrameEnabled(True)
    legend = QgsLayoutItemLegend(layout)
    legend.setLinkedMap(shown)
    legend.setAutoUpdateModel(False)
    legend.model().rootGroup().removeLayer(basemap)
    _place(layout, legend, (214, 22, 75, 80))
    bar = QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(shown)
    bar.applyDefaultSize()
    _place(layout, bar, (214, 180, 70, 12))
    _label(layout, "Central Helsinki (demo): open data in QGIS", (10, 8, 270, 12), 18)
    _label(layout, "Simulated reports. Streets: © OpenStreetMap contributors, ODbL", (10, 200, 270, 8), 9)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 90
    QgsLayoutExporter(layout).exportToImage(path, settings)


def main() -> None:
    """Run one of the two, and leave without QGIS's own farewell, which may fall over what threads still hold."""
    command, *words = sys.argv[1:]
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    if command == "walk":
        sys.stdout.write(json.dumps(walk(*words)))
    else:
        picture(*words)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
