"""OSM extracts: small towns written by hand, and real ones where they lie beside the project."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from mapping.errors import UnreadableFile
from mapping.formats import osm
from mapping.formats.osm import OsmExtract, demo_extract_path, read_osm

REAL_FILES = Path(__file__).parents[2].parent / "shared" / "data" / "osm"
STEP = 0.001  # degrees between the nodes of the hand-made towns


def tags_xml(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def node_xml(osm_id: int, x: float, y: float, **tags: str) -> str:
    return f'<node id="{osm_id}" version="1" lon="{30 + x * STEP}" lat="{50 + y * STEP}">{tags_xml(tags)}</node>'


def way_xml(osm_id: int, refs: list[int], **tags: str) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{osm_id}" version="1">{nodes}{tags_xml(tags)}</way>'


def town_xml(*objects: str, bounds: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{bounds}{"".join(objects)}</osm>'


GRID = [node_xml(10 * x + y, x, y) for x in range(1, 6) for y in range(1, 6)]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., OsmExtract]:
    def from_objects(*objects: str, bounds: str = "") -> OsmExtract:
        path = tmp_path / "town.osm"
        path.write_text(town_xml(*objects, bounds=bounds), encoding="utf-8")
        return read_osm(path)

    return from_objects


def real_file(name: str) -> Path:
    path = REAL_FILES / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the project")
    return path


def test_streets_are_cut_where_they_share_a_node(read: Callable[..., OsmExtract]) -> None:
    extract = read(
        *GRID,
        way_xml(1, [11, 21, 31, 41], highway="residential", name="Long Street", lit="yes"),
        way_xml(2, [31, 32, 33], highway="footway"),
    )
    streets = extract.streets.set_index(["osm_way_id", "segment"])
    assert list(streets.index) == [(1, 0), (1, 1), (2, 0)]
    assert list(streets.loc[(1, 0)].geometry.coords) == [(30.001, 50.001), (30.002, 50.001), (30.003, 50.001)]
    assert list(streets.loc[(1, 1)].geometry.coords) == [(30.003, 50.001), (30.004, 50.001)]
    assert streets.loc[1, "name"].tolist() == ["Long Street", "Long Street"]
    assert streets.loc[1, "lit"].tolist() == ["yes", "yes"]
    assert streets.loc[(2, 0), "name"] is None


def test_lengths_are_metres_on_the_ground(read: Callable[..., OsmExtract]) -> None:
    streets = read(*GRID, way_xml(1, [11, 12], highway="path")).streets
    # A thousandth of a degree of the meridian at 50° north (WGS 84): 111.229 m; UTM adds its scale, below 0.1 %.
    assert streets["length_m"].iloc[0] == pytest.approx(111.229, rel=1e-3)
    assert streets.crs.to_epsg() == 4326


def test_streets_that_cross_without_a_common_node_stay_whole(read: Callable[..., OsmExtract]) -> None:
    extract = read(*GRID, way_xml(1, [12, 32], highway="primary", bridge="yes"), way_xml(2, [21, 23], highway="path"))
    assert len(extract.streets) == 2


def test_a_street_that_crosses_itself_is_cut_there(read: Callable[..., OsmExtract]) -> None:
    extract = read(*GRID, way_xml(1, [11, 21, 31, 32, 22, 21], highway="residential"))
    assert [len(line.coords) for line in extract.streets.geometry] == [2, 5]


def test_a_repeated_node_is_no_junction(read: Callable[..., OsmExtract]) -> None:
    extract = read(*GRID, way_xml(1, [11, 21, 21, 31], highway="residential"))
    assert [len(line.coords) for line in extract.streets.geometry] == [3]


def test_a_segment_never_jumps_over_missing_nodes(read: Callable[..., OsmExtract]) -> None:
    extract = read(*GRID, way_xml(1, [11, 21, 999, 41, 51, 998], highway="residential"))
    assert [line.coords[0][0] for line in extract.streets.geometry] == [30.001, 30.004]
    assert [len(line.coords) for line in extract.streets.geometry] == [2, 2]


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "trunk", "motorroad": "yes"},
        {"highway": "footway", "access": "private"},
        {"highway": "cycleway", "foot": "no"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "proposed"},
    ],
)
def test_ways_nobody_walks_are_left_out(read: Callable[..., OsmExtract], tags: dict[str, str]) -> None:
    extract = read(*GRID, way_xml(1, [11, 21], highway="steps"), way_xml(2, [12, 22, 23, 12], **tags))
    assert extract.streets["osm_way_id"].tolist() == [1]


@pytest.mark.parametrize(
    ("tags", "sidewalk"),
    [
        ({"sidewalk": "left"}, "left"),
        ({"sidewalk:both": "no"}, "no"),
        ({"sidewalk:left": "yes", "sidewalk:right": "no"}, "left"),
        ({"sidewalk:left": "yes", "sidewalk:right": "yes"}, "both"),
        ({"sidewalk:left": "no", "sidewalk:right": "no"}, "no"),
        ({"sidewalk:left": "no"}, None),
    ],
)
def test_sidewalks_tagged_by_side_are_put_together(
    read: Callable[..., OsmExtract], tags: dict[str, str], sidewalk: str | None
) -> None:
    extract = read(*GRID, way_xml(1, [11, 21], highway="tertiary", **tags))
    assert extract.streets["sidewalk"].iloc[0] == sidewalk


def test_lamps_and_crossings(read: Callable[..., OsmExtract]) -> None:
    sound = {"traffic_signals:sound": "yes"}
    extract = read(
        node_xml(1, 0, 0, highway="street_lamp"),
        node_xml(2, 1, 0, highway="crossing", crossing="zebra", tactile_paving="no", kerb="lowered", **sound),
    )
    assert extract.lamps["osm_id"].tolist() == [1]
    assert shapely.get_coordinates(extract.lamps.geometry).tolist() == [[30.0, 50.0]]
    crossing = extract.crossings.iloc[0]
    assert crossing[list(osm.CROSSING_COLUMNS)].tolist() == [2, "zebra", "no", "lowered", None, "yes"]


def test_places_by_kind(read: Callable[..., OsmExtract]) -> None:
    ring = [11, 21, 22, 12, 11]
    meanings = {
        1: {"building": "yes"},
        2: {"building": "school", "amenity": "school", "name": "School 3"},
        3: {"amenity": "school", "name": "School grounds"},
        4: {"leisure": "playground"},
        5: {"natural": "water"},
        6: {"landuse": "residential"},
        7: {"landuse": "forest"},
        8: {"landuse": "farmland"},
        9: {"landuse": "industrial"},
        10: {"place": "square", "name": "Market Square"},
        11: {"amenity": "parking", "name": "P 1"},
        12: {"landuse": "military"},
    }
    places = read(
        *GRID, *(way_xml(i, ring, **tags) for i, tags in meanings.items()), way_xml(13, [11, 21, 31], waterway="stream")
    ).places.set_index("osm_id")
    found = {i: (row["kind"], row["class"], row.geometry.geom_type) for i, row in places.iterrows()}
    assert found == {
        1: ("building", "yes", "Polygon"),
        2: ("amenity", "school", "Polygon"),
        3: ("amenity", "school", "Point"),
        4: ("green", "playground", "Polygon"),
        5: ("water", "water", "Polygon"),
        6: ("homes", "residential", "Polygon"),
        7: ("wood", "forest", "Polygon"),
        8: ("field", "farmland", "Polygon"),
        9: ("works", "industrial", "Polygon"),
        10: ("amenity", "square", "Point"),
        13: ("water", "stream", "LineString"),
    }


def test_places_without_a_name_only_where_they_are_needed(read: Callable[..., OsmExtract]) -> None:
    places = read(
        node_xml(1, 0, 0, amenity="toilets", wheelchair="yes"),
        node_xml(2, 0, 1, amenity="cafe"),
        node_xml(3, 0, 2, shop="bakery", name="Bread"),
        node_xml(4, 0, 3, amenity="bench", name="Bench"),
        node_xml(5, 0, 4, highway="bus_stop"),
    ).places
    assert places["class"].tolist() == ["toilets", "bakery", "bus_stop"]
    assert places["wheelchair"].tolist() == ["yes", None, None]


def test_house_numbers_of_nodes_and_buildings(read: Callable[..., OsmExtract]) -> None:
    street = {"addr:street": "вул. Шевченка"}
    ring = [11, 21, 22, 12, 11]
    addresses = read(
        *GRID,
        node_xml(1, 0.5, 0.5, **{"addr:housenumber": "12-А"}, **street),
        node_xml(2, 0, 0, **{"addr:housenumber": "7", "addr:place": "Хутір"}),
        node_xml(3, 0, 0, **{"addr:housenumber": "9"}),
        node_xml(4, 0, 0, **{"addr:housenumber": "без номера"}, **street),
        way_xml(5, ring, building="yes", **{"addr:housenumber": "14;16"}, **street),
    ).addresses
    assert addresses.columns.tolist() == [*osm.ADDRESS_COLUMNS, "geometry"]
    rows = {(row["osm_type"], row["osm_id"], row["number"], row["number_key"]) for _, row in addresses.iterrows()}
    assert rows == {("n", 1, "12-А", "12a"), ("n", 2, "7", "7"), ("w", 5, "14", "14"), ("w", 5, "16", "16")}
    assert set(addresses["street_key"]) == {"shevchenka street", "hutir"}
    middle = addresses[addresses["osm_id"] == 5].geometry.iloc[0]
    assert middle.coords[0] == pytest.approx((30 + 1.5 * STEP, 50 + 1.5 * STEP))


def test_settlements_are_places_by_name(read: Callable[..., OsmExtract]) -> None:
    places = read(
        node_xml(1, 0, 0, place="village", name="Верхнє"),
        node_xml(2, 0, 1, place="village"),
        node_xml(3, 0, 2, place="region", name="Край"),
    ).places
    assert places[["kind", "class", "name"]].values.tolist() == [["locality", "village", "Верхнє"]]


def test_a_multipolygon_keeps_its_hole(read: Callable[..., OsmExtract]) -> None:
    relation = (
        '<relation id="7" version="1"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="2" role="outer"/>'
        '<member type="way" ref="3" role="inner"/><tag k="type" v="multipolygon"/><tag k="leisure" v="park"/>'
        '<tag k="name" v="Ring Park"/></relation>'
    )
    outer = [way_xml(1, [11, 51, 55]), way_xml(2, [55, 15, 11])]
    places = read(*GRID, *outer, way_xml(3, [22, 32, 33, 23, 22]), relation).places
    park = places.iloc[0]
    assert (park["osm_type"], park["osm_id"], park["kind"], park["name"]) == ("r", 7, "green", "Ring Park")
    assert park.geometry.area == pytest.approx(15 * STEP**2)
    assert len(park.geometry.interiors) == 1


def test_an_incomplete_multipolygon_is_skipped(read: Callable[..., OsmExtract]) -> None:
    relation = (
        '<relation id="7" version="1"><member type="way" ref="404" role="outer"/>'
        '<tag k="type" v="multipolygon"/><tag k="leisure" v="park"/></relation>'
    )
    assert read(*GRID, way_xml(1, [11, 21], highway="path"), relation).places.empty


def test_names_are_cleaned_and_cyrillic_stays(read: Callable[..., OsmExtract]) -> None:
    streets = read(
        *GRID,
        way_xml(1, [11, 21], highway="residential", name="вулиця Ґалаґанівська, з’їзд № 5"),
        way_xml(2, [12, 22], highway="residential", name="  Two&#10;lines&#x85;and \u202eturned\u202c "),
        way_xml(3, [13, 23], highway="residential", name="&#9; "),
        way_xml(4, [14, 24], highway="residential", name="x" * 300),
    ).streets
    assert streets["name"].tolist() == [
        "вулиця Ґалаґанівська, з’їзд № 5",
        "Two lines and turned",
        None,
        "x" * 255,
    ]


def test_the_newest_version_of_an_object_counts(read: Callable[..., OsmExtract]) -> None:
    old, new = (way_xml(1, [11, 21], highway="residential", name=name) for name in ("Old", "New"))
    assert read(*GRID, new.replace('version="1"', 'version="2"'), old).streets["name"].tolist() == ["New"]


def test_files_of_editors_need_not_be_sorted(read: Callable[..., OsmExtract]) -> None:
    unsorted = (way_xml(7, [11, 21], highway="path", name="B"), way_xml(-3, [21, 22], highway="path", name="A"))
    assert sorted(read(*GRID, *unsorted).streets["name"]) == ["A", "B"]
    before_nodes = read(*unsorted, *GRID).streets
    assert sorted(before_nodes["name"]) == ["A", "B"]
    assert before_nodes["length_m"].min() > 70


def test_ways_without_any_node_are_no_town(read: Callable[..., OsmExtract]) -> None:
    with pytest.raises(UnreadableFile, match="no streets and no places"):
        read(way_xml(1, [1, 2], highway="path"))


def test_the_sea_lies_right_of_the_coast(read: Callable[..., OsmExtract]) -> None:
    bounds = '<bounds minlon="30.0005" minlat="50.0005" maxlon="30.0055" maxlat="50.0055"/>'
    coast = way_xml(9, [997, 13, 33, 53, 998], natural="coastline")  # eastward, cut off at both edges: sea in the south
    extract = read(*GRID, coast, way_xml(1, [14, 24], highway="path"), bounds=bounds)
    sea = extract.places.iloc[0]
    assert (sea["osm_type"], sea["osm_id"], sea["kind"], sea["class"]) == ("w", 9, "water", "sea")
    assert sea.geometry.area == pytest.approx(5 * STEP * 2.5 * STEP)
    assert sea.geometry.contains(shapely.Point(30.003, 50.001))
    assert extract.bounds == (30.0005, 50.0005, 30.0055, 50.0055)


def test_gzip_reads_as_plain_xml_does(read: Callable[..., OsmExtract], tmp_path: Path) -> None:
    objects = (*GRID, way_xml(1, [11, 21], highway="path"))
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(town_xml(*objects).encode()))
    assert read_osm(packed).streets.equals(read(*objects).streets)


BROKEN = {
    "absent.osm": None,
    "empty.osm": b"",
    "empty.osm.pbf": b"",
    "empty.osm.gz": b"",
    "nothing.osm": town_xml().encode(),
    "untagged.osm": town_xml(*GRID).encode(),
    "truncated.osm": town_xml(*GRID, way_xml(1, [11, 21], highway="path")).encode()[:-40],
    "truncated.osm.gz": gzip.compress(town_xml(*GRID, way_xml(1, [11, 21], highway="path")).encode())[:-30],
    "text.osm": b"hello",
    "text.osm.pbf": b"hello, this is no map",
    "page.osm": b"<!DOCTYPE html><html><body>Not found</body></html>",
    "xml.osm.pbf": town_xml(*GRID, way_xml(1, [11, 21], highway="path")).encode(),
    "plain.osm.gz": b"PK\x03\x04 a zip",
    "town.shp": b"anything",
    "town.pbf.txt": b"anything",
    "bytes.osm": b'<osm version="0.6"><node id="1" lon="1" lat="1"><tag k="name" v="\xff\xfe"/></node></osm>',
    "far.osm": b'<osm version="0.6"><node id="1" lon="4e9" lat="1"><tag k="amenity" v="police"/></node></osm>',
    "many.osm": b'<osm version="0.6"><node id="99999999999999999999" lon="1" lat="1"/></osm>',
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named_with_a_remedy(tmp_path: Path, name: str) -> None:
    content = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        read_osm(tmp_path / name)
    assert caught.value.detail.startswith(f"'{name}' ")
    assert "\n" not in caught.value.detail
    assert "; " in caught.value.detail  # what is wrong; what to do
    assert str(tmp_path) not in caught.value.detail


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.osm").mkdir()
    with pytest.raises(UnreadableFile, match="not a file"):
        read_osm(tmp_path / "folder.osm")


def test_truncated_pbf_is_refused(tmp_path: Path) -> None:
    whole = demo_extract_path().read_bytes()
    path = tmp_path / "half.osm.pbf"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"half\.osm\.pbf"):
        read_osm(path)


def test_the_demo_town_holds_what_the_demo_needs() -> None:
    shares: list[float] = []
    extract = read_osm(demo_extract_path(), shares.append)
    assert len(extract.lamps) == 586
    assert len(extract.crossings) == 620
    assert extract.bounds == pytest.approx((24.93518, 60.16416, 24.95341, 60.17911), abs=1e-5)
    assert {"Aleksanterinkatu", "Mannerheimintie", "Unioninkatu"} <= set(extract.streets["name"])
    assert extract.streets["lit"].isin(["yes", "24/7"]).sum() > 2500
    assert not extract.streets.duplicated(["osm_way_id", "segment"]).any()
    assert not extract.places.duplicated(["osm_type", "osm_id"]).any()
    assert (extract.streets["length_m"] > 0).all()
    sea = extract.places[extract.places["class"] == "sea"].union_all()
    assert sea.contains(shapely.Point(24.9467, 60.1767))  # Kaisaniemenlahti
    assert not sea.intersects(shapely.Point(24.9522, 60.1695))  # Senate Square
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("name", "streets", "street"),
    [
        ("liechtenstein_2013-08-03.osm.pbf", 5367, "Meierhofstrasse"),
        ("krems_2013.osm.gz", 1617, "Bahnhofplatz"),
        ("moscow_north_2013.osm.gz", 1415, "улица Академика Королёва"),
    ],
)
def test_real_towns(name: str, streets: int, street: str) -> None:
    extract = read_osm(real_file(name))
    assert len(extract.streets) == streets
    assert street in set(extract.streets["name"])
    assert extract.streets.is_valid.all()
    assert np.isfinite(extract.streets.total_bounds).all()
