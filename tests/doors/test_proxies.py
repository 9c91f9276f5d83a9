"""Whose word for an address is believed: a real server behind a proxy, and behind one it does not trust."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from mapping.store.database import Database
from tests.factories import new_id, report_payload


@contextmanager
def _served(database: Database, **settings: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MAPPING_DATABASE_URL": database.owner_url, **settings}
    command = [sys.executable, "-m", "mapping.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert server.poll() is None, "the server ended"
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, server
    finally:
        server.terminate()
        server.wait(30)


def _leave_the_end_of_the_hour() -> None:
    """What an address is let send counts from full hour to full hour."""
    now = datetime.now(UTC)
    if now.minute == 59:
        time.sleep(61 - now.second)


@pytest.mark.parametrize(("trusted", "last"), [("127.0.0.1", 201), ("192.0.2.1, 198.51.100.0/24", 429)])
async def test_an_address_is_believed_from_a_trusted_proxy_alone(
    database: Database, town: str, trusted: str, last: int
) -> None:
    """Of an address one report is taken without a proof, or two: it is drawn."""
    _leave_the_end_of_the_hour()
    limits = {"MAPPING_SENT_WITHOUT_PROOF": "1", "MAPPING_TRUSTED_PROXIES": trusted}
    with _served(database, **limits) as (address, server):
        statuses = [
            httpx.put(
                f"{address}/api/communities/{town}/reports/{new_id()}",
                json=report_payload(),
                headers={"X-Forwarded-For": resident},
            ).status_code
            for resident in (*["203.0.113.7"] * 3, "203.0.113.8")
        ]
        server.terminate()
        said, _ = server.communicate(timeout=30)
    assert [statuses[0], *statuses[2:]] == [201, 429, last]
    assert "203.0.113" not in said
