"""The life of the embedded cluster: made once, started when needed, shared, stopped by its last user."""

import atexit
import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded.accounts import prepare_data_dir, server_account
from mapping.store.embedded.addresses import (
    DATABASE,
    SUPERUSER,
    ClusterAddress,
    check_socket_path,
    default_socket_parent,
    forget_foreign_address,
    prepare_socket_dir,
)
from mapping.store.embedded.binaries import Binaries, find_binaries
from mapping.store.embedded.locks import UserLock, exclusive
from mapping.store.embedded.servers import START_TIMEOUT_S, Server

LOGGER = logging.getLogger(__name__)


def default_data_dir() -> Path:
    """Give the folder of the cluster where none is set.

    Returns
    -------
    Path
        `/var/lib/community-mapping` for root, else the user's own data folder.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/community-mapping")
    return platformdirs.user_data_path("community-mapping", appauthor=False)


class EmbeddedCluster:
    """A private PostGIS cluster that this process may start, share and stop.

    Parameters
    ----------
    data_dir : Path or None
        Folder that holds it; None: `default_data_dir()`.
    bindir : Path or None
        Folder of the PostgreSQL programs; None: searched for.
    socket_parent : Path or None
        Folder under which the socket's own folder is made; None: `/run` for root, else `/tmp`.
        All processes that share a cluster must give the same.
    patience_s : float
        How long to wait for a server that is coming or going, and for what a killed one left, in seconds.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        bindir: Path | None = None,
        *,
        socket_parent: Path | None = None,
        patience_s: float = 30.0,
    ) -> None:
        # Resolved, since the same folder by another name must give the same socket.
        self.data_dir = (data_dir or default_data_dir()).expanduser().resolve()
        self.data = self.data_dir / "cluster"
        self._name = "cm-" + hashlib.sha256(f"{os.geteuid()}:{self.data_dir}".encode()).hexdigest()[:12]
        self.address = ClusterAddress((socket_parent or default_socket_parent()) / self._name)
        self._bindir = bindir
        self._patience_s = patience_s
        self._user_lock: UserLock | None = None
        self._threads = threading.RLock()

    def url(self, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Give the address as SQLAlchemy reads it (`postgresql+psycopg://…`).

        Parameters
        ----------
        user, database : str
            Role and database.

        Returns
        -------
        str
        """
        return self.address.url(user, database)

    def dsn(self, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Give the address as libpq reads it (`postgresql://…`).

        Parameters
        ----------
        user, database : str
            Role and database.

        Returns
        -------
        str
        """
        return self.address.dsn(user, database)

    def start(self) -> ClusterAddress:
        """Make the cluster if there is none, start it if it does not run, and become one of its users.

        May be called again, and by several processes at once. The process stays a user until `stop` or its end.
        Takes the variables that libpq reads (PGHOSTADDR, PGSERVICE …) out of this process's environment.

        Returns
        -------
        ClusterAddress
            Where it listens; the database `mapping` is there, with PostGIS.

        Raises
        ------
        EmbeddedDatabaseError
            If no fitting binaries are installed, a folder cannot be used, or the server does not come up.
        """
        with self._threads, _plain_errors():
            check_socket_path(self.address)
            server = self._server()
            binaries = find_binaries(self._bindir, self._data_major())
            forget_foreign_address()
            prepare_data_dir(self.data_dir, server.account)
            with self._alone(server):
                lock = self._user_lock or UserLock(self.data_dir / "users.lock", server.account)
                try:
                    self._bring_up(binaries, server)
                except BaseException:
                    # A server that we did not bring up is not ours to stop.
                    self._user_lock = None
                    lock.release()
                    raise
            if self._user_lock is None:
                self._user_lock = lock
                atexit.register(self._stop_at_exit)
            return self.address

    def stop(self) -> None:
        """Stop being a user of the cluster; the last one stops the server.

        Close every connection first: the server does not wait for them. Does nothing if not started.

        Raises
        ------
        EmbeddedDatabaseError
            If the server does not stop.
        """
        with self._threads, _plain_errors():
            if self._user_lock is None:
                return
            atexit.unregister(self._stop_at_exit)
            server = self._server()
            with self._alone(server):
                self._leave(server)

    def __enter__(self) -> Self:
        """Start the cluster."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop being a user of the cluster."""
        self.stop()

    def _stop_at_exit(self) -> None:
        try:
            self.stop()
        except EmbeddedDatabaseError as error:
            LOGGER.warning("The embedded database was not stopped: %s", error.detail)

    def _server(self) -> Server:
        return Server(
            self.data, self.data_dir / "postgres.log", self.address, self._name, server_account(), self._patience_s
        )

    def _alone(self, server: Server) -> contextlib.AbstractContextManager[None]:
        return exclusive(self.data_dir / "start.lock", server.account, START_TIMEOUT_S + self._patience_s)

    def _data_major(self) -> int | None:
        """Read which PostgreSQL made the data; None if there are none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise EmbeddedDatabaseError(
                f"{self.data}/PG_VERSION is damaged; restore {self.data} from a backup."
            ) from None

    def _bring_up(self, binaries: Binaries, server: Server) -> None:
        major = self._data_major()
        if major is None:
            server.make_data(binaries)
        elif major != binaries.major:
            # Another process made them between our look for binaries and the lock.
            binaries = find_binaries(self._bindir, major)
        prepare_socket_dir(self.address.socket_dir, server.account)
        if server.is_running_or_clear():
            server.prepare_database()
            return
        server.start(binaries)
        try:
            server.prepare_database()
        except BaseException:
            with contextlib.suppress(EmbeddedDatabaseError):
                server.stop(binaries)
            raise

    def _leave(self, server: Server) -> None:
        """Stop being a user; called with the start lock held."""
        lock, self._user_lock = self._user_lock, None
        if lock is not None and lock.release():
            server.stop(find_binaries(self._bindir, self._data_major()))


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what the file system refuses into one clear line."""
    try:
        yield
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"The embedded database cannot use {error.filename or 'a file'}: {error.strerror}."
        ) from error
