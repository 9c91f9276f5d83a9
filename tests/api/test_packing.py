"""Whoever says that a coding is not taken does not get it."""

import httpx
import pytest

from mapping.api.packing import takes
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.towns import small_town


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


async def test_what_is_refused_is_not_sent(
    client: httpx.AsyncClient, database: Database, town: str, community_id: int
) -> None:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    for address in ("/ogc/collections", f"/ogc/collections/streets/items?community={town}", "/openapi.json"):
        plain = await client.get(address, headers={"Accept-Encoding": "gzip;q=0"})
        packed = await client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (plain.status_code, packed.status_code) == (200, 200)
        assert "content-encoding" not in plain.headers, address
        assert packed.headers["content-encoding"] == "gzip", address
        assert packed.num_bytes_downloaded < len(packed.content) / 2, address
        assert packed.headers["vary"].count("Accept-Encoding") == 1, address


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
