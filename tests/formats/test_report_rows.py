"""Rows from files as people have them, and from files made to do harm."""

import json
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from mapping.errors import GeodesyError, UnreadableFile
from mapping.formats import report_rows
from mapping.formats.cells import neutral_cell
from mapping.formats.report_rows import read_report_rows
from mapping.formats.rows import BATCH_ROWS, Row
from tests.shared_data import shared_data


def rows(path: Path) -> list[Row]:
    return [row for batch in read_report_rows(path) for row in batch.rows]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, encoding: str, between: str) -> None:
    text = "назва|lon\r\nБіля школи|1\r\n\r\n|2\r\n".replace("|", between)
    found = rows(written(tmp_path / "a.csv", text.encode(encoding)))
    assert [(row.number, row.values) for row in found] == [
        (1, {"назва": "Біля школи", "lon": "1"}),
        (3, {"назва": "", "lon": "2"}),
    ]


def test_csv_and_layers_come_in_batches_that_count_on(tmp_path: Path) -> None:
    number = 2 * BATCH_ROWS + 7
    written(tmp_path / "a.csv", "n\n" + "\n".join(map(str, range(number))))
    points = shapely.points(np.linspace(24, 25, number), 60.0)
    frame = gpd.GeoDataFrame({"n": range(number)}, geometry=points, crs=4326)
    frame.to_file(tmp_path / "a.gpkg")
    for name in ("a.csv", "a.gpkg"):
        batches = list(read_report_rows(tmp_path / name))
        assert max(len(batch.rows) for batch in batches) == BATCH_ROWS
        shares = [batch.share for batch in batches]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        found = [row for batch in batches for row in batch.rows]
        assert [row.number for row in found] == list(range(1, number + 1))
        assert [int(row.values["n"]) for row in found] == list(range(number))


def test_geometry_is_made_plain(tmp_path: Path) -> None:
    geometries = [
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "MultiPoint", "coordinates": [[1, 2]]},
        {"type": "LineString", "coordinates": [[1, 2, 3], [3, 4, 5]]},
        {"type": "Point", "coordinates": "here"},
        None,
    ]
    features: list[object] = [{"type": "Feature", "properties": None, "geometry": geometry} for geometry in geometries]
    features += [{"type": "Feature", "id": 7, "properties": {"a": 1}, "geometry": None}, "nothing"]
    path = written(tmp_path / "a.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    found = rows(path)
    assert [row.geometry for row in found[:5]] == [
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "Point", "coordinates": "here"},
        None,
    ]
    assert found[5].values == {"id": 7, "a": 1}
    assert found[6].fault is not None


def test_layers_are_turned_to_degrees(tmp_path: Path) -> None:
    shapes = [shapely.Point(25, 60), shapely.MultiPoint([(25, 60)]), shapely.Point(), None, shapely.box(25, 60, 26, 61)]
    gpd.GeoDataFrame({"n": [1, 2, None, 4, 5]}, geometry=shapes, crs=4326).to_crs(32635).to_file(tmp_path / "a.gpkg")
    found = rows(tmp_path / "a.gpkg")
    for row in found[:2]:
        assert row.geometry == {"type": "Point", "coordinates": [pytest.approx(25), pytest.approx(60)]}
    assert [row.geometry for row in found[2:4]] == [None, None]
    assert isinstance(found[4].geometry, dict)
    assert found[4].geometry["type"] == "Polygon"
    assert found[2].values == {"n": None}


@pytest.mark.parametrize("name", ["service-requests.xml", "service-request.xml"])
def test_open311_of_the_specification(name: str) -> None:
    found = rows(shared_data(f"standards/open311/{name}"))
    assert found[0].values["service_request_id"] == "638344"
    assert found[0].values["lat"] == "37.762221815"
    known = "service_request_id service_code description requested_datetime address lat long status"
    assert set(found[0].values) <= set(known.split())


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><service_requests>&c;</service_requests>'
HARMFUL = {
    "empty.csv": b"",
    "twice.csv": b"a,A\n1,2\n",
    "quote.csv": b'a,b\n1,"' + b"x\n" * 200_000,
    "oneline.csv": b"a" * 1_100_000,
    "zip.gpkg": b"PK\x03\x04" + bytes(100),
    "vrt.gpkg": b'<OGRVRTDataSource><OGRVRTLayer name="a"/></OGRVRTDataSource>',
    "sqlite.gpkg": b"SQLite format 3\x00" + bytes(100),
    "damaged.gpkg": b"SQLite format 3\x00" + bytes(52) + b"GPKG" + bytes(100),
    "deep.json": b"[" * 100_000,
    "text.json": b"nothing",
    "other.json": b'{"type": "Topology"}',
    "latin.json": '["é"]'.encode("latin-1"),
    "bomb.xml": BOMB.encode(),
    "other.xml": b"<services><service/></services>",
    "half.xml": b"<service_requests><request>",
    "places.shp": b"",
    "a.vrt": b"",
}


@pytest.mark.filterwarnings("ignore:GPKG")
@pytest.mark.parametrize("name", list(HARMFUL))
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile, match=name):
        rows(written(tmp_path / name, HARMFUL[name]))


def test_a_folder_and_nothing_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    for name in ("a.csv", "b.csv"):
        with pytest.raises(UnreadableFile):
            rows(tmp_path / name)


def test_geojson_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_rows, "MAX_JSON_BYTES", 10)
    with pytest.raises(UnreadableFile, match="larger"):
        rows(written(tmp_path / "a.json", "[" + " " * 20 + "]"))


def test_another_crs_is_refused(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    path = written(tmp_path / "a.geojson", json.dumps({"type": "FeatureCollection", "crs": crs, "features": []}))
    with pytest.raises(GeodesyError):
        rows(path)


def test_a_layer_without_places_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 1)], crs=4326).to_file(path)
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM gpkg_geometry_columns")
        database.execute("UPDATE gpkg_contents SET data_type = 'attributes'")
    database.close()
    with pytest.raises(UnreadableFile, match="no layer"):
        rows(path)


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\x00=a"])
def test_no_cell_begins_a_formula(value: str) -> None:
    assert str(neutral_cell(value)).startswith("'")
    assert "\x00" not in str(neutral_cell(value))


def test_other_cells_stay_as_they_are() -> None:
    assert [neutral_cell(value) for value in (-1.5, "a=b", "", None)] == [-1.5, "a=b", "", None]
