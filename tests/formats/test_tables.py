"""Places in and results out, in every format, with files as people have them."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mapping.errors import GeodesyError, InvalidInput, UnreadableFile
from mapping.formats.tables import read_places, write_result


def result(crs: int = 32636) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Вулиця Миру", "b"], "marks": [3, 0]},
        geometry=[
            shapely.box(400_000, 5_400_000, 400_100, 5_400_100),
            shapely.box(400_500, 5_400_000, 400_600, 5_400_100),
        ],
        crs=crs,
    )


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_results_come_back_as_they_went(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    write_result(result(), path)
    write_result(result(), path)
    back = read_places(path).to_crs(32636)
    assert back["name"].tolist() == ["Вулиця Миру", "b"]
    assert back["marks"].tolist() == [3, 0]
    assert shapely.hausdorff_distance(back.geometry.array, result().geometry.array).max() < 0.05
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_csv_holds_text_of_places(tmp_path: Path) -> None:
    write_result(result(), tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv")
    assert table["name"].tolist() == ["Вулиця Миру", "b"]
    shape = shapely.from_wkt(table["wkt"][0])
    assert shape.centroid.x == pytest.approx(31.63, abs=0.1)


def test_columns_of_places_are_found_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("\ufeffLatitude,Longitude,what\n48.5,37.9,a\n48.6,38.0,b\n", encoding="utf-8")
    frame = read_places(path)
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.x.tolist() == [37.9, 38.0]
    path.write_text("x,y\n400000,5400000\n", encoding="utf-8")
    assert read_places(path, crs="EPSG:32636").to_crs(4326).geometry.y[0] == pytest.approx(48.7, abs=0.1)


def test_rows_without_a_place_are_refused_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("lon,lat,n\n37.9,48.5,1\n,48.5,2\n37.9,inf,3\nsouth,48,4\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"3 of 4 rows .* in row 2 below"):
        read_places(path)
    assert read_places(path, skip_missing=True)["n"].tolist() == [1]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("in.txt", "lon,lat", "must end in"),
        ("in.csv", "a,b\n1,2\n", "needs columns"),
        ("in.csv", "", "is empty"),
        ("in.csv", "lon,lat,lon\n1,2,3\n", "more than one column 'lon'"),
        ("in.csv", "lon,lat\n1,2,3\n4,5,6,7\n", "as many cells"),
        ("in.geojson", "{", "cannot be read"),
        ("in.gpkg", "no database", "cannot be read"),
    ],
)
def test_unreadable_files_are_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=reason):
        read_places(tmp_path / name)


def test_what_is_not_there_or_not_known_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="not there"):
        read_places(tmp_path / "nowhere.csv")
    (tmp_path / "in.csv").write_text("x,y\n400000,5400000\n", encoding="utf-8")
    with pytest.raises(GeodesyError, match="no degrees"):
        read_places(tmp_path / "in.csv")
    with pytest.raises(GeodesyError, match="EPSG code"):
        read_places(tmp_path / "in.csv", crs="nonsense")
    with pytest.raises(InvalidInput, match="not as"):
        write_result(result(), tmp_path / "out.xlsx")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_result(result(), tmp_path / "no" / "out.csv")
