"""What is kept back leaks by no side way: other units, tokens, the order of ids, the work done for a hidden one."""

import base64
import logging
import math
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import RFC_4122, UUID

import asyncpg
import httpx
import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
from scipy.stats import norm, spearmanr
from shapely import Point

from mapping.app import ROUTERS
from mapping.geodesy import geometry_to_metric
from mapping.services.reports import submit_report
from mapping.store import communities
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.house.crawl import SENTINELS, decoded, every_address
from tests.moderation import moderate_report
from tests.photographs import telling_jpeg

KEPT_BACK = ("T1", "T2")
RADIUS_M = 6_378_137.0
FALSE_ALARM = 1e-9
MANY = 400


def in_other_units(lon: float, lat: float, epsg: int) -> dict[str, tuple[float, float, float]]:
    """A place as it could be written, and how near two numbers have to be to be that place."""
    metric = geometry_to_metric(Point(lon, lat), epsg)
    assert isinstance(metric, Point)
    north = RADIUS_M * math.asinh(math.tan(math.radians(lat)))
    return {
        "degrees": (lon, lat, 6e-5),  # rounded to four places it is within 5 m
        "Web Mercator": (math.radians(lon) * RADIUS_M, north, 5),
        "UTM": (metric.x, metric.y, 5),
        "radians": (math.radians(lon), math.radians(lat), 1e-6),
        "microdegrees": (lon * 1e6, lat * 1e6, 60),
    }


def numbers_in(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(re.findall(r"-?\d+(?:\.\d+)?", text), float)


def tell_of(numbers: np.ndarray[Any, np.dtype[np.float64]], x: float, y: float, near: float) -> bool:
    """Whether two neighbouring numbers, in either order, are this place."""
    is_x, is_y = np.abs(numbers - x) < near, np.abs(numbers - y) < near
    return bool(((is_x[:-1] & is_y[1:]) | (is_y[:-1] & is_x[1:])).any())


def as_bytes(lon: float, lat: float) -> Iterator[bytes]:
    """The number itself, as well-known binary, its hexadecimal form and base64 hold it."""
    for number in (lon, lat):
        for order in "<>":
            raw = struct.pack(f"{order}d", number)
            yield from (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)[:10])


def test_the_search_would_find_a_place_in_any_unit() -> None:
    lon, lat = 24.940880, 60.170223
    for x, y, near in in_other_units(lon, lat, 32635).values():
        assert tell_of(numbers_in(f'{{"at": [{y}, {x}]}}'), x, y, near)
        assert not tell_of(numbers_in(f"[{x + 3 * near}, {y + 3 * near}]"), x, y, near)
    assert tell_of(numbers_in("24.9409,60.1702"), *in_other_units(lon, lat, 32635)["degrees"])
    assert any(part in struct.pack("<dd", lon, lat) for part in as_bytes(lon, lat))


async def test_true_places_are_nowhere_in_any_unit(
    client: httpx.AsyncClient,
    town: str,
    database: Database,
    sentinel_ids: list[UUID],
) -> None:
    async with database.app.connect() as connection:
        epsg = (await communities.find(connection, town)).epsg
    places = {name: SENTINELS[name][1] for name in KEPT_BACK}
    looked_at = 0
    for address in await every_address(client, town, sentinel_ids):
        if "/stretch" in address or "bbox=" in address:
            continue  # they answer with what was asked; the crawl looks at them
        answer = await client.get(address)
        numbers = numbers_in(decoded(answer) + str(answer.headers))
        looked_at += answer.status_code == 200 and len(numbers) > 1
        for name, place in places.items():
            for unit, (x, y, near) in in_other_units(*place, epsg).items():
                assert not tell_of(numbers, x, y, near), f"{address} tells of {name} in {unit}"
            assert not any(part in answer.content for part in as_bytes(*place)), f"{address} holds {name}"
    assert looked_at > 40


async def test_tokens_are_nowhere_but_where_they_were_told(
    client: httpx.AsyncClient, town: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    made, token, phone = new_id(), "t0ken-" + "x" * 37, "ph0ne-" + "y" * 66
    own = f"/api/communities/{town}/reports/{made}"
    sending = {"New-Edit-Token": token, "Reporter-Token": phone}
    answer = await client.put(own, json=report_payload(), headers=sending)
    assert (answer.status_code, answer.json().get("edit_token")) == (201, token)
    await moderate_report(database, town, made, "publish", actor="test")
    form = {"report_id": str(made), "edit_token": "wrong" + token}
    seen = [
        await client.get(f"{own}/own", headers={"Edit-Token": token}),
        await client.put(own, json=report_payload(severity=9), headers={"Edit-Token": token}),
        await client.put(own, json=report_payload(severity=2), headers={"Edit-Token": token}),
        await client.post(f"/en/c/{town}/withdraw", data=form),
        await client.delete(own, headers={"Edit-Token": token + "x"}),
        *[await client.get(address) for address in await every_address(client, town, [made])],
    ]
    for answer in seen:
        assert token not in str(answer.headers) + str(answer.url), answer.url
        assert phone not in answer.text + str(answer.headers)
        assert answer.headers.get("referrer-policy") == "no-referrer" or answer.url.path.startswith(
            ("/static/", "/tiles/")
        )
        if answer.request.method != "POST":  # a form is shown again with what was written
            assert token not in answer.text, answer.url
    assert token not in caplog.text
    assert phone not in caplog.text
    kept = await everything_kept(database)
    assert str(made) in kept
    for secret in (token, phone):
        assert secret not in kept
        assert secret.encode().hex() not in kept


async def everything_kept(database: Database) -> str:
    """Every row of every table of ours, as text."""
    found: list[str] = []
    owner = sa.create_engine(sa.make_url(database.owner_url).set(drivername="postgresql+psycopg"))
    with owner.connect() as connection:
        tables = connection.execute(
            sa.text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname IN ('mapping', 'public_release')"
            )
        ).scalars()
        for table in list(tables):
            found += connection.execute(sa.text(f"SELECT kept::text FROM {table} AS kept")).scalars()
    owner.dispose()
    return "\n".join(found)


def rank_correlation(ids: Sequence[UUID]) -> float:
    """How far ids, in the order of what they are given for, come in an order of their own (Spearman's rho)."""
    place = {one: number for number, one in enumerate(sorted(ids))}
    return abs(float(spearmanr(range(len(ids)), [place[one] for one in ids]).statistic))


def bound(count: int) -> float:
    """What rho of random ids passes less often than once in a milliard: it is near normal of variance 1 / (n - 1)."""
    return float(norm.isf(FALSE_ALARM / 2)) / math.sqrt(count - 1)


def test_the_measure_of_order_would_see_ids_made_by_the_clock() -> None:
    by_clock = [UUID(int=(1_764_000_000_000 + number) << 80) for number in range(MANY)]
    assert rank_correlation(by_clock) > bound(MANY)


async def test_public_ids_tell_no_order(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    """Neither in which order reports came nor in which they were released; sent in one order, released in another."""
    sent = [new_id() for _ in range(MANY)]
    for report_id in sent:
        await submit_report(database, town, report_id, report_payload())
    released = {report_id: await publish(database, town, report_id) for report_id in sent[::2] + sent[1::2]}
    for order in (list(released.values()), [released[report_id] for report_id in sent]):
        assert {(one.version, one.variant) for one in order} == {(4, RFC_4122)}
        assert rank_correlation(order) < bound(MANY)
    assert not set(sent) & set(released.values())
    found = (await client.get(f"/api/communities/{town}/reports?limit=1000")).json()["features"]
    assert [feature["id"] for feature in found] == sorted(map(str, released.values()))


async def publish(database: Database, town: str, report_id: UUID) -> UUID:
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    assert report.public_id is not None
    return report.public_id


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All SQL that is sent while the block runs."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(cursor: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        sent.append(str(query))
        return await execute(cursor, query, *arguments, **named)

    fetchrow = asyncpg.Connection.fetchrow

    async def fetched(connection: Any, query: str, *arguments: Any, **named: Any) -> Any:
        sent.append(query)
        return await fetchrow(connection, query, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", noted)
        patch.setattr(asyncpg.Connection, "fetchrow", fetched)
        yield sent


async def hidden_ids(client: httpx.AsyncClient, town: str, database: Database) -> dict[str, UUID]:
    """Ids that were once released, or never, or belong to what is never shown."""
    own = {name: new_id() for name in ("hidden", "gone", "unreleased", "confidential")}
    for name, report_id in own.items():
        payload = report_payload(category="gender_based_violence" if name == "confidential" else "broken_lamps")
        submitted = await submit_report(database, town, report_id, payload)
        if name == "gone":
            token = str(submitted.edit_token)
    public = {f"{name}, public": await publish(database, town, own[name]) for name in ("hidden", "gone")}
    await moderate_report(database, town, own["confidential"], "publish", actor="test")
    await moderate_report(database, town, own["hidden"], "hide", actor="test")
    withdrawn = await client.delete(f"/api/communities/{town}/reports/{own['gone']}", headers={"Edit-Token": token})
    assert withdrawn.is_success
    return own | public


def routes_by_id() -> list[tuple[str, str]]:
    """Every method and address of the application that takes the id of a report."""
    found = set()
    for router in ROUTERS:
        for route in router.routes:
            if re.search(r"\{(\w+_)?id\}", route.path):
                found |= {(method, route.path) for method in route.methods}
    return sorted(found - {("PUT", "/api/communities/{slug}/reports/{report_id}")})  # there the id is the sender's


def test_all_routes_that_take_an_id_are_tried() -> None:
    methods = {method for method, _ in routes_by_id()}
    assert methods >= {"GET", "HEAD", "POST", "PUT", "DELETE"}
    assert len(routes_by_id()) >= 9


@pytest.mark.parametrize(("method", "path"), routes_by_id())
async def test_a_hidden_id_answers_and_works_as_an_absent_one(
    client: httpx.AsyncClient,
    town: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
) -> None:
    """The same status, headers and bytes, and the same statements sent to the database: so the same time, too."""
    ids = {"absent": new_id(), **await hidden_ids(client, town, database)}
    parts = {"slug": town, "lang": "en", "name": "unlit_streets", "form": "json", "photo_id": str(new_id())}
    told: dict[str, Any] = {}
    for name, public_id in [("warm", new_id()), *ids.items()]:
        filled = re.sub(r"\{(\w+)\}", partial(_given, parts, str(public_id)), path)
        with statements(monkeypatch) as sent:
            answer = await client.request(method, filled, **sending(method, path, town))
        said = answer.content.replace(str(public_id).encode(), b"id")
        headers = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
        told[name] = (answer.status_code, headers, said, [text for text in sent if text not in ("BEGIN", "COMMIT")])
    assert told["absent"][0] == (200 if method == "OPTIONS" else 404)
    assert told["absent"][3] or method == "OPTIONS"
    for name in ids:
        assert told[name] == told["absent"], name


def _given(parts: dict[str, str], public_id: str, part: re.Match[str]) -> str:
    """What stands for a part of an address; the id where it is none of the others."""
    return parts.get(part[1], public_id)


def sending(method: str, path: str, town: str) -> dict[str, Any]:
    """What a request of this kind carries."""
    if path.startswith("/open311"):
        return {"params": {"jurisdiction_id": town}}
    if method == "POST" and path.startswith("/api"):
        return {"json": {"kind": "seen_too", "id": str(new_id())}, "headers": {"Reporter-Token": "y" * 72}}
    if method == "POST":
        return {"data": {"kind": "seen_too", "said_id": str(new_id()), "reporter_token": "y" * 72}}
    return {"headers": {"Edit-Token": "x" * 43}, **({"content": telling_jpeg()} if method == "PUT" else {})}
