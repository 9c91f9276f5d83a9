"""The program as processes: a port in use, and a worker that dies in the middle of a job."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import psutil
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.services.analyses import request_analysis
from mapping.store.database import Database
from mapping.worker import build_worker, retry_stalled, run_worker

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


@pytest.fixture
async def busy_worker(database: Database, town: str) -> AsyncIterator[psutil.Process]:
    """A worker process that is computing the analysis of the test's town."""
    await request_analysis(database, town)
    worker = subprocess.Popen([*MAPPING, "worker"], env=_environment(database), stderr=subprocess.DEVNULL)
    process = psutil.Process(worker.pid)
    for _ in range(600):
        if any("spawn_main" in " ".join(child.cmdline()) for child in process.children()):
            break
        await asyncio.sleep(0.05)
    yield process
    worker.kill()
    worker.wait()


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
