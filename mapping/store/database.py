"""Connections: one engine per role, so that public routes hold a role that can read nothing private."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mapping.errors import EmbeddedDatabaseError, Unavailable
from mapping.settings import Settings
from mapping.store.bare import BarePool, is_closed
from mapping.store.batches import Batches
from mapping.store.embedded import EmbeddedCluster, default_data_dir
from mapping.store.known_communities import KnownCommunities
from mapping.store.migrate import migrate
from mapping.store.reports import Submission, Submitted

_log = logging.getLogger(__name__)
POOL_SIZE = 16  # of each role; none beyond, for they would be opened and closed with every request of a rush
WRITER_SIZE = 2  # one keeps reports, the other finds communities
APP_ROLE, PUBLIC_ROLE = "mapping_app", "mapping_public"


@dataclass
class Database:
    """The engines of a process, and the embedded cluster if this process uses one.

    `app` writes and reads everything a service may; `public` reads the schema `public_release` alone. `writer` and
    `reader` are the same two roles without SQLAlchemy.
    `submissions` keeps reports that are sent at the same time together, `known_communities` finds where to.
    `conninfo` is the libpq form of `app`, for the job queue; `photos_dir` the folder of the photos' files.
    """

    app: AsyncEngine
    public: AsyncEngine
    writer: BarePool
    reader: BarePool
    conninfo: str
    owner_url: str
    photos_dir: Path
    cluster: EmbeddedCluster | None = field(default=None, repr=False)
    submissions: Batches[Submission, Submitted] = field(default_factory=lambda: Batches(at_once=1), repr=False)
    known_communities: KnownCommunities = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.known_communities = KnownCommunities(self.writer)

    async def supervise(self, *, every_s: float = 3.0) -> None:
        """Start the embedded cluster again whenever it was killed; runs until cancelled."""
        while self.cluster is not None:
            await asyncio.sleep(every_s)
            try:
                async with self.app.connect() as connection:
                    await connection.execute(sa.text("SELECT 1"))
            except sa.exc.DBAPIError:
                _log.warning("the database does not answer; starting it again")
                try:
                    await asyncio.to_thread(self.cluster.start)
                except EmbeddedDatabaseError as error:
                    _log.error("the database cannot be started: %s", error.detail)

    async def close(self) -> None:
        """Give every connection back and stop the embedded cluster if nobody else uses it."""
        try:
            await self.app.dispose()
            await self.public.dispose()
            await self.writer.close()
            await self.reader.close()
        finally:
            if self.cluster is not None:
                self.cluster.stop()


def _options(role: str, search_path: str, timeout_s: float) -> str:
    """What every connection of a role begins with; words whose trigrams are less alike than 0.4 are other words."""
    return (
        f"-c role={role} -c search_path={search_path},public -c jit=off -c pg_trgm.word_similarity_threshold=0.4"
        f" -c statement_timeout={int(timeout_s * 1000)} -c idle_in_transaction_session_timeout={int(timeout_s * 3000)}"
    )


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool open a connection anew when the server has closed it."""
    if is_closed(connection.driver_connection):
        raise sa.exc.DisconnectionError


def _engine(url: sa.URL, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=5, hide_parameters=True, **options
    )
    sa.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _conninfo(url: sa.URL) -> str:
    """The same address for libpq, whose URL form reads `+` otherwise than SQLAlchemy writes it."""
    parts = {"user": url.username, "password": url.password, "host": url.host, "port": url.port, "dbname": url.database}
    known = {name: str(value) for name, value in {**parts, **url.query}.items() if value is not None}
    return make_conninfo("", **known)


def open_database(settings: Settings, *, prepare: bool = True) -> Database:
    """Start or reach the database and bring its schema up to date.

    Parameters
    ----------
    settings : Settings
        `database_url` names a given server; without it the embedded cluster is started.
    prepare : bool
        Apply missing migrations first.

    Returns
    -------
    Database

    Raises
    ------
    EmbeddedDatabaseError
        If the embedded cluster cannot be found or started.
    Unavailable
        If the given server does not answer.
    """
    cluster: EmbeddedCluster | None = None
    if settings.database_url is None:
        cluster = EmbeddedCluster(settings.data_dir, settings.postgres_bindir)
        cluster.start()
        owner = sa.make_url(cluster.url())
        app, public = sa.make_url(cluster.url(user=APP_ROLE)), sa.make_url(cluster.url(user=PUBLIC_ROLE))
    else:
        owner = sa.make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        app, public = owner, owner
        if settings.public_database_url is not None:
            public = sa.make_url(settings.public_database_url.get_secret_value()).set(drivername="postgresql+psycopg")
    if prepare:
        try:
            migrate(owner.render_as_string(hide_password=False))
        except sa.exc.OperationalError as error:
            raise Unavailable("The database does not answer; check MAPPING_DATABASE_URL and the server.") from error
    timeout_s = settings.statement_timeout_s
    app = app.update_query_dict({"options": _options(APP_ROLE, "mapping", timeout_s), "connect_timeout": "5"})
    public = public.update_query_dict(
        {"options": _options(PUBLIC_ROLE, "public_release", timeout_s), "connect_timeout": "5"}
    )
    # The public role only reads: without a transaction a page costs one round trip, not three.
    engine = _engine(public, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
    photos_dir = settings.photos_dir or (settings.data_dir or default_data_dir()).expanduser().resolve() / "photos"
    return Database(
        _engine(app),
        engine,
        BarePool(app, WRITER_SIZE, timeout_s + 2),
        BarePool(public, POOL_SIZE, timeout_s + 2),
        _conninfo(app),
        owner.render_as_string(hide_password=False),
        photos_dir,
        cluster,
    )
