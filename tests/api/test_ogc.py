"""OGC API Features over HTTP: what the standard asks for, and what must be refused."""

import json
import re
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from mapping.api.ogc_documents import CONFORMS_TO
from mapping.api.ogc_parameters import CRS
from mapping.layers.categories import CATEGORIES
from mapping.layers.states import STATUS
from mapping.layers.vocabulary import AFFECTED, WHEN
from mapping.services.reports import submit_report
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.released import release, release_hotspot
from tests.tile_matrices import metres
from tests.towns import small_town

LAMPS = "/ogc/collections/unlit_streets/items"
PLACES = [(24.940 + 0.001 * n, 60.165 + 0.0005 * n) for n in range(12)]


@pytest.fixture
async def lamps(database: Database, town: str, other_town: str) -> str:
    """Twelve lamps of a town, published, of growing severity; one more of another town; one that nobody released."""
    for number, (lon, lat) in enumerate(PLACES):
        report_id = new_id()
        payload = report_payload(
            geometry={"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
            severity=1 + number % 4,
            when="night" if number % 2 else "always",
            place=f"Вулиця {number}",
            description="100 % темно" if number == 3 else ...,
            observed_at=f"2026-{1 + number // 2:02d}-15T12:00:00Z",
        )
        await submit_report(database, town, report_id, payload)
        await moderate_report(database, town, report_id, "publish", actor="test")
    elsewhere, unreleased = new_id(), new_id()
    await submit_report(database, other_town, elsewhere, report_payload())
    await moderate_report(database, other_town, elsewhere, "publish", actor="test")
    await submit_report(database, town, unreleased, report_payload(place="nobody may see this"))
    return town


async def found(client: httpx.AsyncClient, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(LAMPS, params={name.replace("_", "-"): str(value) for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    body: dict[str, Any] = answer.json()
    assert body["numberReturned"] == len(body["features"])
    return body


def places(body: dict[str, Any]) -> set[str]:
    return {feature["properties"]["place"] for feature in body["features"]}


async def test_landing_leads_everywhere(client: httpx.AsyncClient, town: str) -> None:
    landing = (await client.get("/ogc")).json()
    rels = {link["rel"]: link["href"] for link in landing["links"]}
    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= set(rels)
    for href in rels.values():
        assert (await client.get(href)).status_code == 200
    assert (await client.get(rels["conformance"])).json()["conformsTo"] == list(CONFORMS_TO)
    collections = (await client.get(rels["data"])).json()["collections"]
    assert [found["id"] for found in collections] == list(COLLECTIONS)
    for found in collections:
        assert found["storageCrs"] == CRS["CRS84"]
        assert found["crs"] == list(CRS.values())
        for link in [link for link in found["links"] if link["rel"] != "license"]:
            assert (await client.get(link["href"])).status_code == 200, link
    api = (await client.get(rels["service-desc"])).json()
    assert api["openapi"].startswith("3.0")
    assert "/collections/hotspots/items" in api["paths"]


async def test_features_of_all_communities_and_of_one(client: httpx.AsyncClient, lamps: str) -> None:
    every = await found(client, limit=1000)
    assert every["numberMatched"] >= 13
    mine = await found(client, community=lamps)
    assert mine["numberMatched"] == 12
    assert places(mine) == {f"Вулиця {n}" for n in range(12)}
    (first, *_) = mine["features"]
    one = await client.get(f"{LAMPS}/{first['id']}")
    assert {**first, "links": ...} == {**one.json(), "links": ...}
    assert (await client.get(f"/ogc/collections/resources/items/{first['id']}")).status_code == 404


async def test_pages_by_the_link_to_the_next(client: httpx.AsyncClient, lamps: str) -> None:
    body, ids = await found(client, community=lamps, limit=5), []
    for expected in (5, 5, 2):
        assert body["numberReturned"] == expected
        assert body["numberMatched"] == 12
        ids += [feature["id"] for feature in body["features"]]
        following = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
        if following:
            body = (await client.get(following)).json()
    assert following is None
    assert len(set(ids)) == 12
    assert ids == sorted(ids)
    skipped = await found(client, community=lamps, offset=10)
    assert [feature["id"] for feature in skipped["features"]] == ids[10:]
    assert skipped["numberMatched"] == 12
    assert (await found(client, community=lamps, limit=10**9))["numberReturned"] == 12


async def test_boxes_in_each_crs_and_over_the_antimeridian(client: httpx.AsyncClient, lamps: str) -> None:
    inside = {f"Вулиця {n}" for n, (lon, lat) in enumerate(PLACES) if 24.9435 <= lon <= 24.9495 and lat <= 60.169}
    degrees = await found(client, community=lamps, bbox="24.9435,60.160,24.9495,60.169")
    assert places(degrees) == inside
    swapped = await found(client, community=lamps, bbox="60.160,24.9435,60.169,24.9495", bbox_crs=CRS["4326"])
    assert places(swapped) == inside
    corners = [*metres(24.9435, 60.160), *metres(24.9495, 60.169)]
    projected = await found(client, community=lamps, bbox=",".join(map(str, corners)), bbox_crs=CRS["3857"], limit=1)
    assert projected["numberMatched"] == len(inside)
    assert not places(await found(client, community=lamps, bbox="170,-20,-170,80"))
    assert len(places(await found(client, community=lamps, bbox="24.9,60,-100,25.0,61,100"))) == 12


@pytest.mark.parametrize("size", [1e-3, 1e-5], ids=["a street", "a lamp"])
async def test_a_box_is_exact_at_its_edges(
    client: httpx.AsyncClient, database: Database, community_id: int, town: str, size: float
) -> None:
    """PostGIS rounds the bounds of geometries to half a metre here; what is told does not."""
    west, south, hair = 24.9443, 60.1715, 2e-7
    east, north, middle = west + size, south + size, size / 2
    expected = set()
    async with database.app.begin() as connection:
        for inwards, is_in in ((hair, True), (-hair, False)):
            for lon, lat in (
                (west + inwards, south + middle),
                (east - inwards, south + middle),
                (west + middle, south + inwards),
                (west + middle, north - inwards),
            ):
                released = await release(connection, community_id, f"POINT({lon:.9f} {lat:.9f})")
                expected |= {str(released)} if is_in else set()
        # Its bounds reach into the box, it does not.
        past = f"LINESTRING({west - size} {north - hair}, {west + hair} {north + size})"
        await release(connection, community_id, past)
        through = f"LINESTRING({west - size} {south - size}, {east + size} {north + size})"
        expected.add(str(await release(connection, community_id, through)))
    told = await found(client, community=town, bbox=f"{west:.9f},{south:.9f},{east:.9f},{north:.9f}")
    assert {feature["id"] for feature in told["features"]} == expected
    assert told["numberMatched"] == len(expected)


async def test_a_place_is_found_by_the_digits_it_is_told_in(
    client: httpx.AsyncClient, database: Database, community_id: int, town: str
) -> None:
    async with database.app.begin() as connection:
        for step in range(40):
            await release(connection, community_id, f"POINT({24.9443 + step * 1.23456789e-5} 60.17151234567)")
    for crs in CRS.values():
        for feature in (await found(client, community=town, crs=crs))["features"]:
            x, y = feature["geometry"]["coordinates"]
            told = await found(client, community=town, bbox=f"{x},{y},{x},{y}", bbox_crs=crs)
            assert [one["id"] for one in told["features"]] == [feature["id"]]


async def test_answers_in_each_crs(client: httpx.AsyncClient, lamps: str) -> None:
    first = (await found(client, community=lamps, limit=1))["features"][0]
    lon, lat = first["geometry"]["coordinates"]
    for crs, expected, near in (
        ("4326", (lat, lon), 1e-6), ("3857", metres(lon, lat), 0.05), ("CRS84", (lon, lat), 1e-6),
    ):  # fmt: skip
        answer = await client.get(f"{LAMPS}/{first['id']}", params={"crs": CRS[crs]})
        assert answer.headers["content-crs"] == f"<{CRS[crs]}>"
        assert set(answer.json()["geometry"]) == {"type", "coordinates"}
        assert answer.json()["geometry"]["coordinates"] == pytest.approx(expected, abs=near)


@pytest.mark.parametrize(
    ("span", "count"),
    [
        ("2026-03-15", 2),
        ("2026-03-01T00:00:00Z/2026-04-30T23:59:59Z", 4),
        ("../2026-02-28", 4),
        ("2026-06-01/..", 2),
        ("2026-06-15T11:00:00+03:00/", 2),
        ("../..", 12),
        ("2030-01-01", 0),
    ],
)
async def test_times(client: httpx.AsyncClient, lamps: str, span: str, count: int) -> None:
    assert (await found(client, community=lamps, datetime=span))["numberMatched"] == count


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("severity >= 3", {2, 3, 6, 7, 10, 11}),
        ("severity BETWEEN 2 AND 3 AND \"when\" = 'night'", {1, 5, 9}),
        ("place IN ('Вулиця 1', 'Вулиця 2') OR place LIKE '%1_'", {1, 2, 10, 11}),
        ("NOT place LIKE 'Вулиця _'", {10, 11}),
        ("description LIKE '100 \\%%'", {3}),
        ("description IS NULL AND severity = 4", {7, 11}),
        ("CASEI(place) = CASEI('ВУЛИЦЯ 7')", {7}),
        ("S_INTERSECTS(geometry, BBOX(24.9435, 60.16, 24.9495, 60.169))", {4, 5, 6, 7, 8}),
        (
            "S_WITHIN(geometry, POLYGON((24.9435 60.16, 24.9455 60.16, 24.9455 60.18, 24.9435 60.18, 24.9435 60.16)))",
            {4, 5},
        ),
        ("S_DISJOINT(geometry, BBOX(24.9, 60.0, 24.9505, 61))", {11}),
        ("S_INTERSECTS(geometry, BBOX(170, -80, -170, 80))", set()),
        ("S_INTERSECTS(geometry, BBOX(24.9505, 60, -170, 61))", {11}),
        ("observed_on >= DATE('2026-05-01')", {8, 9, 10, 11}),
        ("observed_on >= TIMESTAMP('2026-05-01T00:00:00Z')", {8, 9, 10, 11}),
        ("observed_on < TIMESTAMP('2026-01-20T00:00:00Z')", {0, 1}),
        ("simulated = FALSE AND confirmations = 0 AND severity <> 1", {1, 2, 3, 5, 6, 7, 9, 10, 11}),
        ("3 < severity", {3, 7, 11}),
    ],
)
async def test_filters(client: httpx.AsyncClient, lamps: str, text: str, numbers: set[int]) -> None:
    asked = await found(client, filter=f"community = '{lamps}' AND ({text})")
    assert places(asked) == {f"Вулиця {number}" for number in numbers}
    assert places(await found(client, community=lamps, filter=text)) == places(asked)


async def test_filters_as_json_and_by_parameter(client: httpx.AsyncClient, lamps: str) -> None:
    tree = {"op": "and", "args": [
        {"op": "in", "args": [{"property": "community"}, [lamps]]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": list(PLACES[2])}]},
    ]}  # fmt: skip
    assert places(await found(client, filter=json.dumps(tree), filter_lang="cql2-json")) == {"Вулиця 2"}
    swapped = "S_INTERSECTS(geometry, POINT(60.166 24.942))"
    assert places(await found(client, filter=swapped, filter_crs=CRS["4326"], community=lamps)) == {"Вулиця 2"}
    (west, south), (east, north) = metres(24.9415, 60.1655), metres(24.9425, 60.1665)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    projected = {"filter_crs": CRS["3857"], "community": lamps}
    for shape in ({"type": "Polygon", "coordinates": [ring]}, {"bbox": [west, south, east, north]}):
        for operator, numbers in (("s_within", {2}), ("s_disjoint", {*range(12)} - {2})):
            asked = json.dumps({"op": operator, "args": [{"property": "geometry"}, shape]})
            told = await found(client, filter=asked, filter_lang="cql2-json", **projected)
            assert places(told) == {f"Вулиця {number}" for number in numbers}
    boxed = f"S_INTERSECTS(geometry, BBOX({west}, {south}, {east}, {north}))"
    assert places(await found(client, filter=boxed, **projected)) == {"Вулиця 2"}
    assert (await found(client, community=lamps, severity=4, when="night"))["numberMatched"] == 3
    assert (await found(client, community=lamps, simulated="false", confirmations=0))["numberMatched"] == 12
    for nothing in ({"severity": 10**18}, {"radius_m": "1.5"}, {"simulated": "true"}, {"community": "nowhere"}):
        assert (await client.get(LAMPS, params={"community": lamps, **nothing})).json()["numberMatched"] == 0


@pytest.mark.parametrize("name", ["hotspots", "streets"])
async def test_hotspots_and_streets(
    client: httpx.AsyncClient, database: Database, community_id: int, town: str, name: str
) -> None:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
        for _ in range(3):
            await release_hotspot(connection, community_id)
    pages = [await client.get(f"/ogc/collections/{name}/items", params={"community": town, "limit": 2})]
    while following := [link["href"] for link in pages[-1].json()["links"] if link["rel"] == "next"]:
        pages.append(await client.get(following[0]))
    told = [feature for page in pages for feature in page.json()["features"]]
    assert len(pages) > 1
    assert len(told) == len({feature["id"] for feature in told}) == pages[0].json()["numberMatched"]
    for feature in told:
        assert set(feature["properties"]) == set(COLLECTIONS[name].properties)
        one = (await client.get(f"/ogc/collections/{name}/items/{feature['id']}")).json()
        assert (one["properties"], one["geometry"]) == (feature["properties"], feature["geometry"])
    asked = {"hotspots": {"score": 85, "rank": 1}, "streets": {"osm_way_id": told[0]["properties"].get("osm_way_id")}}
    found = await client.get(f"/ogc/collections/{name}/items", params={"community": town, **asked[name]})
    assert found.json()["numberMatched"] > 0


async def test_pages_go_on_after_an_object_that_osm_has_not_numbered(
    client: httpx.AsyncClient, database: Database, community_id: int, town: str
) -> None:
    """Editors give what is not uploaded yet a negative id."""
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
        unnumbered = "UPDATE public_release.street_segments SET osm_way_id = -osm_way_id WHERE community_id = :id"
        await connection.execute(sa.text(unnumbered), {"id": community_id})
    page = (await client.get("/ogc/collections/streets/items", params={"community": town, "limit": 1})).json()
    (following,) = (link["href"] for link in page["links"] if link["rel"] == "next")
    assert (await client.get(following)).json()["numberReturned"] == 1
    assert (await client.get(f"/ogc/collections/streets/items/{page['features'][0]['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=nan,0,1,1", "bbox"),
        ("bbox=0,10,1,1", "bbox"),
        ("bbox=0,0,1e400,1", "bbox"),
        ("bbox=0,0,1,91", "bbox"),
        ("bbox=0,0,1,1&bbox-crs=EPSG:9999", "bbox-crs"),
        ("bbox-crs=" + CRS["3857"], "bbox-crs"),
        ("crs=nonsense", "crs"),
        ("datetime=2026-02-01/2026-01-01", "datetime"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2026-01-01T00:00:00", "datetime"),
        ("datetime=a/b/c", "datetime"),
        ("filter=observed_on >= DATE('2026-99-99')", "filter"),
        ("filter=observed_on >= DATE('banana')", "filter"),
        ("filter=category LIKE '%25\\'", "filter"),
        ("filter=CASEI(category) LIKE CASEI('a\\\\\\')", "filter"),
        ("filter=category LIKE place", "filter"),
        ('filter={"op":"=","args":[{"property":"community"},"a\\u0000b"]}&filter-lang=cql2-json', "filter"),
        ('filter={"op":"in","args":[{"property":"community"},["a\\u0000b"]]}&filter-lang=cql2-json', "filter"),
        ("filter=observed_on > TIMESTAMP('2026-05-01x00:00:00Z')", "filter"),
        ("datetime=2026-W48-1", "datetime"),
        ("severity=9223372036854775808", "severity"),
        ("severity=-99999999999999999999", "severity"),
        ("bbox=1_0,2,30,4", "bbox"),
        ('filter={"op":"=","args":[{"property":"observed_on"},{"date":"banana"}]}&filter-lang=cql2-json', "filter"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("offset=1000000000", "offset"),
        ("next=nonsense", "next"),
        ("f=xml", "f"),
        ("sortby=severity", "query"),
        ("limit=1&limit=2", "query"),
        ("place=%00", "query"),
        ("filter=geometry_true IS NULL", "filter"),
        ("filter=reporter_key = 'x'", "filter"),
        ("filter=severity = 'high'", "filter"),
        ("filter=severity LIKE 'a'", "filter"),
        ("filter=severity", "filter"),
        ("filter=severity > ", "filter"),
        ("filter=pg_sleep(10) = 1", "filter"),
        ("filter=S_INTERSECTS(geometry, POINT(500 0))", "filter"),
        ("filter=S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "filter"),
        ("filter=S_INTERSECTS(place, POINT(5 0))", "filter"),
        (f"filter-crs={CRS['3857']}&filter=S_INTERSECTS(geometry, POINT(3e7 0))", "filter"),
        (f"filter-crs={CRS['3857']}&filter=S_INTERSECTS(geometry, BBOX(9, 0, 5, 1))", "filter"),
        ("filter-crs=EPSG:3857&filter=severity=1", "filter-crs"),
        ("filter=S_INTERSECTS(geometry, BBOX(20, 80, 30, 50))", "filter"),
        ("filter=" + "(" * 200 + "severity=1" + ")" * 200, "filter"),
        ("filter=" + " OR ".join(["severity=1"] * 700), "filter"),
        ("filter=%00", "query"),
        ("filter-lang=sql&filter=severity=1", "filter-lang"),
        ("filter-lang=cql2-json&filter={}", "filter"),
        ("filter-lang=cql2-json&filter=" + "[" * 5000, "filter"),
        ("filter-lang=cql2-text", "filter"),
        ("severity=high", "severity"),
        ("severity=3.0", "severity"),
        ("severity=" + "9" * 30, "severity"),
        ("when=nonsense", "when"),
        ("category=gender_based_violence", "category"),
        ("simulated=1", "simulated"),
        ("radius_m=nan", "radius_m"),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(client: httpx.AsyncClient, town: str, query: str, field: str) -> None:
    assert_problem(await client.get(f"{LAMPS}?{query}"), 400, field)


@pytest.mark.parametrize(
    ("language", "asked", "reason"),
    [
        ("cql2-text", "severity >= ", "must be cql2-text; it cannot be read on from line 1, column 13"),
        ("cql2-text", "place = 'Вулиця' AND AND 1", "must be cql2-text; it cannot be read on from line 1, column 26"),
        ("cql2-json", '{"op":', "must be cql2-json; it cannot be read on from line 1, column 7"),
        ("cql2-json", '{"op": 1}', "must be cql2-json"),
        ("cql2-text", "T_AFTER(observed_on, DATE('2026-01-01'))", "the operator t_after is not supported"),
        ("cql2-text", "severity + 1 = 3", "the operator + is not supported"),
        ("cql2-json", '{"op": "t_metBy", "args": []}', "the operator t_metby is not supported"),
        (
            "cql2-text",
            "pg_sleep(10) = 1",
            "has an operator where it cannot be, or a function; functions are not supported",
        ),
    ],
)
async def test_what_is_wrong_with_a_filter_is_told(
    client: httpx.AsyncClient, town: str, language: str, asked: str, reason: str
) -> None:
    answer = await client.get(LAMPS, params={"filter": asked, "filter-lang": language})
    assert_problem(answer, 400, "filter", never="sleep")
    assert answer.json()["errors"] == [{"field": "filter", "reason": reason}]


@pytest.mark.parametrize(
    "path",
    ["/ogc/collections/reports", "/ogc/collections/nothing/items", f"{LAMPS}/nonsense", "/ogc/nothing",
     "/ogc/collections/streets/items/1.2", f"{LAMPS}/00000000-0000-4000-8000-000000000000"],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem(client: httpx.AsyncClient, town: str, path: str) -> None:
    assert_problem(await client.get(path), 404)


async def test_known_answers_are_not_sent_again(client: httpx.AsyncClient, lamps: str, database: Database) -> None:
    first = await client.get(LAMPS, params={"community": lamps})
    again = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(LAMPS, params={"community": lamps}, headers=again)).status_code == 304
    for told, status in (
        ("*", 304),
        (f'"other", {first.headers["etag"]}', 304),
        (first.headers["etag"][:-2] + '"', 200),
    ):
        answer = await client.get(LAMPS, params={"community": lamps}, headers={"If-None-Match": told})
        assert answer.status_code == status
    head = await client.head(LAMPS, params={"community": lamps})
    assert head.status_code == 200
    assert head.headers["etag"] == first.headers["etag"]
    assert head.content == b""
    await submit_report(database, lamps, (report_id := new_id()), report_payload())
    assert (await client.get(LAMPS, params={"community": lamps}, headers=again)).status_code == 304, "not released"
    await moderate_report(database, lamps, report_id, "publish", actor="test")
    assert (await client.get(LAMPS, params={"community": lamps}, headers=again)).status_code == 200
    packed = await client.get(LAMPS, params={"community": lamps}, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_pages_for_people(client: httpx.AsyncClient, lamps: str, language: str) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": language}
    first = (await found(client, community=lamps, limit=1))["features"][0]
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/unlit_streets",
                 "/ogc/collections/unlit_streets/queryables", f"{LAMPS}?community={lamps}&limit=5",
                 f"{LAMPS}/{first['id']}", f"{LAMPS}?bbox=0,0,1,1"):  # fmt: skip
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert f'<html lang="{language}"' in answer.text


async def test_words_of_people_are_told_as_they_were_written(
    client: httpx.AsyncClient, database: Database, town: str
) -> None:
    odd = 'Біля "Зорі" \\ 100 %s %% {x} </script> 🚧 ‚’\n$1 %(limit)s'
    id_ = new_id()
    await submit_report(database, town, id_, report_payload(place=odd.replace("\n", " "), description=odd))
    published = await moderate_report(database, town, id_, "publish", actor="test")
    page = await client.get(f"/ogc/collections/unlit_streets/items?community={town}")
    one = await client.get(f"/ogc/collections/unlit_streets/items/{published.public_id}")
    for told in (page.json()["features"][0]["properties"], one.json()["properties"]):
        assert told["place"] == odd.replace("\n", " ")
        assert told["description"] == odd
        assert told["radius_m"] is None
        assert told["simulated"] is False
        assert told["community"] == town


@pytest.mark.parametrize("column", ["category", "when_seen", "status", "observed_on", "affected"])
@pytest.mark.parametrize("odd", ['"', "\\", "\n", "', '"])
async def test_what_is_not_escaped_has_nothing_to_escape(
    database: Database, community_id: int, column: str, odd: str
) -> None:
    value = ["women", odd] if column == "affected" else f"2026-11{odd}"
    change = sa.text(f"UPDATE public_release.reports SET {column} = :value WHERE community_id = :town")
    async with database.app.begin() as connection:
        await release(connection, community_id, "POINT(24.9443 60.1715)")
        with pytest.raises(sa.exc.IntegrityError, match="reports_codes"):
            await connection.execute(change, {"value": value, "town": community_id})
        await connection.rollback()


def test_codes_may_be_released() -> None:
    plain = re.compile(r"[\w-]+", re.ASCII)
    assert [code for code in (*CATEGORIES, *WHEN, *STATUS, *AFFECTED) if not plain.fullmatch(code)] == []


@pytest.mark.parametrize("offset", ["offset", "%6Fffset"])
async def test_an_offset_is_passed_over_once(client: httpx.AsyncClient, lamps: str, offset: str) -> None:
    told = (await client.get(f"{LAMPS}?community={lamps}&limit=3&{offset}=1")).json()
    seen = [one["id"] for one in told["features"]]
    while following := [link["href"] for link in told["links"] if link["rel"] == "next"]:
        told = (await client.get(following[0])).json()
        seen += [one["id"] for one in told["features"]]
    assert len(seen) == len({*seen}) == len(PLACES) - 1
