"""Rasters as GDAL writes and reads them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from mapping.analysis.density import kernel_density
from mapping.errors import UnreadableFile
from mapping.formats.rasters import read_raster, write_cog


def written(path: Path, values: np.ndarray, transform: Affine, crs: str | None = "EPSG:32636") -> Path:
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float64", nodata=-200.0, crs=crs,
        transform=transform,
    ) as opened:  # fmt: skip
        opened.write(values, 1)
    return path


def test_a_surface_keeps_its_place_and_numbers(tmp_path: Path) -> None:
    surface = kernel_density(np.array([[400_100.0, 5_400_200.0]]), 30.0)
    write_cog(surface, "EPSG:32636", tmp_path / "surface.tif")
    with rasterio.open(tmp_path / "surface.tif") as opened:
        assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert opened.crs.to_epsg() == 32636
        band = opened.read(1)
        row, column = np.unravel_index(band.argmax(), band.shape)
        transform = opened.transform
    place = (transform.c + (column + 0.5) * transform.a, transform.f + (row + 0.5) * transform.e)
    np.testing.assert_allclose(place, (400_100, 5_400_200), atol=surface.cell_m)
    np.testing.assert_allclose(band, surface.values[::-1], rtol=1e-6)


def test_no_data_is_no_number(tmp_path: Path) -> None:
    values = np.array([[1.0, -200.0], [3.0, 4.0]])
    raster = read_raster(written(tmp_path / "r.tif", values, Affine(2, 0, 10, 0, -5, 50)))
    assert (raster.west, raster.north, raster.cell_width, raster.cell_height) == (10, 50, 2, 5)
    np.testing.assert_array_equal(raster.values, [[1, np.nan], [3, 4]])


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_unusable_files_are_refused(tmp_path: Path) -> None:
    values = np.ones((2, 2))
    (tmp_path / "text.tif").write_text("not a raster")
    turned = Affine(1.7, 1, 0, 1, -1.7, 50)
    for path, reason in (
        (tmp_path / "text.tif", "cannot be read"),
        (tmp_path / "nowhere.tif", "cannot be read"),
        (written(tmp_path / "turned.tif", values, turned), "turned"),
        (written(tmp_path / "lost.tif", values, Affine(2, 0, 0, 0, -2, 50), crs=None), "no CRS"),
    ):
        with pytest.raises(UnreadableFile, match=reason):
            read_raster(path)
