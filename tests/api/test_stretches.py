"""A street from here to there over HTTP."""

import httpx
import pytest
import shapely

from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.api.problems import assert_problem
from tests.towns import SOUTH, WEST, line, small_town

STEP_M = 55.6  # a thousandth of a degree of longitude there; of latitude twice as much


@pytest.fixture
async def crossed(database: Database, town: str, community_id: int) -> str:
    """Головна вулиця along the south, crossed by Side Street and ended by East Street; Far Street meets none."""
    made = small_town()
    rows = [(5, 0, "East Street", (2, -1), (2, 0)), (6, 0, "Far Street", (0, 8), (1, 8))]
    streets = made.streets.iloc[[0, 1, 2, 3, 3, 3]].reset_index(drop=True)
    for place, (way, segment, name, start, end) in enumerate(rows, start=4):
        streets.loc[place, ["osm_way_id", "segment", "name"]] = [way, segment, name]
        streets.loc[place, "geometry"] = line(start, end)
    made.streets = streets.astype({"osm_way_id": "int64", "segment": "int64"})
    made.addresses = made.addresses.set_geometry([shapely.Point(WEST + 0.001, SOUTH + 0.0002)], crs=4326)
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, made)
    return town


def at(x: float, y: float) -> str:
    return f"{WEST + x / 1000},{SOUTH + y / 1000}"


async def stretch(client: httpx.AsyncClient, slug: str, start: str, end: str, **more: str) -> httpx.Response:
    return await client.get(f"/api/communities/{slug}/streets/stretch", params={"from": start, "to": end, **more})


async def test_two_places_beside_a_street(client: httpx.AsyncClient, crossed: str) -> None:
    answer = await stretch(client, crossed, at(0.5, 0.1), at(1.5, -0.1))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["properties"] == {
        "street": "Головна вулиця",
        "from": None,
        "to": None,
        "length_m": pytest.approx(STEP_M, abs=0.3),
        "is_whole": True,
    }
    expected = [(WEST + 0.0005, SOUTH), (WEST + 0.001, SOUTH), (WEST + 0.0015, SOUTH)]
    assert shapely.LineString(body["geometry"]["coordinates"]).hausdorff_distance(shapely.LineString(expected)) < 1e-6


@pytest.mark.parametrize("more", [{"street": "holovna"}, {"street": "Головна вул."}])
async def test_between_two_streets_it_crosses(client: httpx.AsyncClient, crossed: str, more: dict[str, str]) -> None:
    answer = await stretch(client, crossed, "Side Str", "east street", **more)
    found = shapely.LineString(answer.json()["geometry"]["coordinates"])
    assert found.hausdorff_distance(line((1, 0), (2, 0))) < 1e-6
    mixed = await stretch(client, crossed, at(0, 0), "Side Street", **more)
    assert mixed.json()["properties"]["length_m"] == pytest.approx(STEP_M, abs=0.3)


@pytest.mark.parametrize("number", ["12-А", "12а", "12", "Головна 12 а", "holovna 12"])
async def test_from_a_house_to_a_crossing(client: httpx.AsyncClient, crossed: str, number: str) -> None:
    body = (await stretch(client, crossed, number, "east str", street="Головна")).json()
    assert body["properties"] == {
        "street": "Головна вулиця",
        "from": "12-А",
        "to": "East Street",
        "length_m": pytest.approx(STEP_M, abs=0.3),
        "is_whole": True,
    }


async def test_of_streets_named_alike_the_one_that_crosses_is_meant(client: httpx.AsyncClient, crossed: str) -> None:
    """“Street” alone means four streets, Far Street among them, and Головна вулиця itself by its kind."""
    body = (await stretch(client, crossed, at(0, 0), "street", street="Головна")).json()
    assert body["properties"]["to"] in ("Side Street", "East Street")


async def test_streets_without_a_name_are_followed_by_the_piece(client: httpx.AsyncClient, crossed: str) -> None:
    body = (await stretch(client, crossed, at(1.2, 1), at(1.8, 1.0))).json()
    assert (body["properties"]["street"], body["properties"]["is_whole"]) == (None, True)
    assert body["properties"]["length_m"] == pytest.approx(0.6 * STEP_M, abs=0.3)


async def test_an_end_on_another_street_is_said_not_to_be_reached(client: httpx.AsyncClient, crossed: str) -> None:
    body = (await stretch(client, crossed, at(0.5, 0), at(1, 8))).json()
    assert body["properties"]["is_whole"] is False
    assert body["properties"]["street"] == "Головна вулиця"


@pytest.mark.parametrize(
    ("start", "end", "more", "field"),
    [
        ("Side Street", "24.944,60.17", {}, "street"),
        ("24.944,60.17", "24.9599,60.1799", {}, "to"),
        ("24.944,60.17", "24.944,60.17", {}, "to"),
        ("24.944,60.17", "Far Street", {"street": "Головна"}, "to"),
        ("24.944,60.17", "99", {"street": "Головна"}, "to"),
        ("24.944,60.17", "Головна", {"street": "Головна"}, "to"),
        ("24.944,60.17", "Nowhere Lane Qqq", {"street": "Головна"}, "to"),
        ("24.944,60.1785", "Side Street", {"street": "Головна"}, "from"),
        ("24.944,91", "24.944,60.17", {}, "from"),
        ("999,60", "24.944,60.17", {}, "from"),
        ("nan,60.17", "24.944,60.17", {}, "street"),
        ("a\x00b", "24.944,60.17", {"street": "Головна"}, "from"),
        ("24.944,60.17", "24.945,60.17", {"street": "\x00"}, "street"),
        ("24.944,60.17", "24.945,60.17", {"street": "x" * 101}, "street"),
        ("x" * 101, "24.944,60.17", {"street": "Головна"}, "from"),
    ],
)
async def test_what_is_no_stretch_names_the_field(
    client: httpx.AsyncClient, crossed: str, start: str, end: str, more: dict[str, str], field: str
) -> None:
    assert_problem(await stretch(client, crossed, start, end, **more), 422, field)


async def test_a_stretch_is_no_longer_than_a_report_may_be(
    client: httpx.AsyncClient, database: Database, town: str, community_id: int
) -> None:
    made = small_town()
    made.streets.loc[0, "geometry"] = line((-10, 0), (30, 0))
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, made)
    assert_problem(await stretch(client, town, at(-10, 0), at(28, 0)), 422, "to")
    assert (await stretch(client, town, at(-10, 0), at(24, 0))).status_code == 200


async def test_an_absent_community(client: httpx.AsyncClient, crossed: str) -> None:
    assert_problem(await stretch(client, "no-such-town", at(0, 0), at(1, 0)), 404)
    assert_problem(await client.get(f"/api/communities/{crossed}/streets/stretch?from=1,1"), 422, "to")
