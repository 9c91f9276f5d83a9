"""Reports sent as features: taken as any other, once, and told nowhere before the group decides."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from mapping.api.ogc_documents import CONFORMS_TO
from mapping.layers.categories import CATEGORIES
from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

LAMPS = "/ogc/collections/unlit_streets/items"
DANGERS = "/ogc/collections/dangerous_places/items"
GEOJSON = {"Content-Type": "application/geo+json"}


def feature(town: str, *, members: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A report as a feature, with some properties changed, and some members beside them."""
    properties = report_payload(**{"community": town, **changes})
    made = {"type": "Feature", "id": str(new_id()), "geometry": properties.pop("geometry"), "properties": properties}
    return {name: value for name, value in {**made, **(members or {})}.items() if value is not ...}


async def test_a_feature_is_kept_as_any_report(client: httpx.AsyncClient, town: str, database: Database) -> None:
    sent = feature(town, place="Вулиця 1")
    answer = await client.post(LAMPS, json=sent, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["type"], told["id"], told["geometry"]) == ("Feature", sent["id"], sent["geometry"])
    assert told["properties"]["moderation"] == "submitted"
    assert told["properties"]["community"] == town
    own = f"/api/communities/{town}/reports/{sent['id']}"
    assert answer.headers["location"].endswith(own)
    assert_problem(await client.get(answer.headers["location"]), 404)
    assert_problem(await client.get(f"{LAMPS}/{sent['id']}"), 404)
    assert (await client.get(LAMPS, params={"community": town})).json()["features"] == []

    same = {**sent["properties"], "geometry": sent["geometry"]}
    del same["community"]
    by_the_other_door = await client.put(own, json=same)
    assert by_the_other_door.status_code == 200, "one report by both doors"
    assert "edit_token" not in by_the_other_door.json()

    await moderate_report(database, town, UUID(sent["id"]), "publish", actor="test")
    (shown,) = (await client.get(LAMPS, params={"community": town})).json()["features"]
    assert shown["properties"]["place"] == "Вулиця 1"
    assert shown["id"] != sent["id"]
    assert_problem(await client.get(answer.headers["location"]), 404)
    gone = await client.delete(answer.headers["location"], headers={"Edit-Token": told["edit_token"]})
    assert gone.status_code == 204
    assert (await client.get(LAMPS, params={"community": town})).json()["features"] == []
    assert_problem(await client.post(LAMPS, json=sent, headers=GEOJSON), 409)


async def test_twenty_parallel_posts_make_one_record(client: httpx.AsyncClient, town: str) -> None:
    sent = feature(town, members={"id": ...})
    headers = {**GEOJSON, "Idempotency-Key": str(new_id())}
    answers = await asyncio.gather(*(client.post(LAMPS, json=sent, headers=headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert sum("edit_token" in answer.json() for answer in answers) == 1
    other = feature(town, members={"id": ...}, severity=1)
    assert_problem(await client.post(LAMPS, json=other, headers=headers), 409)


async def test_without_an_id_it_gets_one(client: httpx.AsyncClient, town: str) -> None:
    sent = feature(town, members={"id": ...})
    answers = [await client.post(LAMPS, json=sent, headers=GEOJSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


async def test_a_confidential_report_is_answered_alike_and_shown_nowhere(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    sent = feature(town, category="gender_based_violence", affected=["women"], description="kept from everyone")
    answer = await client.post(DANGERS, json=sent, headers=GEOJSON)
    assert answer.status_code == 201
    open_one = await client.post(DANGERS, json=feature(town, category="stray_dogs"), headers=GEOJSON)
    assert set(answer.json()) == set(open_one.json())
    assert open_one.status_code == 201
    assert answer.json()["public_preview"] == {"shown": False, "geometry": None}
    await moderate_report(database, town, UUID(sent["id"]), "publish", actor="test")
    assert_problem(await client.get(answer.headers["location"]), 404)
    assert "kept from everyone" not in (await client.get(DANGERS, params={"community": town, "limit": 1000})).text


@pytest.mark.parametrize(
    ("path", "changes", "members", "field"),
    [
        (LAMPS, {"category": "stray_dogs"}, {}, "properties.category"),
        (DANGERS, {"category": "broken_lamps"}, {}, "properties.category"),
        (DANGERS, {"category": "isolated_household"}, {}, "properties.category"),
        (LAMPS, {"category": "nonsense-sent"}, {}, "properties.category"),
        (LAMPS, {"category": ["broken_lamps"]}, {}, "properties.category"),
        (LAMPS, {"severity": 5}, {}, "properties.severity"),
        (LAMPS, {"consents": ...}, {}, "properties.consents"),
        (LAMPS, {"description": "nonsense-sent\x00"}, {}, "properties.description"),
        (LAMPS, {"moderation": "published"}, {}, "properties.moderation"),
        (LAMPS, {"tier": 0}, {}, "properties.tier"),
        (LAMPS, {"community": ...}, {}, "properties.community"),
        (LAMPS, {"community": 7}, {}, "properties.community"),
        (LAMPS, {"geometry": {"type": "Point", "coordinates": [30.5, 50.4]}}, {}, "geometry"),
        (LAMPS, {"geometry": {"type": "Point", "coordinates": [24.94, 60.17, 5]}}, {}, "geometry"),
        (LAMPS, {}, {"geometry": None}, "geometry"),
        (LAMPS, {}, {"geometry": ...}, "geometry"),
        (LAMPS, {}, {"properties": None}, "properties"),
        (LAMPS, {}, {"properties": {"geometry": {"type": "Point", "coordinates": [24.9443, 60.1715]}}}, "properties"),
        (LAMPS, {}, {"type": "FeatureCollection"}, "type"),
        (LAMPS, {}, {"nonsense-sent": 1}, "body"),
        (LAMPS, {}, {"id": "nonsense-sent"}, "id"),
        (LAMPS, {}, {"id": 7}, "id"),
    ],
)
async def test_a_broken_rule_names_its_field(
    client: httpx.AsyncClient, town: str, path: str, changes: dict[str, Any], members: dict[str, Any], field: str
) -> None:
    answer = await client.post(path, json=feature(town, members=members, **changes), headers=GEOJSON)
    assert_problem(answer, 422, field, never="nonsense-sent")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"type":"Feature","type":"Feature"}',
                                  b"[" * 100_000, b'{"type":"Feature","properties":{"severity":NaN}}'])  # fmt: skip
async def test_a_body_that_is_no_feature_is_refused(client: httpx.AsyncClient, town: str, body: bytes) -> None:
    assert_problem(await client.post(LAMPS, content=body, headers=GEOJSON), 422)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content-Type": "text/plain"}, "Content-Type"),
        ({"Content-Type": ""}, "Content-Type"),
        ({**GEOJSON, "Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/3857>"}, "Content-Crs"),
    ],
)
async def test_what_the_standard_says_is_400(
    client: httpx.AsyncClient, town: str, headers: dict[str, str], field: str
) -> None:
    assert_problem(await client.post(LAMPS, content=b"{}", headers=headers), 400, field)
    assert_problem(await client.post(f"{LAMPS}?f=json", json=feature(town), headers=GEOJSON), 400, "query")


async def test_headers_that_cannot_be_used_are_named(client: httpx.AsyncClient, town: str) -> None:
    for name, value in (
        ("Idempotency-Key", "nonsense-sent"),
        ("Idempotency-Key", str(new_id())),
        ("Reporter-Token", "x"),
    ):
        answer = await client.post(LAMPS, json=feature(town), headers={**GEOJSON, name: value})
        assert_problem(answer, 422, name, never="nonsense-sent")


async def test_only_reports_can_be_created(client: httpx.AsyncClient, town: str) -> None:
    for name in ("hotspots", "streets"):
        answer = await client.post(f"/ogc/collections/{name}/items", json=feature(town), headers=GEOJSON)
        assert_problem(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert_problem(await client.post("/ogc/collections/vulnerable_households/items", json={}, headers=GEOJSON), 404)
    assert_problem(await client.post(LAMPS, json=feature("nowhere"), headers=GEOJSON), 404)


async def test_options_tell_what_can_be_done(client: httpx.AsyncClient, town: str) -> None:
    reports = await client.options(LAMPS)
    assert reports.status_code == 200
    assert reports.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert reports.headers["accept-post"] == "application/geo+json, application/json"
    assert "access-control-allow-origin" not in reports.headers, "no foreign page may send"
    hotspots = await client.options("/ogc/collections/hotspots/items")
    assert hotspots.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "accept-post" not in hotspots.headers
    assert (await client.options(f"{LAMPS}/{new_id()}")).headers["allow"] == "GET, HEAD, OPTIONS"
    assert_problem(await client.options("/ogc/collections/nothing/items"), 404)
    refused = await client.put(LAMPS, json={})
    assert_problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    refused = await client.delete(f"{LAMPS}/{new_id()}")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def _words(document: Any) -> set[str]:
    """Every name in a document, and a mark for each type that is a list."""
    if isinstance(document, list):
        return set().union(*map(_words, document))
    if not isinstance(document, dict):
        return set()
    is_list = {"a list of types"} if isinstance(document.get("type"), list) else set()
    return {*document, *is_list}.union(*map(_words, document.values()))


async def test_creation_is_told(client: httpx.AsyncClient, town: str) -> None:
    assert "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete" in CONFORMS_TO
    paths = (await client.get("/ogc/api")).json()["paths"]
    assert "post" not in paths["/collections/hotspots/items"]
    told = paths["/collections/dangerous_places/items"]["post"]
    schema = told["requestBody"]["content"]["application/geo+json"]["schema"]
    assert not {"const", "a list of types"} & _words(schema), "OpenAPI 3.0 knows neither"
    codes = schema["properties"]["properties"]["properties"]["category"]["enum"]
    assert codes == [code for code, found in CATEGORIES.items() if found.layer == "dangerous_places"]
    assert "Location" in told["responses"]["201"]["headers"]
