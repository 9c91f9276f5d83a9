"""How Open311 is spoken to in tests, and the one shape of its errors."""

from typing import Any
from uuid import UUID

import httpx
from defusedxml.ElementTree import fromstring

from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

V2 = "/open311/v2"
FORM = {"service_code": "broken_lamps", "lat": "60.1715", "long": "24.9443", "description": "Dark behind the school"}


def assert_errors(response: httpx.Response, status: int, *starts: str, never: str = "never-sent") -> None:
    """Hold an answer against the error form of Open311, in XML or JSON as the address asks; nothing is echoed."""
    assert response.status_code == status, response.text
    if response.url.path.endswith(".json"):
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        errors = response.json()
        assert all(set(error) == {"code", "description"} for error in errors)
        told = [(error["code"], error["description"]) for error in errors]
    else:
        assert response.headers["content-type"] == "text/xml; charset=utf-8"
        root = fromstring(response.content)
        assert root.tag == "errors"
        assert all([part.tag for part in error] == ["code", "description"] for error in root)
        told = [(int(error[0].text or ""), error[1].text or "") for error in root]
    assert told
    assert {code for code, _ in told} == {status}
    for start in starts:
        assert any(words.startswith(f"{start}:") for _, words in told), told
    assert never not in response.text


async def publish(client: httpx.AsyncClient, database: Database, town: str, **changes: Any) -> UUID:
    """Send and publish a report as a phone and the group do; gives its public id."""
    report_id = new_id()
    answer = await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(**changes))
    assert answer.status_code == 201, answer.text
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    assert report.public_id is not None
    return report.public_id


async def told_requests(client: httpx.AsyncClient, town: str, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{V2}/requests.json?jurisdiction_id={town}&{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def send_request(
    client: httpx.AsyncClient, town: str | None, key: str | None, form: str = "json", **changes: Any
) -> httpx.Response:
    fields = {"jurisdiction_id": town, "api_key": key, **FORM, **changes}
    data = {name: value for name, value in fields.items() if value is not None}
    return await client.post(f"{V2}/requests.{form}", data=data)
