"""OGC API Features as real clients use it: GDAL's OAPIF driver, OWSLib; and the standard's own schemas."""

import asyncio
from typing import Any

import httpx
import jsonschema
import pyogrio
import pytest
import yaml
from owslib.ogcapi.features import Features
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mapping.store.collections import COLLECTIONS
from tests.shared_data import shared_data


async def test_gdal_reads_pages_and_pushes_filters_down(served: tuple[str, str]) -> None:
    address, town = served
    source = f"OAPIF:{address}/ogc"

    def read(layer: str, **options: Any) -> Any:
        return pyogrio.read_dataframe(source, layer=layer, PAGE_SIZE=50, **options)

    def walk() -> None:
        layers = {name for name, _ in pyogrio.list_layers(source)}
        assert layers == set(COLLECTIONS)
        mine = read("unlit_streets", where=f"community = '{town}'")
        assert len(mine) == 121  # over three pages, the one in words among them
        assert mine.crs.is_geographic
        assert mine.geometry.isna().sum() == 1
        lamp = mine[mine["place"] == "Lamp 7"].iloc[0]
        assert (lamp.geometry.x, lamp.geometry.y) == pytest.approx((24.9407, 60.17), abs=1e-6)
        near = read(
            "unlit_streets", where=f"community = '{town}' AND severity >= 3", bbox=(24.94, 60.16, 24.945, 60.18)
        )
        assert set(near["severity"]) == {3, 4}
        assert len(near) == 25
        masked = read("dangerous_places", where=f"community = '{town}'")
        assert masked["observed_on"].str.len().tolist() == [7]

    await asyncio.to_thread(walk)


async def test_owslib_finds_its_way(served: tuple[str, str]) -> None:
    address, town = served

    def walk() -> None:
        service = Features(f"{address}/ogc")
        assert set(service.feature_collections()) == set(COLLECTIONS)
        assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in service.conformance()["conformsTo"]
        assert service.api()["openapi"].startswith("3.0")
        assert "severity" in service.collection_queryables("unlit_streets")["properties"]
        page = service.collection_items("unlit_streets", limit=10, filter=f"community = '{town}' AND severity = 4")
        assert page["numberReturned"] == 10
        assert page["numberMatched"] == 30
        one = service.collection_item("unlit_streets", page["features"][0]["id"])
        assert one["properties"]["severity"] == 4

    await asyncio.to_thread(walk)


def _named(node: Any) -> Any:
    """The type null, which these files write without quotes, so that YAML reads nothing."""
    if isinstance(node, dict):
        return {key: "null" if key == "type" and part is None else _named(part) for key, part in node.items()}
    if isinstance(node, list):
        return ["null" if part is None else _named(part) for part in node]
    return node


async def test_documents_fit_the_schemas_of_the_standard(served: tuple[str, str]) -> None:
    address, _ = served
    folder = shared_data("standards/ogcapi-features") / "core" / "openapi" / "schemas"
    loaded = {path.name: _named(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(folder.glob("*.yaml"))}
    registry: Registry[Any] = Registry().with_resources(
        [(name, DRAFT202012.create_resource(schema)) for name, schema in loaded.items()]
    )
    async with httpx.AsyncClient(base_url=address) as client:
        for path, schema in (
            ("/ogc", "landingPage.yaml"),
            ("/ogc/conformance", "confClasses.yaml"),
            ("/ogc/collections", "collections.yaml"),
            ("/ogc/collections/hotspots", "collection.yaml"),
            ("/ogc/collections/unlit_streets/items", "featureCollectionGeoJSON.yaml"),
        ):
            document = (await client.get(path)).json()
            validator = jsonschema.Draft202012Validator(loaded[schema], registry=registry)
            validator.validate(document)
            assert not validator.is_valid({}), f"{schema} asks for nothing"
