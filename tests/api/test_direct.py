"""Routes that are answered before the framework: as it would answer, and in every trouble as any other route."""

from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from mapping.app import create_app
from mapping.settings import Settings
from mapping.store.database import Database, open_database
from tests.factories import new_id, report_payload
from tests.released import release
from tests.towns import key_at

TIMEOUT_S = 0.3


@pytest.fixture
async def lamp(database: Database, community_id: int) -> str:
    """Public id of a released report."""
    async with database.app.begin() as connection:
        await release(connection, community_id, "POINT(24.9443 60.1715)")
        found = sa.text("SELECT id FROM public_release.reports WHERE community_id = :id")
        return str((await connection.execute(found, {"id": community_id})).scalar_one())


@pytest.fixture
async def hurried(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose statements may take a moment only."""
    opened = open_database(settings.model_copy(update={"statement_timeout_s": TIMEOUT_S}), prepare=False)
    transport = httpx.ASGITransport(app=create_app(settings, opened, with_worker=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
    await opened.close()


def addresses(town: str, lamp: str) -> list[str]:
    key = key_at(15)
    return [
        f"/tiles/reports/{key.z}/{key.x}/{key.y}.mvt?c={town}",
        f"/ogc/collections/unlit_streets/items?community={town}",
        f"/ogc/collections/unlit_streets/items/{lamp}",
    ]


async def test_a_database_that_takes_too_long_is_said(
    hurried: httpx.AsyncClient, database: Database, town: str, lamp: str
) -> None:
    async with database.app.begin() as holding:
        await holding.execute(sa.text("LOCK TABLE public_release.reports IN ACCESS EXCLUSIVE MODE"))
        for address in addresses(town, lamp):
            answer = await hurried.get(address)
            assert answer.status_code == 503, address
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "5"
            assert "x-content-type-options" in answer.headers
    for address in addresses(town, lamp):
        assert (await hurried.get(address)).status_code == 200


async def test_head_answers_as_get_does(client: httpx.AsyncClient, town: str, lamp: str) -> None:
    for address in addresses(town, lamp):
        asked, read = await client.head(address), await client.get(address)
        assert (asked.status_code, dict(asked.headers)) == (200, dict(read.headers))


async def test_connections_that_the_server_has_closed_are_not_used(
    client: httpx.AsyncClient, database: Database, lamp: str
) -> None:
    address = f"/ogc/collections/unlit_streets/items/{lamp}"
    assert (await client.get(address)).status_code == 200
    engine = sa.create_engine(database.owner_url)
    with engine.begin() as owner:
        owner.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mapping_public'")
        )
    engine.dispose()
    for _ in range(3):
        assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("taken", ["gzip", "identity"])
async def test_what_is_long_is_packed_for_those_who_take_it(
    client: httpx.AsyncClient, town: str, lamp: str, taken: str
) -> None:
    plain, packed = [
        await client.get(addresses(town, lamp)[1], headers={"Accept-Encoding": encoding})
        for encoding in ("identity", taken)
    ]
    assert packed.json() == plain.json()
    assert packed.headers.get("content-encoding") == (taken if taken == "gzip" else None)


async def test_a_report_is_answered_as_the_framework_would(client: httpx.AsyncClient, town: str) -> None:
    """The same requests by the direct route and, with an address that it does not take, by the framework."""
    told = []
    for written in (str, str.upper):
        base = f"/api/communities/{town}/reports"
        payload, here = report_payload(), f"{base}/{written(str(new_id()))}"
        sent = [
            await client.put(here, json=payload, headers={"New-Edit-Token": "n" * 30}),
            await client.put(here, json=payload),
            await client.put(here, json=report_payload(severity=1)),
            await client.put(here, json=report_payload(severity=1), headers={"Edit-Token": "n" * 30}),
            await client.put(f"{base}/{written(str(new_id()))}", json={"category": "no such"}),
            await client.put(f"{base}/{written(str(new_id()))}", content=b"{", headers={"Content-Type": "text/plain"}),
            await client.put(f"{base}/{written(str(new_id()))}", json=payload, headers={"Reporter-Token": "short"}),
            await client.put(
                f"{base}/{written(str(new_id()))}", content=b"[" * 300_000, headers={"Content-Type": "application/json"}
            ),
            await client.put(f"/api/communities/nowhere/reports/{written(str(new_id()))}", json=payload),
        ]
        bodies = [{**answer.json(), "id": "", "observed_at": ""} for answer in sent]
        told.append([(one.status_code, sorted(one.headers), body) for one, body in zip(sent, bodies, strict=True)])
    assert [status for status, _, _ in told[0]] == [201, 200, 409, 200, 422, 422, 422, 413, 404]
    assert told[0] == told[1]
