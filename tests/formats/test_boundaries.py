"""A community's ground from GeoJSON: each form of it, and files that are something else."""

import json
from pathlib import Path

import pytest
import shapely

from mapping.errors import UnreadableFile
from mapping.formats.boundaries import read_boundary

SQUARE = {"type": "Polygon", "coordinates": [[[24, 60], [25, 60], [25, 61], [24, 61], [24, 60]]]}
FEATURE = {"type": "Feature", "properties": {}, "geometry": SQUARE}


@pytest.mark.parametrize("found", [SQUARE, FEATURE, {"type": "FeatureCollection", "features": [FEATURE, FEATURE]}])
def test_every_form_of_geojson_is_read(tmp_path: Path, found: object) -> None:
    file = tmp_path / "town.geojson"
    file.write_text(json.dumps(found))
    assert read_boundary(file).equals(shapely.box(24, 60, 25, 61))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 200_000,
        '{"type": "Point", "coordinates": [1, 2]}',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Feature", "geometry": null}',
        '{"type": "Polygon", "coordinates": "x"}',
        "\x00\x01",
    ],
)
def test_anything_else_is_one_clear_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "town.geojson"
    file.write_text(text)
    with pytest.raises(UnreadableFile, match=r"town\.geojson"):
        read_boundary(file)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="none"):
        read_boundary(tmp_path / "none.geojson")
