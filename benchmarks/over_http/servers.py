"""The servers that are compared, each one process on 127.0.0.1: ours, tipg and pygeoapi.

The peers live in an environment of their own under build/peers, made when it is first needed.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import sqlalchemy as sa

PEERS = Path("build/peers")
PACKAGES = (
    "tipg==1.6.1",
    "pygeoapi==0.21.0",
    "geoalchemy2",
    "pygeofilter[backend-sqlalchemy]",
    "psycopg2-binary",
    "uvicorn",
    "httptools",
)
STARTS_WITHIN_S = 120
CRS84, DEGREES = "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/4326"


@dataclass(frozen=True)
class Server:
    """A running server: its name, its port and its process."""

    name: str
    port: int
    process: psutil.Process

    def read(self, path: str, accept: str = "*/*") -> bytes:
        """The body at an address, which must be there."""
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Accept": accept})
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return bytes(answer.read())

    def cpu_s(self) -> float:
        """Processor seconds so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    def peak_mb(self) -> float:
        """Most memory it had, MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


@contextmanager
def serving(name: str, command: list[str], environment: dict[str, str], port: int, ready: str) -> Iterator[Server]:
    """A server that is asked until it answers."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAPPING_", "PG"))}
    started = subprocess.Popen(command, env={**kept, **environment}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    server, deadline = Server(name, port, psutil.Process(started.pid)), time.monotonic() + STARTS_WITHIN_S
    try:
        while True:
            assert started.poll() is None, f"{command} ended"
            assert time.monotonic() < deadline, f"{command} does not answer"
            try:
                server.read(ready)
                break
            except OSError:
                time.sleep(0.3)
        yield server
    finally:
        started.terminate()
        started.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _python_of_peers() -> str:
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([".tool/bin/uv", "venv", "-q", "--python", sys.executable, str(PEERS)], check=True)
    subprocess.run([".tool/bin/uv", "pip", "install", "-q", "--python", str(python), *PACKAGES], check=True)
    return str(python)


# The same server with a memory in which no tile fits.
_KEEPING_NO_TILES = """
from functools import partial
from mapping import app
from mapping.cli import cli
from mapping.store.tiles import TileCache
app.TileMemory = partial(app.TileMemory, TileCache(max_bytes=0))
cli()
"""


@contextmanager
def ours(data_dir: Path, *, keeps_tiles: bool = True) -> Iterator[Server]:
    """Our server, with its worker beside, as `mapping serve` starts it; or the same without a memory of tiles."""
    port = free_port()
    started = ["-m", "mapping.cli"] if keeps_tiles else ["-c", _KEEPING_NO_TILES]
    name, environment = "ours" if keeps_tiles else "ours, keeping none", {"MAPPING_DATA_DIR": str(data_dir)}
    command = [sys.executable, *started, "serve", "--port", str(port)]
    with serving(name, command, environment, port, "/healthz") as server:
        yield server


@contextmanager
def tipg(url: sa.URL) -> Iterator[Server]:
    """Serve what is released by tipg, which asks in degrees for features and in metres for tiles."""
    port = free_port()
    folder = quote(str(url.query["host"]), safe="")
    environment = {
        "DATABASE_URL": f"postgresql://{url.username}@{folder}:{url.query['port']}/{url.database}",
        "TIPG_DB_SCHEMAS": '["public_release"]',
        "TIPG_MAX_FEATURES_PER_QUERY": "1000",
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",
    }
    command = [_python_of_peers(), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    with serving("tipg", command, environment, port, "/collections/public_release.reports") as server:
        yield server


def _resource(url: sa.URL, schema: str, table: str, **more: Any) -> dict[str, Any]:
    """A collection of pygeoapi over a table."""
    reached = {"host": url.query["host"], "port": int(str(url.query["port"])), "dbname": url.database,
               "user": url.username, "password": "", "search_path": [schema, "public"]}  # fmt: skip
    rows = {"type": "feature", "name": "PostgreSQL", "storage_crs": CRS84, "crs": [CRS84]}
    provider = {**rows, "data": reached, "table": table, "id_field": "id", "geom_field": "geometry", **more}
    return {
        "type": "collection", "title": "Reports", "description": "Reports", "keywords": ["reports"], "links": [],
        "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": CRS84}}, "providers": [provider],
    }  # fmt: skip


def _pygeoapi_settings(url: sa.URL, port: int) -> dict[str, Any]:
    """Collections: what is released, the same as tiles of equal attributes, and a table to create in."""
    tiles = {"type": "tile", "name": "MVT-postgresql", "storage_crs": DEGREES,
             "options": {"zoom": {"min": 0, "max": 22}},
             "format": {"name": "pbf", "mimetype": "application/vnd.mapbox-vector-tile"}}  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": address, "mimetype": "application/json",
            "encoding": "utf-8", "language": "en-US", "limits": {"default_items": 100, "max_items": 1000},
            "map": {"url": address, "attribution": "none"}, "pretty_print": False, "gzip": False,
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {"title": "peer", "description": "peer", "keywords": ["peer"], "keywords_type": "theme",
                               "terms_of_service": address, "url": address},
            "license": {"name": "none", "url": address}, "provider": {"name": "none", "url": address},
            "contact": {"name": "none"},
        },
        "resources": {
            "reports": _resource(url, "peers", "reports"),
            "tiles": _resource(url, "peers", "report_tiles", **tiles),
            "created": _resource(url, "peers", "created", storage_crs=DEGREES, editable=True),
        },
    }  # fmt: skip


@contextmanager
def pygeoapi(url: sa.URL, folder: Path) -> Iterator[Server]:
    """Serve the same by pygeoapi under uvicorn; its configuration is written to the folder."""
    python, port = _python_of_peers(), free_port()
    settings, described = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    settings.write_text(json.dumps(_pygeoapi_settings(url, port)))  # JSON is YAML
    environment = {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(described)}
    subprocess.run(
        [str(PEERS / "bin" / "pygeoapi"), "openapi", "generate", str(settings), "--output-file", str(described)],
        env={**os.environ, **environment}, check=True, capture_output=True,
    )  # fmt: skip
    command = [python, "-m", "uvicorn", "pygeoapi.starlette_app:APP", "--port", str(port), "--log-level", "error"]
    with serving("pygeoapi", command, environment, port, "/collections/reports?f=json") as server:
        yield server
