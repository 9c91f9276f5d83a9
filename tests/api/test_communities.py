"""Communities, vocabulary, hotspots, health and the documentation page over HTTP."""

import httpx
import pytest

from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import report_payload
from tests.released import release


async def test_communities_are_listed(client: httpx.AsyncClient, town: str) -> None:
    answer = await client.get("/api/communities?lang=uk")
    mine = next(row for row in answer.json()["communities"] if row["slug"] == town)
    assert mine["name"] == "Місто"
    assert mine["reports"] == 0


async def test_layers_speak_both_languages(client: httpx.AsyncClient, town: str) -> None:
    english = (await client.get(f"/api/communities/{town}/layers")).json()["layers"]
    ukrainian = (await client.get(f"/api/communities/{town}/layers?lang=uk")).json()["layers"]
    assert [layer["code"] for layer in english] == [layer["code"] for layer in ukrainian]
    assert {layer["code"] for layer in english} >= {"dangerous_places", "unlit_streets", "resources"}
    assert english[0]["title"] != ukrainian[0]["title"]


async def test_a_town_without_analysis_has_no_hotspots(client: httpx.AsyncClient, town: str) -> None:
    body = (await client.get(f"/api/communities/{town}/hotspots")).json()
    assert body["features"] == []
    assert body["summary"]["enough_data"] is False


async def test_what_may_be_hidden_is_asked_for_again(
    client: httpx.AsyncClient, database: Database, community_id: int, town: str
) -> None:
    async with database.app.begin() as connection:
        released = await release(connection, community_id, "POINT(24.9443 60.1715)")
    here, lamps = f"/api/communities/{town}", "/ogc/collections/unlit_streets/items"
    for path in (f"{here}/reports", f"{here}/reports/{released}", f"{here}/hotspots", lamps, f"{lamps}/{released}"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache"), path


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/static/app.css", "GET, HEAD"), ("/sw.js", "GET"), ("/api/communities", "GET"), ("/ogc", "GET, HEAD")],
)
async def test_a_refused_method_names_those_there_are(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await client.post(path)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/api/communities/nowhere/hotspots",
        "/api/communities/nowhere/reports",
        "/api/communities/%00/hotspots",
        "/api/communities/a%00b/reports",
        "/api/x",
    ],
)
async def test_unknown_things_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.get(path), 404)


async def test_an_unknown_language_names_the_parameter(client: httpx.AsyncClient, town: str) -> None:
    assert_problem(await client.get(f"/api/communities/{town}/hotspots?lang=zz-echo"), 422, "lang", never="zz-echo")


async def test_the_process_is_up_and_says_when_the_worker_is_missing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert_problem(answer, 503)
    assert "worker" in answer.json()["detail"]


async def test_the_documentation_promises_what_is_answered(client: httpx.AsyncClient) -> None:
    """Every error is problem+json, or Open311's own; and the report's schema has the fields that are accepted."""
    described = (await client.get("/openapi.json")).json()
    faults = 0
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert "HTTPValidationError" not in str(operation)
            for status, answer in operation["responses"].items():
                if status >= "400":
                    is_open311 = path.startswith("/open311/")
                    form = ["text/xml", "application/json"] if is_open311 else ["application/problem+json"]
                    assert list(answer["content"]) == form, (path, status)
                    faults += 1
    assert faults > 100
    sent = described["paths"]["/api/communities/{slug}/reports/{report_id}"]["put"]["requestBody"]
    schema = sent["content"]["application/json"]["schema"]
    assert set(report_payload()) <= set(schema["properties"])
    assert set(schema["required"]) <= set(report_payload())
    assert report_payload()["category"] in schema["properties"]["category"]["enum"]


async def test_the_documentation_is_served_by_ourselves(client: httpx.AsyncClient) -> None:
    page = await client.get("/api")
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://json-schema.org", "")
    schema = (await client.get("/openapi.json")).json()
    assert "/api/communities/{slug}/hotspots" in schema["paths"]


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/api/communities", "/api/nothing"):
        headers = (await client.get(path)).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


async def test_what_nobody_foresaw_is_a_problem_and_logs_no_words(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "-".join(("sentinel", "words"))

    async def fall(*_: object) -> None:
        raise RuntimeError(told)

    monkeypatch.setattr("mapping.services.public_views.list_communities", fall)
    assert_problem(await client.get("/api/communities"), 500, never="sentinel")
    assert "RuntimeError" in caplog.text
    assert told not in caplog.text
