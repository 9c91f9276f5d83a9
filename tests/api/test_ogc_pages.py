"""Pages of open data: in words, in a language, with errors that a person can read."""

import re
from uuid import uuid4

import httpx
import pytest

from mapping.api.ogc_parameters import ITEMS as PARAMETERS
from mapping.languages import LANGUAGES
from mapping.services.communities import add_community
from mapping.services.feature_words import described, described_schemas, told
from mapping.services.reports import submit_report
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from tests.conftest import BOUNDARY
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

ITEMS = "/ogc/collections/unlit_streets/items"


@pytest.fixture
async def lamp(database: Database, town: str) -> str:
    report_id = new_id()
    payload = report_payload(severity=3, when="night", affected=["women", "older_people"], place="by the <b>mill</b>")
    await submit_report(database, town, report_id, payload)
    return str((await moderate_report(database, town, report_id, "publish", actor="test")).public_id)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Lamps do not work", "3 of 4: I am afraid here", "After dark", "Women, Older people", "Open"]),
        ("uk", ["Ліхтарі не світять", "3 з 4: Страшно тут ходити", "Коли темно", "Відкрито"]),
    ],
)
async def test_a_feature_is_told_in_words_and_with_its_codes(
    client: httpx.AsyncClient, town: str, lamp: str, language: str, words: list[str]
) -> None:
    page = (await client.get(f"{ITEMS}/{lamp}?f=html&lang={language}")).text
    facts = re.sub(r"<[^>]+>", " ", page[page.index("<dl") : page.index("</dl>")])
    for word in words:
        assert word in " ".join(facts.split())
    assert "broken_lamps" not in facts
    assert "None" not in facts
    assert "by the &lt;b&gt;mill&lt;/b&gt;" in page
    assert f'href="/{language}/c/{town}/report/{lamp}"' in page
    assert re.search(r"\b60\.\d{5}, 24\.\d{5}\b", facts), "a place is written as programs read it"
    assert re.findall(r"<code>(\w+)</code>", page)[:2] == ["community", "category"]


async def test_pages_keep_to_a_language_and_lead_to_the_other(client: httpx.AsyncClient, town: str, lamp: str) -> None:
    page = await client.get(f"{ITEMS}?f=html&lang=uk&community={town}", headers={"Accept-Language": "en"})
    assert '<html lang="uk"' in page.text
    other = re.search(r'hreflang="en" href="([^"]+)"', page.text)
    assert other is not None
    english = await client.get(other[1].replace("&amp;", "&"))
    assert '<html lang="en"' in english.text
    assert f"{ITEMS}/{lamp}?f=html&amp;lang=en" in english.text, "the same features"
    within = re.findall(r'href="(/ogc[^"]*f=html[^"]*)"', page.text)
    assert len(within) > 3
    assert all("lang=" in address for address in within)


async def test_an_error_is_a_page_for_who_asked_for_one(client: httpx.AsyncClient, town: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    page = await client.get(f"{ITEMS}?limit=none&lang=uk", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert '<html lang="uk"' in page.text
    assert "<code>limit</code> must be a whole number, 1 or more" in page.text
    assert "none" not in page.text[page.text.index("<main") :]
    for query, headers in (("f=json", browser), ("", {})):
        problem = await client.get(f"{ITEMS}?limit=none&{query}", headers=headers)
        assert problem.headers["content-type"] == "application/problem+json"
    gone = await client.get(f"{ITEMS}/{new_id()}?f=html")
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")
    refused = await client.get("/ogc?lang=xx")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lang")


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json, text/html", True),
        ("text/html;q=0.9,*/*", False),
        ("application/geo+json, text/html;q=0.5", False),
        ("text/html;q=0", False),
        ("*/*", False),
        ("", False),
    ],
)
async def test_answers_and_errors_come_in_the_same_form(client: httpx.AsyncClient, accept: str, is_page: bool) -> None:
    for path in ("/ogc", f"{ITEMS}?limit=1", f"{ITEMS}?limit=none", "/ogc/collections/nothing"):
        answer = await client.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith("text/html") is is_page, path


async def test_what_is_simulated_says_so_beside_a_real_town(
    client: httpx.AsyncClient, database: Database, town: str, lamp: str
) -> None:
    invented, report_id = f"invented-{uuid4().hex[:8]}", new_id()
    await add_community(
        database,
        slug=invented,
        name={"en": "Invented", "uk": "Вигадане"},
        boundary=BOUNDARY,
        time_zone="Europe/Kyiv",
        is_simulated=True,
    )
    await submit_report(database, invented, report_id, report_payload())
    mark = (await moderate_report(database, invented, report_id, "publish", actor="test")).public_id
    for path, is_invented in (
        ("/ogc?", False),
        (f"{ITEMS}?community={town}&", False),
        (f"{ITEMS}/{lamp}?", False),
        (f"{ITEMS}?community={invented}&", True),
        (f"{ITEMS}/{mark}?", True),
    ):
        page = (await client.get(f"{path}f=html&lang=en")).text
        assert ("Simulated data: the people" in page) is is_invented, path


async def test_what_is_documented_is_what_is_taken(client: httpx.AsyncClient, town: str) -> None:
    document = (await client.get("/ogc/api")).json()
    parameters = document["paths"]["/collections/unlit_streets/items"]["get"]["parameters"]
    names = [one["name"] for one in parameters]
    assert set(names) == {*PARAMETERS, *COLLECTIONS["unlit_streets"].properties}
    most = next(one["schema"]["maximum"] for one in parameters if one["name"] == "offset")
    assert (await client.get(f"{ITEMS}?offset={most}&community={town}")).status_code == 200
    assert (await client.get(f"{ITEMS}?offset={most + 1}&community={town}")).status_code == 400


async def test_a_map_shows_features_of_one_community(
    client: httpx.AsyncClient, database: Database, town: str, other_town: str, lamp: str
) -> None:
    report_id = new_id()
    await submit_report(database, other_town, report_id, report_payload())
    await moderate_report(database, other_town, report_id, "publish", actor="test")
    of_one = (await client.get(f"{ITEMS}?f=html&community={town}")).text
    assert f'"slug":"{town}"' in of_one
    of_both = (await client.get(f"{ITEMS}?f=html&filter=community IN ('{town}','{other_town}')")).text
    assert 'id="map-data"' not in of_both
    in_metres = (
        await client.get(f"{ITEMS}?f=html&community={town}&crs=http://www.opengis.net/def/crs/EPSG/0/3857")
    ).text
    assert re.search(r'"coordinates":\[24\.\d+,60\.\d+\]', in_metres), "a page is in degrees whatever is asked for"


async def test_streets_say_whose_they_are(client: httpx.AsyncClient, town: str) -> None:
    streets = (await client.get("/ogc/collections/streets")).json()
    assert streets["attribution"] == "© OpenStreetMap contributors"
    licences = [link["href"] for link in streets["links"] if link["rel"] == "license"]
    assert licences == ["https://opendatacommons.org/licenses/odbl/1-0/"]
    assert "attribution" not in (await client.get("/ogc/collections/resources")).json()


@pytest.mark.parametrize("name", list(COLLECTIONS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_property_has_a_title_and_every_code_its_words(name: str, language: str) -> None:
    schemas = described_schemas(name, language)
    assert list(schemas) == list(COLLECTIONS[name].properties)
    asked = described(name, language)
    assert len({one.title for one in asked}) == len(asked), "no two are called the same"
    for one in asked:
        assert one.title == schemas[one.name]["title"]
        assert list(one.codes) == schemas[one.name].get("enum", [])
        assert all(words != code for code, words in one.codes.items())
    if language == "uk":
        assert all(re.search("[а-яіїєґ]", one.title) for one in asked)


def test_values_in_words() -> None:
    assert told("observed_on", "2026-03", "en") == "March 2026"
    assert told("radius_m", 200, "uk") == "200 м"
    assert told("lit", "yes", "en") == "Yes"
    assert told("lit", "24/7", "en") == "24/7"
    assert told("people_rounded_down", value=False, language="en") == "No"
    assert told("score", 0, "en") == "0"
    assert told("place", None, "en") == ""
