"""The search of addresses of a whole country over HTTP (target: p95 of at most 30 ms); answers are checked first."""

import asyncio
import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import shapely
import sqlalchemy as sa

from benchmarks.over_http.servers import free_port, serving
from mapping.formats.osm import read_osm
from mapping.services.communities import add_community
from mapping.settings import Settings
from mapping.store.database import Database, open_database
from mapping.store.networks import replace_network

EXTRACT = Path(__file__).parents[1].parent / "shared" / "data" / "osm" / "liechtenstein_2013-08-03.osm.pbf"
ASKED = 1500
LEAST_FOUND = {"typo": 0.9}  # a letter lost of a short name may make another name of it
KINDS = ("exact", "typo", "beginning", "order turned", "street and number")


async def _fill(database: Database) -> tuple[list[str], list[tuple[str, str]], Mapping[str, int]]:
    """Import the country; gives names of streets and places, houses, and how many of each there are."""
    extract = await asyncio.to_thread(read_osm, EXTRACT)
    ground = shapely.box(*extract.bounds)
    name = {"en": "Country", "uk": "Країна"}
    town = await add_community(database, slug="bench", name=name, boundary=ground, time_zone="Europe/Vaduz")
    async with database.app.begin() as connection:
        await replace_network(connection, town, extract)
        found = await connection.execute(sa.text("SELECT DISTINCT name FROM public_release.search_names"
                                                 " WHERE name IS NOT NULL ORDER BY 1"))  # fmt: skip
        names = [str(row.name) for row in found]
        houses = [(row.street, row.number) for row in await connection.execute(sa.text(
            "SELECT street, number FROM public_release.addresses ORDER BY 1, 2"))]  # fmt: skip
        counts = await connection.execute(sa.text("SELECT kind, count(*) FROM public_release.search_names GROUP BY 1"))
        held = {kind: count for kind, count in counts} | {"house number": len(houses)}
    await database.close()
    return names, houses, held


def _queries(names: Sequence[str], houses: Sequence[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """By kind, what is typed and the name that is meant."""
    rng = np.random.default_rng(8)
    long = [name for name in names if len(name) >= 8]
    asked: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    for _ in range(ASKED // len(KINDS)):
        name = str(rng.choice(long))
        place = int(rng.integers(2, len(name) - 2))
        asked["exact"].append((name, name))
        asked["typo"].append((name[:place] + name[place + 1 :], name))
        asked["beginning"].append((name[: int(rng.integers(3, 6))], name))
        asked["order turned"].append((" ".join(reversed(name.split())), name))
        street, number = houses[int(rng.integers(len(houses)))]
        asked["street and number"].append((f"{number} {street}", f"{street}, {number}"))
    return asked


def _answer(address: str, query: str) -> list[str]:
    path = "/api/communities/bench/places?" + urllib.parse.urlencode({"q": query, "limit": 10})
    with urllib.request.urlopen(address + path, timeout=30) as answer:
        return [str(feature["properties"]["name"]) for feature in json.load(answer)["features"]]


async def _spans(port: int, queries: Sequence[str]) -> list[float]:
    """Seconds of each query over one kept connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    spans = []
    for query in queries:
        path = "/api/communities/bench/places?" + urllib.parse.urlencode({"q": query, "limit": 10})
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 200 " in head.split(b"\r\n", 1)[0], head
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        spans.append(time.perf_counter() - began)
    writer.close()
    return spans


def _row(name: str, found: float | None, spans: Sequence[float]) -> str:
    median, late, worst = (1e3 * float(np.quantile(spans, share)) for share in (0.5, 0.95, 1))
    share = "" if found is None else f"{found:.1%}"
    return f"| {name} | {len(spans):,} | {share} | {median:.1f} | {late:.1f} | {worst:.1f} |"


def main() -> None:
    """Print the table as Markdown."""
    with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder:
        Path(folder).chmod(0o755)
        settings = Settings(database_url=None, data_dir=Path(folder) / "cluster")
        names, houses, held = asyncio.run(_fill(open_database(settings)))
        asked = _queries(names, houses)
        port = free_port()
        command = [sys.executable, "-m", "mapping.cli", "serve", "--port", str(port)]
        with serving("ours", command, {"MAPPING_DATA_DIR": str(settings.data_dir)}, port, "/healthz") as server:
            print(f"{EXTRACT.name}: " + ", ".join(f"{count:,} × {kind}" for kind, count in sorted(held.items())) + ".")
            print("\nFound: what is meant is among the ten answers; of beginnings, what begins so.\n")
            print("| Typed | Queries | Found | p50, ms | p95, ms | Worst, ms |\n|---|---|---|---|---|---|")
            every: list[float] = []
            for kind, pairs in asked.items():
                hits = [
                    _is_found(kind, query, meant, _answer(f"http://127.0.0.1:{server.port}", query))
                    for query, meant in pairs
                ]
                assert sum(hits) >= LEAST_FOUND.get(kind, 1.0) * len(hits), kind
                spans = asyncio.run(_spans(port, [query for query, _ in pairs]))
                print(_row(kind, sum(hits) / len(hits), spans), flush=True)
                every += spans
            print(_row("all", None, every))


def _is_found(kind: str, query: str, meant: str, answers: Sequence[str]) -> bool:
    if kind != "beginning":
        return meant in answers
    return any(
        word.startswith(query.casefold()) for name in answers for word in (name.casefold(), *name.casefold().split())
    )


if __name__ == "__main__":
    main()
