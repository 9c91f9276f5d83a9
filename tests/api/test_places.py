"""The search of addresses over HTTP, by the public role, over streets, houses and places in PostGIS."""

import logging
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import shapely

from mapping.services.communities import add_community
from mapping.services.imports import import_osm
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.api.problems import assert_problem
from tests.shared_data import shared_data
from tests.towns import ukrainian_town

MOSCOW = "moscow-north"


@pytest.fixture
async def ukrainian(database: Database, town: str, community_id: int) -> str:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, ukrainian_town())
    return town


@pytest.fixture(scope="module")
async def moscow(database: Database) -> str:
    path = shared_data("osm/moscow_north_2013.osm.gz")
    ground = shapely.box(37.55, 55.79, 37.68, 55.85)
    name = {"en": "North", "uk": "Північ"}
    await add_community(database, slug=MOSCOW, name=name, boundary=ground, time_zone="Europe/Moscow")
    await import_osm(database, MOSCOW, path)
    return MOSCOW


async def names(client: httpx.AsyncClient, slug: str, query: str, **parameters: str | float) -> list[str]:
    answer = await client.get(f"/api/communities/{slug}/places", params={"q": query, **parameters})
    assert answer.status_code == 200, answer.text
    return [feature["properties"]["name"] for feature in answer.json()["features"]]


@pytest.mark.parametrize(
    "query",
    [
        "вулиця Тараса Шевченка",
        "вул. Тараса Шевченка",
        "Шевченка Тараса",
        "Tarasa Shevchenka",
        "tarasa shevchenko str",
        "Тараса Шевчека",
        "тарас шевч",
    ],
)
async def test_a_street_is_found_however_it_is_written(client: httpx.AsyncClient, ukrainian: str, query: str) -> None:
    assert (await names(client, ukrainian, query))[0] == "вулиця Тараса Шевченка"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("gagarina", "вулиця Юрія Гагаріна"),
        ("просп Миру", "проспект Миру"),
        ("Prospekt Myru", "проспект Миру"),
        ("пл. Ринок", "площа Ринок"),
        ("пров. Лисовий", "провулок Лісовий"),
        ("Паркова 1-ша", "1-ша Паркова вулиця"),
        ("Знамянська", "вулиця Знам'янська"),
        ("znamianska", "вулиця Знам'янська"),
        ("Верхнє", "Верхнє"),
        ("nyzhnie", "Нижнє"),
        ("аптека", "Подорожник"),
        ("pharmacy", "Подорожник"),
        ("Шевченка, Нижнє", "вулиця Шевченка"),
        ("польова", "вулиця Польова"),
    ],
)
async def test_what_is_meant_comes_first(client: httpx.AsyncClient, ukrainian: str, query: str, first: str) -> None:
    assert (await names(client, ukrainian, query))[0] == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Тараса Шевченка 12-А", ["вулиця Тараса Шевченка, 12-А"]),
        ("12а тараса шевченка", ["вулиця Тараса Шевченка, 12-А"]),
        ("tarasa shevchenka 12", ["вулиця Тараса Шевченка, 12", "вулиця Тараса Шевченка, 12-А"]),
        ("8 Березня 8", ["вулиця 8 Березня"]),
        ("вул Польова 5", ["вулиця Польова, 5"]),
        ("Тараса Шевченка 99", ["вулиця Тараса Шевченка"]),
    ],
)
async def test_house_numbers(client: httpx.AsyncClient, ukrainian: str, query: str, found: list[str]) -> None:
    first = await names(client, ukrainian, query)
    assert first[: len(found)] == found
    assert "вулиця Тараса Шевченка, 121" not in first


async def test_an_answer_says_what_and_where(client: httpx.AsyncClient, ukrainian: str) -> None:
    answer = await client.get(f"/api/communities/{ukrainian}/places?q=shevchenka+tarasa+12&lang=uk&limit=1")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    assert feature["properties"] == {
        "name": "вулиця Тараса Шевченка, 12",
        "kind": "address",
        "words": "адреса",
        "street": "вулиця Тараса Шевченка",
        "number": "12",
        "locality": "Верхнє",
    }
    assert feature["geometry"] == {"type": "Point", "coordinates": [24.9444, 60.1701]}


async def test_a_whole_word_comes_before_a_beginning_and_a_likeness(client: httpx.AsyncClient, ukrainian: str) -> None:
    found = await names(client, ukrainian, "шевченка")
    assert found[:2] == ["вулиця Шевченка", "вулиця Тараса Шевченка"]
    assert await names(client, ukrainian, "зовсім інше") == []


async def test_kinds_are_said_in_the_language_asked_for(client: httpx.AsyncClient, ukrainian: str) -> None:
    for language, words in (("en", "school"), ("uk", "школа")):
        assert (await names(client, ukrainian, "school", lang=language))[0] == words


async def test_stops_of_one_name_are_one(client: httpx.AsyncClient, ukrainian: str) -> None:
    assert await names(client, ukrainian, "Ринок") == ["Ринок", "площа Ринок"]


async def test_another_community_finds_nothing_of_it(
    client: httpx.AsyncClient, ukrainian: str, other_town: str
) -> None:
    assert await names(client, other_town, "Шевченка") == []
    assert_problem(await client.get("/api/communities/no-such-town/places?q=a"), 404)


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%20", "q=%25_", "q=a%00b", "q=%ED%A0%80a", "q=%FFa", f"q={'a' * 101}", "q=%E2%80%AEa"],
    ids=["absent", "empty", "blank", "signs", "nul", "surrogate", "no-utf8", "long", "override"],
)
async def test_what_cannot_be_looked_for_names_the_field(client: httpx.AsyncClient, town: str, query: str) -> None:
    assert_problem(await client.get(f"/api/communities/{town}/places?{query}"), 422, "q")


@pytest.mark.parametrize("limit", ["0", "51", "x"])
async def test_a_limit_that_cannot_be_kept_names_the_field(client: httpx.AsyncClient, town: str, limit: str) -> None:
    assert_problem(await client.get(f"/api/communities/{town}/places?q=a&limit={limit}"), 422, "limit")


@pytest.mark.parametrize("query", ["%", "_", "100%", "' OR 1=1 --", "\\", "шевч%нка", "a|b&c:*!", "ш" * 100])
async def test_signs_of_patterns_mean_nothing(client: httpx.AsyncClient, ukrainian: str, query: str) -> None:
    answer = await client.get(f"/api/communities/{ukrainian}/places?q={quote(query)}")
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert len(answer.json()["features"]) < 9


async def test_what_is_looked_for_is_not_logged(
    client: httpx.AsyncClient, ukrainian: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for logger in ("httpx", "httpcore"):  # the test's own client
            caplog.set_level(logging.WARNING, logger)
        await names(client, ukrainian, "sentinelstreet 77")
        assert_problem(
            await client.get(f"/api/communities/{ukrainian}/places?q=sentinelstreet%00"), 422, never="sentinel"
        )
    assert "sentinelstreet" not in caplog.text
    assert isinstance(settings.data_dir, Path)
    assert b"sentinelstreet" not in (settings.data_dir / "postgres.log").read_bytes()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("улица Добролюбова 27а с1", "улица Добролюбова, 27А с1"),
        ("dobrolyubova", "улица Добролюбова"),
        ("dobroliubova", "улица Добролюбова"),
        ("Гончрова", "улица Гончарова"),
        ("ул. Гончарова 4с3", "улица Гончарова, 4 с3"),
        ("novomoskovskaya", "Новомосковская улица"),
    ],
)
async def test_a_real_town_in_cyrillic(client: httpx.AsyncClient, moscow: str, query: str, first: str) -> None:
    assert (await names(client, moscow, query))[0] == first
