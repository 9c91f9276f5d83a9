"""Shared fixtures: one real PostGIS cluster per run, one migrated database, a transaction rolled back per test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import hypothesis
import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from mapping.app import create_app
from mapping.services import limits
from mapping.services.communities import add_community
from mapping.settings import Settings
from mapping.store.database import Database, open_database

hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("patient")
BOUNDARY = shapely.box(24.93, 60.16, 24.96, 60.18)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cm-test-"))
    folder.chmod(0o755)
    yield folder / "cluster"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    return Settings(database_url=None, data_dir=data_dir)


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def database_url(database: Database) -> str:
    return database.owner_url


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(database.app.url, poolclass=sa.pool.NullPool)
    async with engine.connect() as opened:
        transaction = await opened.begin()
        yield opened
        await transaction.rollback()
    await engine.dispose()


@pytest.fixture
async def town(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Slug of a community of its own for this test."""
    slug = f"t{abs(hash(request.node.nodeid)) % 10**10}"
    await add_community(
        database, slug=slug, name={"en": "Town", "uk": "Місто"}, boundary=BOUNDARY, time_zone="Europe/Kyiv"
    )
    yield slug
    waiting = sa.text("DELETE FROM mapping.procrastinate_jobs WHERE lock = :slug AND status = 'todo'")
    async with database.app.begin() as opened:
        await opened.execute(waiting, {"slug": slug})


@pytest.fixture
async def other_town(database: Database, town: str) -> str:
    """Slug of a second community for this test."""
    slug = f"other-{town}"
    await add_community(
        database, slug=slug, name={"en": "Other", "uk": "Інше"}, boundary=BOUNDARY, time_zone="Europe/Kyiv"
    )
    return slug


@pytest.fixture
async def community_id(database: Database, town: str) -> int:
    async with database.app.connect() as opened:
        found = await opened.execute(sa.text("SELECT id FROM public_release.communities WHERE slug = :s"), {"s": town})
        return int(found.scalar_one())


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, database, with_worker=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@pytest.fixture
def exact_limits(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Have an address be taken exactly what is set, in an hour that begins with the test and is given."""
    begins = datetime.now(UTC)
    monkeypatch.setattr(limits, "room_of_address", lambda allowed, _: allowed)
    monkeypatch.setattr(limits, "window_begins", lambda: begins)
    return begins
