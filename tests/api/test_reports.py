"""Sending, reading, confirming and withdrawing reports over HTTP, against a real database."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from mapping.api import bodies
from mapping.errors import Conflict
from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


async def test_a_new_report_is_created_once_with_its_token(client: httpx.AsyncClient, town: str) -> None:
    path = f"/api/communities/{town}/reports/{new_id()}"
    first = await client.put(path, json=report_payload())
    assert first.status_code == 201
    assert len(first.json()["edit_token"]) >= 43
    assert first.json()["public_preview"]["shown"] is True
    again = await client.put(path, json=report_payload())
    assert again.status_code == 200
    assert "edit_token" not in again.json()
    other = await client.put(path, json=report_payload(severity=1))
    assert_problem(other, 409)


async def test_twenty_parallel_sends_make_one_record(client: httpx.AsyncClient, town: str) -> None:
    path = f"/api/communities/{town}/reports/{new_id()}"
    answers = await asyncio.gather(*(client.put(path, json=report_payload()) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "nonsense-sent"}, "category"),
        ({"severity": 5}, "severity"),
        ({"when": ...}, "when"),
        ({"consents": ...}, "consents"),
        ({"geometry": ...}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [24.94, 91]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [30.5, 50.4]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [10**400, 60.17]}}, "geometry"),
        ({"description": "nonsense-sent\x00"}, "description"),
        ({"surprise": 1}, "surprise"),
        ({"observed_at": "2026-11-20"}, "observed_at"),
    ],
)
async def test_a_broken_rule_names_its_field(
    client: httpx.AsyncClient, town: str, changes: dict[str, object], field: str
) -> None:
    answer = await client.put(f"/api/communities/{town}/reports/{new_id()}", json=report_payload(**changes))
    assert_problem(answer, 422, field, never="nonsense-sent")


JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b'{"severity": NaN}', 422),
        (b'{"severity": Infinity}', 422),
        (b"[" * 100_000 + b"]" * 100_000, 422),
        (b"[" * 200_000 + b"]" * 200_000, 413),
        (b'"\\ud800"', 422),
        (b"null", 422),
        (b"1e400", 422),
        (b'{"severity": 1, "severity": 2}', 422),
    ],
    ids=["empty", "cut", "not-utf8", "nan", "infinity", "deep", "deeper", "surrogate", "null", "overflow", "doubled"],
)
async def test_a_body_that_is_no_report_is_refused(
    client: httpx.AsyncClient, town: str, body: bytes, status: int
) -> None:
    answer = await client.put(f"/api/communities/{town}/reports/{new_id()}", content=body, headers=JSON)
    assert_problem(answer, status, "body" if status == 422 else None)


async def test_a_lone_surrogate_in_a_text_is_refused(client: httpx.AsyncClient, town: str) -> None:
    body = json.dumps(report_payload(description="x")).replace('"x"', '"\\ud800"')
    answer = await client.put(f"/api/communities/{town}/reports/{new_id()}", content=body, headers=JSON)
    assert_problem(answer, 422, "description")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_does_not_say_it_is_json_is_refused(
    client: httpx.AsyncClient, town: str, kind: str | None
) -> None:
    body, headers = json.dumps(report_payload()), {"Content-Type": kind} if kind else {}
    answer = await client.put(f"/api/communities/{town}/reports/{new_id()}", content=body, headers=headers)
    assert_problem(answer, 422, "Content-Type")


async def test_words_of_unseen_characters_are_no_place(client: httpx.AsyncClient, town: str) -> None:
    payload = report_payload(geometry=..., place="\u200b \u2060 .")
    answer = await client.put(f"/api/communities/{town}/reports/{new_id()}", json=payload)
    assert_problem(answer, 422, "geometry")


async def test_ten_megabytes_are_refused(client: httpx.AsyncClient, town: str) -> None:
    path = f"/api/communities/{town}/reports/{new_id()}"
    assert_problem(await client.put(path, content=b" " * 10_000_000, headers=JSON), 413)


async def test_a_chunked_body_over_the_limit_is_refused(client: httpx.AsyncClient, town: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    path = f"/api/communities/{town}/reports/{new_id()}"
    assert_problem(await client.put(path, content=chunks(), headers=JSON), 413)


async def test_a_body_that_drips_is_given_up(
    client: httpx.AsyncClient, town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    path = f"/api/communities/{town}/reports/{new_id()}"
    assert_problem(await client.put(path, content=drops(), headers=JSON), 408)


async def test_a_uuid_that_is_none_is_not_quoted(client: httpx.AsyncClient, town: str) -> None:
    answer = await client.get(f"/api/communities/{town}/reports/%40nonsense-sent")
    assert_problem(answer, 422, "public_id", never="@")


async def test_only_published_reports_are_public(client: httpx.AsyncClient, town: str, database: Database) -> None:
    shown, kept = new_id(), new_id()
    for report_id in (shown, kept):
        await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload())
    listing = f"/api/communities/{town}/reports"
    assert (await client.get(listing)).json()["features"] == []
    await moderate_report(database, town, shown, "publish", actor="test")
    features = (await client.get(listing)).json()["features"]
    assert len(features) == 1
    assert features[0]["id"] not in (str(shown), str(kept))
    one = await client.get(f"{listing}/{features[0]['id']}")
    assert one.json() == features[0]
    await moderate_report(database, town, shown, "hide", actor="test")
    hidden = await client.get(f"{listing}/{features[0]['id']}")
    absent = await client.get(f"{listing}/{new_id()}")
    assert_problem(hidden, 404)
    assert hidden.content == absent.content


async def test_a_dangerous_place_shows_only_its_mask(client: httpx.AsyncClient, town: str, database: Database) -> None:
    for lon in (24.94431, 24.94431):
        report_id = new_id()
        payload = report_payload(
            category="harassment",
            geometry={"type": "Point", "coordinates": [lon, 60.17153]},
            place="sentinel-place",
            description="sentinel-words",
        )
        sent = await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
        preview = sent.json()["public_preview"]
        assert preview["radius_m"] == 200
        assert preview["place"] is None
        await moderate_report(database, town, report_id, "publish", actor="test")
        assert preview["geometry"] is None, "whoever can try places and read their masks can turn every mask back"
    listing = await client.get(f"/api/communities/{town}/reports")
    points = [feature["geometry"]["coordinates"] for feature in listing.json()["features"]]
    assert points[0] == points[1]
    assert "sentinel" not in listing.text
    assert not ("24.9443," in listing.text and "60.1715]" in listing.text)  # a mask shares both with nobody
    assert len(listing.json()["features"]) == 2


async def test_confidential_reports_release_nothing(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id = new_id()
    payload = report_payload(category="gender_based_violence")
    sent = await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
    assert sent.json()["public_preview"] == {"shown": False, "geometry": None}
    await moderate_report(database, town, report_id, "publish", actor="test")
    assert (await client.get(f"/api/communities/{town}/reports")).json()["features"] == []


async def test_without_consent_nothing_is_published(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id = new_id()
    consents = {"store": True, "working_group": True, "police": False, "publish": False}
    await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(consents=consents))
    with pytest.raises(Conflict, match="did not agree"):
        await moderate_report(database, town, report_id, "publish", actor="test")


async def test_withdrawing_needs_the_token_and_erases(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id = new_id()
    path = f"/api/communities/{town}/reports/{report_id}"
    token = (await client.put(path, json=report_payload())).json()["edit_token"]
    await moderate_report(database, town, report_id, "publish", actor="test")
    wrong = await client.delete(path, headers={"Edit-Token": "x" * 43})
    absent = await client.delete(f"/api/communities/{town}/reports/{new_id()}", headers={"Edit-Token": token})
    assert_problem(wrong, 404)
    assert wrong.content == absent.content
    assert (await client.delete(path, headers={"Edit-Token": token})).status_code == 204
    assert (await client.get(f"/api/communities/{town}/reports")).json()["features"] == []
    assert_problem(await client.put(path, json=report_payload()), 409)


async def test_pages_follow_each_other_without_gap(client: httpx.AsyncClient, town: str, database: Database) -> None:
    for _ in range(5):
        report_id = new_id()
        await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload())
        await moderate_report(database, town, report_id, "publish", actor="test")
    seen: list[str] = []
    address = f"/api/communities/{town}/reports?limit=2"
    while address is not None:
        page = (await client.get(address)).json()
        seen += [feature["id"] for feature in page["features"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("query", ["limit=0", "limit=1000000000", "limit=x", "after=1"])
async def test_page_parameters_are_checked(client: httpx.AsyncClient, town: str, query: str) -> None:
    answer = await client.get(f"/api/communities/{town}/reports?{query}")
    assert_problem(answer, 422, query.split("=")[0])
