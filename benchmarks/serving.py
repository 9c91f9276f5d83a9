"""Items of a million released reports over HTTP, beside tipg, pygeoapi and the bare SQL, on one PostGIS.

Peers run in an environment of their own, made under build/peers; each server is one process, asked by sixteen clients.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psycopg
import sqlalchemy as sa

from mapping.geodesy import web_mercator
from mapping.settings import Settings
from mapping.store.collections import COLLECTIONS
from mapping.store.database import PUBLIC_ROLE, Database, open_database
from mapping.store.features import FeaturesQuery, bbox_condition, page_statement

REPORTS, COMMUNITIES = 1_000_000, 1_500
CLIENTS, SECONDS, ASKED = 16, 4.0, 400
PEERS = Path("build/peers")
LAMPS = COLLECTIONS["unlit_streets"]
FILL = f"""
INSERT INTO public_release.communities (slug, name, boundary, time_zone, languages)
SELECT 'town-' || n, '{{"en": "Town", "uk": "Місто"}}', ST_Multi(ST_MakeEnvelope(
    23 + (n % 50) * 0.3, 45 + (n / 50) * 0.2, 23.25 + (n % 50) * 0.3, 45.15 + (n / 50) * 0.2, 4326)), 'Europe/Kyiv',
    '{{en,uk}}'
FROM generate_series(0, {COMMUNITIES - 1}) AS n;
SELECT setseed(0.5);
INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, severity, when_seen, affected,
    place, description, observed_on, status)
SELECT town.id, gen_random_uuid(), 'broken_lamps', 'unlit_streets', 0,
    ST_Point(ST_XMin(town.boundary) + 0.25 * random(), ST_YMin(town.boundary) + 0.15 * random(), 4326),
    1 + (n % 4), 'night', '{{women}}', 'вулиця ' || n % 300, 'Ліхтар не світить уже ' || n % 90 || ' днів',
    '2026-' || lpad((1 + n % 12)::text, 2, '0') || '-15', 'open'
FROM public_release.communities AS town, generate_series(1, {REPORTS // COMMUNITIES + 1}) AS n LIMIT {REPORTS};
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(arguments: list[str], environment: dict[str, str], port: int, ready: str) -> Iterator[str]:
    """A server that is asked until it answers."""
    server = subprocess.Popen(arguments, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    try:
        while True:
            try:
                with urllib.request.urlopen(address + ready, timeout=30):
                    break
            except OSError:
                assert server.poll() is None, f"{arguments} ended"
                assert time.monotonic() < deadline, f"{arguments} does not answer"
                time.sleep(0.3)
        yield address
    finally:
        server.terminate()
        server.wait(30)


async def _ask(port: int, paths: list[str], until: float, spans: list[float], offset: int) -> None:
    """One client that keeps its connection and asks as fast as it is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = offset
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n", 1)[0], head
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        spans.append(time.perf_counter() - began)
        number += CLIENTS
    writer.close()


def load(address: str, paths: list[str]) -> tuple[float, float, float]:
    """Answers a second, and the median and 99th percentile of their milliseconds."""
    port = int(address.rpartition(":")[2])

    async def run(seconds: float) -> list[float]:
        spans: list[float] = []
        until = time.monotonic() + seconds
        await asyncio.gather(*(_ask(port, paths, until, spans, number) for number in range(CLIENTS)))
        return spans

    asyncio.run(run(1.0))
    spans = asyncio.run(run(SECONDS))
    return len(spans) / SECONDS, *(1e3 * float(np.quantile(spans, share)) for share in (0.5, 0.99))


def load_sql(conninfo: str, statements: list[tuple[str, dict[str, object]]]) -> float:
    """The same by the bare statement, from as many connections."""

    async def one(connection: psycopg.AsyncConnection[tuple[object, ...]], until: float, offset: int) -> int:
        count = 0
        while time.monotonic() < until:
            statement, values = statements[(offset + count * CLIENTS) % len(statements)]
            await (await connection.execute(statement.encode(), values)).fetchone()
            count += 1
        return count

    async def run() -> float:
        connections = [await psycopg.AsyncConnection.connect(conninfo, autocommit=True) for _ in range(CLIENTS)]
        await asyncio.gather(*(one(opened, time.monotonic() + 1.0, n) for n, opened in enumerate(connections)))
        until = time.monotonic() + SECONDS
        counts = await asyncio.gather(*(one(opened, until, n) for n, opened in enumerate(connections)))
        for opened in connections:
            await opened.close()
        return sum(counts) / SECONDS

    return asyncio.run(run())


def boxes(count: int, wanted: int) -> list[tuple[float, float, float, float]]:
    """Boxes in degrees in which somewhat more than so many reports lie."""
    rng = np.random.default_rng(4)
    town = rng.integers(0, COMMUNITIES, count)
    share = np.sqrt(1.3 * wanted / (REPORTS / COMMUNITIES))
    west, south = 23 + (town % 50) * 0.3, 45 + (town // 50) * 0.2
    if share > 1:
        return [(w, s, w + 0.3 * share, s + 0.2 * share) for w, s in zip(west, south, strict=True)]
    shift = rng.random((count, 2)) * (1 - share)
    west, south = west + 0.25 * shift[:, 0], south + 0.15 * shift[:, 1]
    return [(w, s, w + 0.25 * share, s + 0.15 * share) for w, s in zip(west, south, strict=True)]


def make_peers() -> Path:
    """Python of an environment with tipg and pygeoapi."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        uv = ".tool/bin/uv"
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(PEERS)], check=True)
        packages = ["tipg==1.6.1", "pygeoapi==0.21.0", "psycopg2-binary", "uvicorn"]
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages], check=True)
    return python


async def _fill(database: Database) -> list[str]:
    engine = sa.create_engine(database.owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
        # The peer asks in degrees, and gets the index for it that the service does not need.
        connection.exec_driver_sql("CREATE INDEX reports_degrees ON public_release.reports USING gist (geometry)")
        connection.exec_driver_sql("CLUSTER public_release.reports USING reports_geom_3857")
        connection.exec_driver_sql("VACUUM ANALYZE public_release.reports")
        rows = connection.exec_driver_sql("SELECT id FROM public_release.reports ORDER BY id LIMIT 400").all()
    await database.app.dispose()
    await database.public.dispose()
    return [str(row[0]) for row in rows]


def _with_host(url: str) -> str:
    """The address of a socket's folder as the peers' drivers read it: in the place of a host."""
    parts = sa.make_url(url)
    folder, port = str(parts.query["host"]), parts.query["port"]
    return f"postgresql://{parts.username}@{quote(folder, safe='')}:{port}/{parts.database}"


def _features(address: str, path: str) -> set[str]:
    with urllib.request.urlopen(address + path, timeout=60) as answer:
        return {str(feature["id"]) for feature in json.load(answer)["features"]}


def main() -> None:
    """Print the table as Markdown."""
    with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        settings = Settings(database_url=None, data_dir=Path(folder) / "cluster")
        database = open_database(settings)
        stack.callback(lambda: database.cluster and database.cluster.stop())
        ids = asyncio.run(_fill(database))
        assert database.cluster is not None
        url = database.cluster.url(user=PUBLIC_ROLE).replace("+psycopg", "")
        port = free_port()
        ours = stack.enter_context(
            serving(
                [sys.executable, "-m", "mapping.cli", "serve", "--port", str(port)],
                {"MAPPING_DATA_DIR": str(settings.data_dir)},
                port,
                "/healthz",
            )
        )
        port = free_port()
        tipg = stack.enter_context(
            serving(
                [str(make_peers()), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"],
                {
                    "DATABASE_URL": _with_host(url),
                    "TIPG_DB_SCHEMAS": '["public_release"]',
                    "TIPG_MAX_FEATURES_PER_QUERY": "1000",
                    "TIPG_TABLE_CONFIG__public_release_reports__geomcol": "geometry",
                },
                port,
                "/collections/public_release.reports",
            )
        )
        print("| Workload | Server | Answers a second | p50, ms | p99, ms | Ours is |\n|---|---|---|---|---|---|")
        for limit in (100, 1000):
            _compare_boxes(limit, ours, tipg, url)
        mine = [f"/ogc/collections/unlit_streets/items/{one}" for one in ids]
        theirs = [f"/collections/public_release.reports/items/{one}" for one in ids]
        _print("one item", load(ours, mine), {"tipg": load(tipg, theirs)}, None)


def _compare_boxes(limit: int, ours: str, tipg: str, url: str) -> None:
    places = boxes(ASKED, limit)
    mine, theirs, statements = [], [], []
    for west, south, east, north in places:
        box = f"bbox={west:.5f},{south:.5f},{east:.5f},{north:.5f}&limit={limit}"
        mine.append(f"/ogc/collections/unlit_streets/items?{box}")
        theirs.append(f"/collections/public_release.reports/items?{box}&geom-column=geometry")
        corners = (*web_mercator(round(west, 5), round(south, 5)), *web_mercator(round(east, 5), round(north, 5)))
        statements.append(page_statement(LAMPS, FeaturesQuery((bbox_condition([corners]),), "CRS84", limit, 0)))
    few = [path.replace(f"limit={limit}", "limit=1000") for path in (mine[0], theirs[0])]
    if limit == 100:
        assert _features(ours, few[0]) == _features(tipg, few[1])
    _print(f"bbox, limit {limit}", load(ours, mine), {"tipg": load(tipg, theirs)}, load_sql(url, statements))


def _print(
    work: str,
    ours: tuple[float, float, float],
    peers: dict[str, tuple[float, float, float]],
    bare: float | None,
) -> None:
    print(f"| {work} | ours | {ours[0]:,.0f} | {ours[1]:.1f} | {ours[2]:.1f} | |", flush=True)
    for name, (rate, median, late) in peers.items():
        print(f"| | {name} | {rate:,.0f} | {median:.1f} | {late:.1f} | {ours[0] / rate:.1f}× |", flush=True)
    if bare is not None:
        print(f"| | bare SQL | {bare:,.0f} | | | {ours[0] / bare:.2f} |", flush=True)
