"""The program as processes: a port in use, a worker that dies in the middle of a job, a database that dies."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.cli.serving import listen
from mapping.services.analyses import request_analysis
from mapping.services.reports import submit_report
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.store.networks import replace_network
from mapping.worker import build_worker, retry_stalled, run_worker
from tests.factories import new_id, report_payload
from tests.towns import small_town

MAPPING = (sys.executable, "-m", "mapping.cli")


def _environment(database: Database) -> dict[str, str]:
    return {**os.environ, "MAPPING_DATABASE_URL": database.owner_url}


def test_a_port_in_use_is_one_line(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*MAPPING, "serve", "--port", port], env=_environment(database), capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") <= 2
    assert port in done.stderr
    assert "--port" in done.stderr


async def test_the_command_line_lists_decides_and_tells_nothing_confidential(database: Database, town: str) -> None:
    open_id, secret_id = new_id(), new_id()
    await submit_report(database, town, open_id, report_payload(place="by the [red]school"))
    confidential = report_payload(category="gender_based_violence", place="at home", severity=4)
    await submit_report(database, town, secret_id, confidential)

    def mapping(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**_environment(database), "COLUMNS": "200"}
        return subprocess.run([*MAPPING, *words], env=environment, capture_output=True, text=True, timeout=60)

    listed = mapping("report", "list", "--community", town).stdout
    assert str(open_id) in listed
    assert "by the [red]school" in listed
    assert str(secret_id) in listed
    assert "confidential" in listed
    assert "at home" not in listed
    assert "gender" not in listed
    published = mapping("report", "publish", str(open_id), "--revision", "1", "--community", town, "--actor", "test")
    assert published.stdout.strip() == f"{open_id}: published"
    assert str(open_id) not in mapping("report", "list", "--community", town).stdout
    assert mapping("report", "status", town, str(open_id), "start").stdout.strip() == f"{open_id}: in_progress"
    repaired = mapping("report", "status", town, str(open_id), "resolve", "--reason", "lamp replaced")
    assert repaired.stdout.strip() == f"{open_id}: resolved"
    assert mapping("report", "status", town, str(open_id), "plan").returncode == 1
    assert mapping("report", "status", town, str(open_id), "reopen").returncode == 0
    doubted = next(
        line for line in mapping("report", "list", "--community", town).stdout.split("\n") if str(open_id) in line
    )
    assert "reopened" in doubted
    mapping("report", "publish", str(secret_id), "--revision", "1", "--community", town, "--actor", "test")
    for step in ("resolve", "reopen"):
        assert mapping("report", "status", town, str(secret_id), step).returncode == 0
    listed = mapping("report", "list", "--community", town).stdout
    assert str(secret_id) in listed
    assert "gender" not in listed
    refused = mapping("report", "hide", str(new_id()), "--community", town, "--actor", "test")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1


async def _run_states(database: Database, town: str) -> list[str]:
    engine = create_async_engine(database.owner_url, poolclass=sa.pool.NullPool)
    async with engine.connect() as connection:
        rows = await connection.execute(
            sa.text(
                """SELECT state FROM mapping.analysis_runs AS runs JOIN public_release.communities AS communities
                ON communities.id = runs.community_id WHERE slug = :slug"""
            ),
            {"slug": town},
        )
        states = list(rows.scalars())
    await engine.dispose()
    return states


@pytest.fixture
async def busy_worker(database: Database, town: str) -> AsyncIterator[psutil.Process]:
    """A worker process that is computing the analysis of the test's town."""
    await request_analysis(database, town)
    worker = subprocess.Popen([*MAPPING, "worker"], env=_environment(database), stderr=subprocess.DEVNULL)
    process = psutil.Process(worker.pid)
    for _ in range(1200):
        if await _run_states(database, town) == ["running"] and process.children():
            break
        await asyncio.sleep(0.05)
    yield process
    worker.kill()
    worker.wait()


async def test_a_job_whose_worker_was_killed_is_done_by_the_next(
    database: Database, town: str, busy_worker: psutil.Process
) -> None:
    children = busy_worker.children(recursive=True)
    busy_worker.send_signal(signal.SIGKILL)
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 20)
    assert not alive, "what the dead worker had started still runs"
    assert await _run_states(database, town) == ["running"]
    time.sleep(0.1)
    queue = build_worker(database)
    async with queue.open_async():
        await retry_stalled(queue, silence_s=0.05)
    await run_worker(database, until_idle=True)
    assert await _run_states(database, town) == ["done"]


def _postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "state" / "cluster" / "postmaster.pid").read_text().splitlines()[0]))


async def test_a_killed_database_is_started_again() -> None:
    home = Path(tempfile.mkdtemp(prefix="cm-doors-"))
    home.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "MAPPING_DATA_DIR": str(home / "state")}
    server = subprocess.Popen([*MAPPING, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)

    async def ready() -> None:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError("never ready")

    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await ready()
            first = _postmaster(home)
            first.kill()
            await asyncio.to_thread(psutil.wait_procs, [first], 10)
            await ready()
            second = _postmaster(home)
            assert second.pid != first.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
        _, alive = await asyncio.to_thread(psutil.wait_procs, [second], 10)
        shutil.rmtree(home)
    assert not alive


def test_answers_do_not_wait_for_acknowledgements(settings: Settings) -> None:
    """Accepted connections inherit it: asyncio would not set it on a socket that does not say it is TCP."""
    with (
        listen(settings.model_copy(update={"port": 0})) as listening,
        socket.create_connection(listening.getsockname()),
        contextlib.closing(listening.accept()[0]) as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_the_command_line_packs_the_basemap(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    path = tmp_path / "town.pmtiles"

    def export(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**_environment(database), "COLUMNS": "200"}
        command = [*MAPPING, "export", "basemap", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    done = export(town, str(path), "--max-zoom", "15")
    assert done.returncode == 0, done.stderr
    assert "tiles of zoom 0 to 15" in done.stdout
    assert f"{path.stat().st_size / 1e6:,.2f} MB" in done.stdout
    assert export(town, str(path), "--max-zoom", "17").returncode == 2
    failed = export("no-such-town", str(tmp_path / "other.pmtiles"))
    assert failed.returncode == 1
    assert "no community" in failed.stderr
