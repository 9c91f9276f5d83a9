"""`mapping analyse …` on files as people have them, run as they run it."""

from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from matplotlib.image import imread
from typer.testing import CliRunner

from mapping.cli import cli
from mapping.errors import AnalysisError, GeodesyError, InvalidInput, MappingError, UnreadableFile
from mapping.geodesy import in_crs

WEST, SOUTH = 400_000.0, 5_400_000.0
MIDDLE = (WEST + 1010, SOUTH + 990)


def degrees(points: np.ndarray) -> np.ndarray:
    frame = in_crs(gpd.GeoDataFrame(geometry=shapely.points(points), crs=32636), 4326)
    return shapely.get_coordinates(frame.geometry.array)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of two kilometres with one planted place, its marks over ten months, and its streets."""
    folder, rng = tmp_path_factory.mktemp("town"), np.random.default_rng(4)
    spread = np.array([WEST, SOUTH]) + rng.uniform(0, 2000, (160, 2))
    planted = rng.normal(0, 25, (45, 2)) + MIDDLE
    places = degrees(np.vstack([spread, planted]))
    days = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 300, 205), unit="D")
    pd.DataFrame(
        {
            "lon": places[:, 0],
            "lat": places[:, 1],
            "who": [f"p{n}" for n in range(205)],
            "bad": rng.integers(1, 5, 205),
            "day": days.strftime("%Y-%m-%d"),
        }
    ).to_csv(folder / "marks.csv", index=False)
    lines = [shapely.LineString([(0, at), (2000, at)]) for at in range(90, 2000, 180)]
    lines += [shapely.LineString([(at, 0), (at, 2000)]) for at in range(110, 2000, 180)]
    moved = shapely.transform(np.array(lines), lambda xy: np.add(xy, (WEST, SOUTH)))
    streets_gdf = gpd.GeoDataFrame({"name": [f"Вулиця {n}" for n in range(len(moved))]}, geometry=moved, crs=32636)
    streets_gdf.to_file(folder / "streets.gpkg")
    return folder


def run(*arguments: object) -> str:
    """What a command says; its error, if it fails."""
    result = CliRunner().invoke(cli, ["analyse", *map(str, arguments)], catch_exceptions=True)
    if result.exception is not None and isinstance(result.exception, MappingError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def is_picture(path: Path) -> bool:
    """Whether a picture shows more than one colour."""
    return len(np.unique(imread(path)[..., :3].reshape(-1, 3), axis=0)) > 5


def test_hotspots_of_a_file(files: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "hot.geojson", tmp_path / "hot.png"
    said = run("hotspots", files / "marks.csv", "--streets", files / "streets.gpkg", "--reporter", "who",
               "--severity", "bad", "--time", "day", "--out", out, "--picture", picture)  # fmt: skip
    assert "1. Вулиця" in said
    assert "people marked this place" in said
    found = gpd.read_file(out)
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert found.to_crs(32636).geometry[0].distance(shapely.Point(MIDDLE)) < 30
    assert found["reporters"][0] >= 30
    assert found["badge"][0] == "sure"
    assert is_picture(picture)


def test_a_file_as_a_spreadsheet_writes_it_gives_the_same(files: Path, tmp_path: Path) -> None:
    """Semicolons, decimal commas, Windows-1251, days first, and people that are not known."""
    table = pd.read_csv(files / "marks.csv")
    table["day"] = pd.to_datetime(table["day"]).dt.strftime("%d.%m.%Y")
    table.rename(columns={"who": "хто"}).to_csv(
        tmp_path / "excel.csv", sep=";", decimal=",", index=False, encoding="cp1251"
    )
    said = run("hotspots", files / "marks.csv", "--reporter", "who", "--severity", "bad", "--time", "day")
    again = run("hotspots", tmp_path / "excel.csv", "--reporter", "хто", "--severity", "bad", "--time", "day")
    assert again == said
    table.assign(who=None).to_csv(tmp_path / "nobody.csv", index=False)
    everyone = run("hotspots", tmp_path / "nobody.csv", "--reporter", "who", "--severity", "bad")
    assert everyone == run("hotspots", files / "marks.csv", "--reporter", "who", "--severity", "bad")


def test_rounded_places_get_cells_as_wide_as_their_rounding(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal((31.6, 48.7), 0.01, (300, 2)), columns=["lon", "lat"])
    table.round(3).to_csv(tmp_path / "rounded.csv", index=False)
    table.to_csv(tmp_path / "exact.csv", index=False)
    assert "Cells 150 m wide" in run("hotspots", tmp_path / "rounded.csv")  # a thousandth of a degree is 73 m there
    assert "Cells 10 m wide" in run("hotspots", tmp_path / "exact.csv")
    repeated = pd.concat([table, table.iloc[[0] * 40]])
    repeated.to_csv(tmp_path / "repeated.csv", index=False)
    assert "Cells 10 m wide" in run("hotspots", tmp_path / "repeated.csv")


def test_the_same_seed_gives_the_same_file(files: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("hotspots", files / "marks.csv", "--out", tmp_path / f"{name}.csv", "--seed", 7, "--language", "uk")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    found = pd.read_csv(tmp_path / "one.csv")
    assert "позначок" in found["words"][0]
    assert "reporters" not in found  # nobody knows who marked


def test_streets_of_a_file(files: Path, tmp_path: Path) -> None:
    said = run("streets", files / "marks.csv", files / "streets.gpkg", "--max-distance", 60, "--out",
               tmp_path / "s.gpkg", "--picture", tmp_path / "s.png")  # fmt: skip
    assert "where its length alone would bring" in said
    ranked = gpd.read_file(tmp_path / "s.gpkg")
    assert ranked["place"].tolist() == sorted(ranked["place"])
    assert ranked.geometry[0].distance(shapely.Point(MIDDLE)) < 60
    assert ranked["q_value"][0] < 0.01
    assert is_picture(tmp_path / "s.png")


def test_density_along_streets(files: Path, tmp_path: Path) -> None:
    run("streets", files / "marks.csv", files / "streets.gpkg", "--bandwidth", 80, "--max-distance", 60, "--out",
        tmp_path / "lixels.geojson", "--picture", tmp_path / "l.pdf")  # fmt: skip
    lixels = gpd.read_file(tmp_path / "lixels.geojson").to_crs(32636)
    assert lixels.geometry[lixels["per_km"].idxmax()].distance(shapely.Point(MIDDLE)) < 100
    assert (tmp_path / "l.pdf").read_bytes().startswith(b"%PDF")


def test_density_as_raster_and_outlines(files: Path, tmp_path: Path) -> None:
    run("density", files / "marks.csv", "--bandwidth", 60, "--out", tmp_path / "d.tif", "--picture", tmp_path / "d.png")
    with rasterio.open(tmp_path / "d.tif") as opened:
        band, transform = opened.read(1), opened.transform
        assert band.sum() * transform.a**2 / 1e6 == pytest.approx(205, rel=0.03)
    row, column = np.unravel_index(band.argmax(), band.shape)
    peak = (transform.c + column * transform.a, transform.f + row * transform.e)
    assert np.hypot(*np.subtract(peak, MIDDLE)) < 40
    run("density", files / "marks.csv", "--bandwidth", 60, "--out", tmp_path / "d.gpkg")
    assert gpd.read_file(tmp_path / "d.gpkg").area.is_monotonic_decreasing
    assert is_picture(tmp_path / "d.png")


def test_trend_of_a_file(files: Path, tmp_path: Path) -> None:
    run("trend", files / "marks.csv", "--time", "day", "--days", 60, "--cell-size", 25,
        "--out", tmp_path / "t.geojson", "--picture", tmp_path / "t.png")  # fmt: skip
    cells = gpd.read_file(tmp_path / "t.geojson").to_crs(32636)
    near = cells[cells.distance(shapely.Point(MIDDLE)) < 40]
    assert (near["behaviour"].isin(["persistent", "sporadic", "consecutive"])).mean() > 0.9
    assert not set(cells[cells.distance(shapely.Point(MIDDLE)) > 400]["behaviour"]) & {"persistent", "intensifying"}
    assert is_picture(tmp_path / "t.png")


def test_scan_of_areas_and_of_cases_with_people(files: Path, tmp_path: Path) -> None:
    counties = gpd.read_file(libpysal.examples.get_path("sids2.shp")).set_crs(4267, allow_override=True)
    counties.to_file(tmp_path / "counties.gpkg")
    said = run("scan", tmp_path / "counties.gpkg", "--cases", "SID79", "--people", "BIR79", "--simulations", 99,
               "--out", tmp_path / "c.csv")  # fmt: skip
    assert "Within" in said
    assert pd.read_csv(tmp_path / "c.csv")["p_value"].is_monotonic_increasing
    with rasterio.open(
        tmp_path / "people.tif", "w", driver="GTiff", width=30, height=30, count=1, dtype="float32", crs="EPSG:32636",
        transform=Affine(100, 0, WEST - 500, 0, -100, SOUTH + 2500),
    ) as opened:  # fmt: skip
        opened.write(np.full((30, 30), 25, dtype=np.float32), 1)
    run("scan", files / "marks.csv", "--population", tmp_path / "people.tif", "--simulations", 99, "--out",
        tmp_path / "c.gpkg")  # fmt: skip
    first = gpd.read_file(tmp_path / "c.gpkg").iloc[0]
    assert first.geometry.distance(shapely.Point(MIDDLE)) < 60
    assert first["p_value"] == pytest.approx(0.01)


def test_districts_of_a_file(tmp_path: Path) -> None:
    counties = gpd.read_file(libpysal.examples.get_path("sids2.shp")).set_crs(4267, allow_override=True)
    counties.rename(columns={"NAME": "name"}).to_file(tmp_path / "counties.gpkg")
    said = run("districts", tmp_path / "counties.gpkg", "--cases", "SID74", "--people", "BIR74", "--out",
               tmp_path / "d.gpkg", "--picture", tmp_path / "d.png")  # fmt: skip
    assert "together with its neighbours" in said
    found = gpd.read_file(tmp_path / "d.gpkg").set_index("name")
    assert found["standing"]["Anson"] == "alone"
    assert is_picture(tmp_path / "d.png")
    assert "схожі" in run("districts", tmp_path / "counties.gpkg", "--cases", "SID74", "--language", "uk")


def test_held_out_period(files: Path) -> None:
    said = run("held-out", files / "marks.csv", "--time", "day", "--split", "2026-08-01", "--cell-size", 40)
    row = next(line for line in said.splitlines() if line.strip(" │|").startswith("hotspots"))
    caught, _, pai, pei, _ = [part.strip(" %") for part in row.replace("|", "│").split("│") if part.strip()][1:6]
    assert int(caught) >= 8
    assert float(pai) > 15
    assert 0.2 < float(pei) <= 1


def test_few_marks_are_called_so(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("lon,lat\n37.9,48.5\n", encoding="utf-8")
    assert "chance cannot be ruled out" in run("hotspots", tmp_path / "one.csv")
    same = "lon,lat\n" + "37.9,48.5\n" * 50
    (tmp_path / "same.csv").write_text(same, encoding="utf-8")
    run("hotspots", tmp_path / "same.csv", "--out", tmp_path / "same.geojson")


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (["hotspots", "nowhere.csv"], UnreadableFile, "not there"),
        (["hotspots", "empty.csv"], AnalysisError, "no places"),
        (["hotspots", "marks.csv", "--reporter", "nobody"], InvalidInput, "no column 'nobody'"),
        (["hotspots", "marks.csv", "--severity", "lon"], AnalysisError, "1 to 4"),
        (["hotspots", "marks.csv", "--weights", "1,2"], AnalysisError, "sum to 1"),
        (["hotspots", "marks.csv", "--weights", "a"], InvalidInput, "five numbers"),
        (["hotspots", "marks.csv", "--max-q", "7"], AnalysisError, "between 0 and 1"),
        (["hotspots", "marks.csv", "--half-life", "30"], InvalidInput, "needs a time"),
        (["hotspots", "marks.csv", "--time", "day", "--as-of", "2026-02-01"], InvalidInput, "later than"),
        (["hotspots", "marks.csv", "--out", "marks.csv"], InvalidInput, "over itself"),
        (["hotspots", "marks.csv", "--out", "nowhere/result.gpkg"], InvalidInput, "no folder"),
        (["hotspots", "marks.csv", "--crs", "EPSG:3857"], GeodesyError, "look like degrees"),
        (["hotspots", "marks.csv", "--streets", "marks.csv"], InvalidInput, "as lines"),
        (["hotspots", "far.csv"], AnalysisError, "Row 3 below the header lies"),
        (["streets", "elsewhere.csv", "streets.gpkg"], AnalysisError, "exchanged"),
        (["trend", "mistyped.csv", "--time", "day"], InvalidInput, "mistyped"),
        (["hotspots", "marks.csv", "--out", "result.xlsx"], InvalidInput, "must end in"),
        (["hotspots", "marks.csv", "--out", "result.tif"], InvalidInput, "Only surfaces"),
        (["hotspots", "marks.csv", "--picture", "result.bmp"], InvalidInput, "must end in"),
        (["hotspots", "marks.csv", "--area", "marks.csv"], InvalidInput, "polygons"),
        (["density", "marks.csv", "--bandwidth", "nan"], AnalysisError, "positive number"),
        (["density", "same.csv"], AnalysisError, "in one place"),
        (["trend", "marks.csv", "--time", "who"], InvalidInput, "must hold dates"),
        (["trend", "marks.csv", "--time", "day", "--days", "900"], AnalysisError, "fewer than 3 windows"),
        (["scan", "marks.csv"], InvalidInput, "--cases and --people"),
        (["scan", "marks.csv", "--cases", "bad", "--people", "who"], InvalidInput, "numbers"),
        (["districts", "marks.csv", "--cases", "bad"], InvalidInput, "must be polygons"),
        (["held-out", "marks.csv", "--time", "day", "--split", "2030-01-01"], InvalidInput, "between the first"),
        (["streets", "marks.csv", "marks.csv"], InvalidInput, "as lines"),
    ],
)
def test_what_cannot_be_done_is_said(
    files: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], error: type[MappingError], reason: str
) -> None:
    monkeypatch.chdir(files)
    (files / "empty.csv").write_text("lon,lat\n", encoding="utf-8")
    (files / "same.csv").write_text("lon,lat\n37.9,48.5\n37.9,48.5\n", encoding="utf-8")
    (files / "elsewhere.csv").write_text("lon,lat\n37.9,48.5\n37.9,48.6\n", encoding="utf-8")
    far = "lon,lat\n31.6,48.7\n31.61,48.7\n-31.6,48.7\n" + "31.6,48.71\n" * 20
    (files / "far.csv").write_text(far, encoding="utf-8")
    days = "lon,lat,day\n31.6,48.7,2026-01-01\n31.6,48.7,2062-01-01\n"
    (files / "mistyped.csv").write_text(days, encoding="utf-8")
    with pytest.raises(error, match=reason):
        run(*arguments)
    assert not list(files.glob("result*"))
    assert not list(files.glob(".*part*"))
