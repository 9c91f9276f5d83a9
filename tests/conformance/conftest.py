"""A served town for real clients, on a port of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from mapping.services.analyses import request_analysis
from mapping.services.reports import submit_report
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.worker import run_worker
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


@pytest.fixture
async def served(database: Database, settings: Settings, town: str) -> AsyncIterator[tuple[str, str]]:
    """Address of a server and the town it has: 120 lamps, a masked danger, a place in words, hotspots."""
    for number in range(120):
        where = {"type": "Point", "coordinates": [round(24.94 + 0.0001 * number, 6), 60.17]}
        await _publish(database, town, report_payload(geometry=where, severity=1 + number % 4, place=f"Lamp {number}"))
    await _publish(database, town, report_payload(category="harassment", affected=["women"]))
    await _publish(database, town, report_payload(geometry=None, place="By the school, where the path bends"))
    await request_analysis(database, town)
    await run_worker(database, until_idle=True)
    with _serving(settings) as address:
        yield address, town


async def _publish(database: Database, town: str, payload: dict[str, Any]) -> None:
    report_id = new_id()
    await submit_report(database, town, report_id, payload)
    await moderate_report(database, town, report_id, "publish", actor="test")


@contextlib.contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    """A server in a process of its own: clients written in C would otherwise keep it from answering."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAPPING_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "mapping.cli", "serve", "--port", str(port)],
        env={**environment, "MAPPING_DATA_DIR": str(settings.data_dir)},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    try:
        while True:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not answer in time"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/healthz", timeout=5).status_code == httpx.codes.OK:
                    break
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)
