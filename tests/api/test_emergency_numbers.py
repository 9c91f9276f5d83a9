"""Wherever a page or an answer names a number to call, it is the community's, and a tap calls it."""

import httpx
import pytest

from mapping.services.emergency_numbers import set_numbers
from mapping.store.database import Database

OWN = {"emergency": "113", "police": "+380 44 123-45-67", "rescue": "0800 50 11 22", "helpline": "116 123"}


def link(number: str, dialled: str) -> str:
    return f'<a class="tel" href="tel:{dialled}">{number}</a>'


@pytest.fixture
async def own(database: Database, town: str) -> str:
    await set_numbers(database, town, OWN)
    return town


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_the_form_names_the_communitys_numbers(
    client: httpx.AsyncClient, own: str, other_town: str, language: str
) -> None:
    page = (await client.get(f"/{language}/c/{own}/mark")).text
    for number, dialled in (
        ("113", "113"), ("+380 44 123-45-67", "+380441234567"), ("0800 50 11 22", "0800501122"), ("116 123", "116123"),
    ):  # fmt: skip
        assert link(number, dialled) in page
    for number in ("112", "102", "101", "15-47"):
        assert link(number, number.replace("-", "")) not in page
        assert link(number, number.replace("-", "")) in (await client.get(f"/{language}/c/{other_town}/mark")).text
    assert link("113", "113") in (await client.get(f"/{language}/c/{own}")).text


async def test_after_the_plain_form_too(client: httpx.AsyncClient, own: str) -> None:
    form = {
        "report_id": "0c6b2a52-5d0b-4a38-9d0f-3c1f7e2b7a11", "category": "explosive_object", "place": "by the well",
        "severity": "4", "when": "always",
    }  # fmt: skip
    page = (await client.post(f"/uk/c/{own}/mark", data=form)).text
    assert f"Не підходьте, не торкайтеся, дзвоніть {link('0800 50 11 22', '0800501122')}." in page


async def test_a_page_of_no_community_names_the_countrys(client: httpx.AsyncClient) -> None:
    page = await client.get("/uk/nothing-here")
    assert page.status_code == 404
    assert link("112", "112") in page.text


async def test_the_api_says_them_in_words(client: httpx.AsyncClient, own: str) -> None:
    layers = (await client.get(f"/api/communities/{own}/layers")).json()["layers"]
    said = {one["code"]: one["call_first"] for layer in layers for one in layer["categories"]}
    assert said["explosive_object"] == "Looks like explosives? Stay away, do not touch, call 0800 50 11 22."
    assert said["gender_based_violence"].startswith("In danger right now? Call +380 44 123-45-67 or 113.")
    assert said["no_lamps"] is None
    (row,) = [row for row in (await client.get("/api/communities")).json()["communities"] if row["slug"] == own]
    assert row["numbers"] == OWN


async def test_open311_says_them_before_and_after(client: httpx.AsyncClient, own: str) -> None:
    services = (await client.get("/open311/v2/services.json", params={"jurisdiction_id": own})).json()
    (explosive,) = [one for one in services if one["service_code"] == "explosive_object"]
    assert explosive["description"].startswith("Looks like explosives? Stay away, do not touch, call 0800 50 11 22.")
