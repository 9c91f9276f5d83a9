"""Services of Open311 GeoReport v2 over HTTP: what there is to choose, and what is asked with it."""

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from mapping.layers.categories import CATEGORIES
from mapping.layers.vocabulary import Tier
from mapping.services.open311_services import OFFERED
from mapping.store.database import Database
from tests.api.open311 import V2, assert_errors, publish


async def test_services_are_the_categories_that_are_not_confidential(client: httpx.AsyncClient, town: str) -> None:
    listed = (await client.get(f"{V2}/services.json?jurisdiction_id={town}")).json()
    assert {service["service_code"] for service in listed} == {
        code for code, category in CATEGORIES.items() if category.tier < Tier.T2
    }
    assert "gender_based_violence" not in str(listed)
    assert "survivor_shelter" not in str(listed)
    explosive = next(service for service in listed if service["service_code"] == "explosive_object")
    assert explosive["description"].startswith("Looks like explosives? Stay away, do not touch, call 101.")
    assert {service["type"] for service in listed} == {"batch"}
    assert all(service["metadata"] is True for service in listed)


@pytest.mark.parametrize(("query", "headers"), [("&lang=uk", {}), ("", {"Accept-Language": "uk-UA,uk;q=0.9,en;q=0.5"})])
async def test_services_speak_ukrainian(
    client: httpx.AsyncClient, town: str, query: str, headers: dict[str, str]
) -> None:
    listed = (await client.get(f"{V2}/services.json?jurisdiction_id={town}{query}", headers=headers)).json()
    lamps = next(service for service in listed if service["service_code"] == "broken_lamps")
    assert (lamps["service_name"], lamps["group"]) == ("Ліхтарі не світять", "Тут темно")


async def test_xml_and_json_say_the_same(client: httpx.AsyncClient, database: Database, town: str) -> None:
    await publish(client, database, town, place="5 < 6 & “so on”", description="Два\nрядки")
    for path, root in (("services", "services"), ("requests", "service_requests")):
        told = (await client.get(f"{V2}/{path}.json?jurisdiction_id={town}")).json()
        answer = await client.get(f"{V2}/{path}.xml?jurisdiction_id={town}")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        tree = fromstring(answer.content)
        assert tree.tag == root
        as_text = [
            {name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
             for name, value in one.items()} for one in told
        ]  # fmt: skip
        assert [{part.tag: part.text or "" for part in one} for one in tree] == as_text


async def test_a_definition_has_how_bad_when_who_and_the_category_s_questions(
    client: httpx.AsyncClient, town: str
) -> None:
    told = (await client.get(f"{V2}/services/broken_lamps.json?jurisdiction_id={town}")).json()
    assert told["service_code"] == "broken_lamps"
    assert [one["code"] for one in told["attributes"]] == ["severity", "when", "affected", "whole_street"]
    assert [one["order"] for one in told["attributes"]] == [1, 2, 3, 4]
    assert told["attributes"][2]["datatype"] == "multivaluelist"
    assert {"key": "yes", "name": "Yes"} in told["attributes"][3]["values"]


def test_no_question_has_the_code_of_what_every_service_asks() -> None:
    for category in OFFERED.values():
        assert not {question.code for question in category.questions} & {"severity", "when", "affected"}
        assert "Point" in category.geometry_kinds


@pytest.mark.parametrize("code", ["gender_based_violence", "vulnerable_household", "nonsense", "%00", "..", "a" * 5000])
async def test_a_confidential_service_is_told_as_one_that_is_not_there(
    client: httpx.AsyncClient, town: str, code: str
) -> None:
    answer = await client.get(f"{V2}/services/{code}.json?jurisdiction_id={town}")
    absent = await client.get(f"{V2}/services/absent.json?jurisdiction_id={town}")
    assert_errors(answer, 404)
    if code != "..":
        assert answer.content == absent.content
