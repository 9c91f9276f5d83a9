"""Whoever says that a coding is not taken does not get it."""

import httpx
import pytest

from mapping.api.packing import takes


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [
        ("gzip", True),
        ("br, GZIP", True),
        ("deflate,gzip;q=0.5", True),
        ("gzip; q=1.0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("x-gzip", False),
        ("identity", False),
        ("", False),
    ],
)
def test_what_is_said_of_gzip(said: str, is_taken: bool) -> None:
    assert takes(said, "gzip") is is_taken


async def test_what_is_refused_is_not_sent(client: httpx.AsyncClient, town: str) -> None:
    for address in ("/ogc/collections", f"/ogc/collections/streets/items?community={town}", "/openapi.json"):
        for said, coding in (("gzip;q=0", None), ("gzip", "gzip")):
            answer = await client.get(address, headers={"Accept-Encoding": said})
            assert answer.status_code == 200
            if answer.headers.get("content-encoding") or address.startswith("/ogc"):
                assert answer.headers["vary"].count("Accept-Encoding") == 1, address
            if len(answer.content) >= 600:
                assert answer.headers.get("content-encoding") == coding, address


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/ogc/collections/nothing", 404),
        ("/ogc/collections/streets/items?limit=0", 400),
        ("/ogc/collections/streets/items?bbox=1,2", 400),
        ("/tiles/reports/99/0/0.mvt", 422),
        ("/tiles/reports/a/0/0.mvt", 422),
        ("/ogc/no/such/address", 404),
        ("/open311/v2/requests/no.json", 400),
    ],
)
async def test_a_page_elsewhere_can_read_what_is_wrong(client: httpx.AsyncClient, address: str, status: int) -> None:
    answer = await client.get(address, headers={"Origin": "https://example.org"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")


async def test_nothing_else_is_open_to_pages_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/communities/nowhere/reports", headers={"Origin": "https://example.org"})
    assert answer.status_code == 404
    assert "access-control-allow-origin" not in answer.headers
