"""The life of the embedded cluster: made once, started when needed, shared, stopped by its last user.

Whether it runs is decided by connecting to it, never by `pg_ctl status`, which believes postmaster.pid.
"""

import atexit
import contextlib
import hashlib
import logging
import os
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs
import psycopg

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded.accounts import Account, prepare_data_dir, run_as, server_account
from mapping.store.embedded.addresses import (
    DATABASE,
    SUPERUSER,
    ClusterAddress,
    check_socket_path,
    connect,
    default_socket_parent,
    forget_foreign_address,
    prepare_socket_dir,
)
from mapping.store.embedded.binaries import Binaries, find_binaries
from mapping.store.embedded.locks import UserLock, exclusive
from mapping.store.embedded.processes import cluster_processes

LOGGER = logging.getLogger(__name__)

START_TIMEOUT_S = 300
"""Longest start, in seconds: after a crash the server replays its log first."""

STOP_TIMEOUT_S = 60
LOG_LIMIT_BYTES = 10_000_000

# Written once into postgresql.conf, so that whoever runs a larger town may change them there.
# Statements and details stay out of the log: they would hold what people reported.
SETTINGS = """
# --- community-mapping: may be changed by hand
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_min_error_statement = panic
log_error_verbosity = terse
"""


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
        self.log = self.data_dir / "postgres.log"
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
            account = server_account()
            binaries = find_binaries(self._bindir, self._data_major())
            forget_foreign_address()
            prepare_data_dir(self.data_dir, account)
            with self._alone(account):
                is_new_user = self._user_lock is None
                if self._user_lock is None:
                    self._user_lock = UserLock(self.data_dir / "users.lock", account)
                try:
                    self._bring_up(binaries, account)
                except BaseException:
                    if is_new_user:
                        with contextlib.suppress(EmbeddedDatabaseError):
                            self._leave(account)
                    raise
            if is_new_user:
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
            account = server_account()
            with self._alone(account):
                self._leave(account)

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

    def _alone(self, account: Account) -> contextlib.AbstractContextManager[None]:
        return exclusive(self.data_dir / "start.lock", account, START_TIMEOUT_S + self._patience_s)

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

    def _bring_up(self, binaries: Binaries, account: Account) -> None:
        major = self._data_major()
        if major is None:
            self._make(binaries, account)
        elif major != binaries.major:
            # Another process made them between our look for binaries and the lock.
            binaries = find_binaries(self._bindir, major)
        prepare_socket_dir(self.address.socket_dir, account)
        if not self._is_running_or_clear(account):
            self._start_server(binaries, account)
        self._prepare_database()

    def _make(self, binaries: Binaries, account: Account) -> None:
        """Make the cluster beside its place and move it there whole: what stands in its place is never half made."""
        for leftover in self.data_dir.glob("cluster.partial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if self.data.is_dir() and any(self.data.iterdir()):
            raise EmbeddedDatabaseError(
                f"{self.data} holds files but no PG_VERSION: a damaged cluster; restore it from a backup or remove it."
            )
        partial = Path(tempfile.mkdtemp(prefix="cluster.partial-", dir=self.data_dir))
        if account.is_other:
            os.chown(partial, account.uid, account.gid)
        try:
            # C.UTF-8 sorts alike everywhere; macOS does not have it in every version.
            locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
            command: list[str | Path] = [
                binaries.bindir / "initdb",
                "-D",
                partial,
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
            ]
            done = run_as(account, [*command, f"--locale={locale}", "--data-checksums"], START_TIMEOUT_S)
            if done.returncode:
                raise EmbeddedDatabaseError(f"initdb failed: {_last_line(done.stderr)}")
            with (partial / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(SETTINGS)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.data)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        folder = os.open(self.data_dir, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _is_running_or_clear(self, account: Account) -> bool:
        """Wait until the server answers (True), or until none of its processes is left (False)."""
        until = time.monotonic() + self._patience_s
        while True:
            refusal = self._refusal()
            if refusal is None:
                if not (self.data / "postmaster.pid").exists():
                    raise EmbeddedDatabaseError(
                        f"A server whose data were removed still holds {self.address.socket};"
                        " it ends by itself within a minute, then try again."
                    )
                return True
            alive = cluster_processes(self.data, self._name, account.uid)
            if alive.is_empty:
                return False
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        if alive.postmaster is not None:
            raise EmbeddedDatabaseError(
                f"The database server (process {alive.postmaster}) does not answer at {self.address.socket}: {refusal}"
            )
        pids = ", ".join(map(str, alive.children))
        raise EmbeddedDatabaseError(
            f"The database server died, but processes of it are still at work ({pids}); end them and try again."
        )

    def _refusal(self) -> str | None:
        """Try to connect; None if it worked, else why not."""
        try:
            connect(self.address, SUPERUSER).close()
        except psycopg.OperationalError as error:
            return _last_line(str(error))
        return None

    def _start_server(self, binaries: Binaries, account: Account) -> None:
        # None of the cluster's processes lives (seen above, under the lock), so these files are stale, whatever
        # process has their number now: PostgreSQL itself would refuse to start for a stranger or a zombie.
        for stale in (self.data / "postmaster.pid", self.address.socket_lock, self.address.socket):
            stale.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        logged = self.log.stat().st_size if self.log.exists() else 0
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.address.socket_dir),
            "unix_socket_permissions": "0700",
            "port": str(self.address.port),
            "cluster_name": self._name,
            "fsync": "on",
        }
        line = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        command: list[str | Path] = [
            binaries.bindir / "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.log,
            "-o",
            line,
            "-s",
            "-w",
        ]
        done = run_as(account, [*command, "-t", str(START_TIMEOUT_S), "start"], START_TIMEOUT_S + 30)
        refusal = self._refusal()
        if refusal is not None:
            said = self._log_since(logged) or _last_line(done.stderr) or refusal
            raise EmbeddedDatabaseError(f"The database server does not start: {said} (see {self.log})")

    def _log_since(self, offset: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(offset)
            lines = file.read().decode(errors="replace").splitlines()
        grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        return grave[0].partition(" [")[2].partition("] ")[2] if grave else ""

    def _prepare_database(self) -> None:
        try:
            with connect(self.address, SUPERUSER) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
            with connect(self.address, DATABASE) as connection:
                connection.execute("SET client_min_messages = warning")
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except psycopg.Error as error:
            raise EmbeddedDatabaseError(f"The database cannot be prepared: {_last_line(str(error))}") from error

    def _leave(self, account: Account) -> None:
        """Stop being a user; called with the start lock held."""
        lock, self._user_lock = self._user_lock, None
        if lock is None or not lock.release():
            return
        # pg_ctl signals the number in postmaster.pid: make sure that it is the server's and no stranger's.
        postmaster = cluster_processes(self.data, self._name, account.uid).postmaster
        if postmaster is None or postmaster != self._noted_postmaster():
            return
        binaries = find_binaries(self._bindir, self._data_major())
        command: list[str | Path] = [
            binaries.bindir / "pg_ctl",
            "-D",
            self.data,
            "-m",
            "fast",
            "-s",
            "-w",
            "-t",
            str(STOP_TIMEOUT_S),
        ]
        done = run_as(account, [*command, "stop"], STOP_TIMEOUT_S + 30)
        if done.returncode:
            raise EmbeddedDatabaseError(f"The database server does not stop: {_last_line(done.stderr)}")
        with contextlib.suppress(OSError):
            self.address.socket_dir.rmdir()

    def _noted_postmaster(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what the file system refuses into one clear line."""
    try:
        yield
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"The embedded database cannot use {error.filename or 'a file'}: {error.strerror}."
        ) from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
