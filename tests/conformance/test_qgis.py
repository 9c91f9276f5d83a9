"""QGIS itself reads collections and tiles; skipped where Debian's `qgis` and `python3-qgis` are not installed."""

import asyncio
import contextlib
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.towns import small_town

WALK = Path(__file__).with_name("qgis_walk.py")
PYTHON = "/usr/bin/python3"  # for which Debian builds QGIS
FILTERS_SINCE = 33200  # QGIS 3.32 asks the server; older ones read everything and choose themselves (qgis/QGIS#52775)


@pytest.fixture(scope="module")
def qgis() -> int:
    """The version of QGIS, as a number."""
    asked = [PYTHON, "-c", "from qgis.core import Qgis; print(Qgis.QGIS_VERSION_INT)"]
    try:
        done = subprocess.run(asked, env=_environment(), capture_output=True, text=True, timeout=60)
    except OSError:
        pytest.skip("there is no Python of the system's own")
    if done.returncode:
        pytest.skip("QGIS is not on this machine (apt-get install qgis python3-qgis)")
    return int(done.stdout)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAPPING_", "PG"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": "/tmp"}


@contextlib.contextmanager
def _noting(address: str) -> Iterator[tuple[str, list[str]]]:
    """An address that passes requests on to a server, and what was asked for."""
    asked: list[str] = []

    class Passing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            headers = {"Accept": self.headers.get("Accept", "*/*"), "Host": self.headers["Host"]}
            answer = httpx.get(address + self.path, headers=headers, timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _walked(address: str, town: str, expression: str) -> tuple[dict[str, Any], list[str]]:
    with _noting(address) as (noted, asked):
        command = [PYTHON, str(WALK), "walk", noted, town, expression]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), asked


@pytest.fixture
async def walked(
    qgis: int, served: tuple[str, str], database: Database, community_id: int
) -> tuple[dict[str, Any], list[str], list[dict[str, Any]], int]:
    """What QGIS found with a filter, what it asked for, and by OGC API what fits the filter and how many there are."""
    address, town = served
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    await asyncio.sleep(1.05)  # for which the server may hold what it looked up
    expression = f"community = '{town}' AND severity >= 3"
    async with httpx.AsyncClient(base_url=f"{address}/ogc/collections/unlit_streets") as client:
        chosen = (await client.get("/items", params={"filter": expression, "limit": 1000})).json()
        every = (await client.get("/items", params={"limit": 1})).json()["numberMatched"]
    found, asked = await asyncio.to_thread(_walked, address, town, expression)
    return found, asked, chosen["features"], every


async def test_qgis_reads_a_collection_a_filter_and_tiles(
    walked: tuple[dict[str, Any], list[str], list[dict[str, Any]], int],
) -> None:
    found, asked, chosen, every = walked
    assert found["valid"] == [True, True, True]
    assert found["crs"] in ("EPSG:4326", "OGC:CRS84")
    assert set(COLLECTIONS["unlit_streets"].properties) <= set(found["fields"])
    assert found["features"] == every >= 121
    assert set(found["kinds"]) <= {"Point", "LineString"}
    assert found["lamp"] == pytest.approx([24.9407, 60.17], abs=1e-6)
    assert found["chosen"] == sorted(feature["properties"]["place"] for feature in chosen)
    assert len(found["chosen"]) >= 60
    assert any(path.startswith("/tiles/basemap/") for path in asked)
    assert found["street_pixels"] > 500
    assert found["sea_pixels"] == 0


async def test_qgis_leaves_the_filter_to_the_server(
    qgis: int, walked: tuple[dict[str, Any], list[str], list[dict[str, Any]], int]
) -> None:
    if qgis < FILTERS_SINCE:
        pytest.skip(f"QGIS {qgis} chooses by itself; from 3.32 it asks the server")
    _, asked, chosen, _ = walked
    filters = [parse_qs(urlsplit(path).query).get("filter", [""])[0] for path in asked]
    told = [text for text in filters if text]
    assert told
    assert all("severity" in text and ">=" in text and "community" in text for text in told)
    assert len(chosen) >= 60
