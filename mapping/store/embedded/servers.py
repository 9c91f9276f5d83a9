"""The server process of a cluster: making its data, waiting for it, starting and stopping it.

Everything here is called with the cluster's start lock held. Whether the server runs is decided by connecting
to it, never by `pg_ctl status`, which believes postmaster.pid.
"""

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded.accounts import Account, run_as
from mapping.store.embedded.addresses import DATABASE, SUPERUSER, ClusterAddress, connect
from mapping.store.embedded.binaries import Binaries
from mapping.store.embedded.locks import handed_on, is_free
from mapping.store.embedded.processes import cluster_processes

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


@dataclass(frozen=True)
class Server:
    """One PostgreSQL server over one data folder.

    Parameters
    ----------
    data : Path
        PGDATA, resolved.
    log : Path
        File that PostgreSQL writes its messages to.
    address : ClusterAddress
        Where it listens.
    name : str
        Its `cluster_name`, by which its children are known.
    account : Account
        OS account that runs it.
    patience_s : float
        How long to wait for processes that are coming or going, in seconds.
    """

    data: Path
    log: Path
    address: ClusterAddress
    name: str
    account: Account
    patience_s: float

    def make_data(self, binaries: Binaries) -> None:
        """Make the data beside their place and move them there whole: what stands in the place is never half made.

        Parameters
        ----------
        binaries : Binaries
            Programs to make them with.

        Raises
        ------
        EmbeddedDatabaseError
            If `initdb` fails, or something that is no cluster lies in the place.
        """
        home = self.data.parent
        self._wait_for_orphans()
        for leftover in home.glob("cluster.partial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if self.data.is_dir() and any(self.data.iterdir()):
            raise EmbeddedDatabaseError(
                f"{self.data} holds files but no PG_VERSION: a damaged cluster; restore it from a backup or remove it."
            )
        partial = Path(tempfile.mkdtemp(prefix="cluster.partial-", dir=home))
        if self.account.is_other:
            os.chown(partial, self.account.uid, self.account.gid)
        try:
            self._run_initdb(binaries, partial)
            with (partial / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(SETTINGS)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.data)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        folder = os.open(home, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _run_initdb(self, binaries: Binaries, folder: Path) -> None:
        # C.UTF-8 sorts alike everywhere; not every macOS has it.
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", f"--locale={locale}", "--data-checksums"]
        command: list[str | Path] = [binaries.bindir / "initdb", "-D", folder, *options]
        with handed_on(self._life_lock, self.account) as life:
            done = run_as(self.account, command, START_TIMEOUT_S, inherited=(life,))
        if done.returncode:
            raise EmbeddedDatabaseError(f"initdb failed: {reason(done.stderr)}")

    def _wait_for_orphans(self) -> None:
        """Let the initdb of a killed process end: it would write into what is being removed."""
        until = time.monotonic() + self.patience_s
        while not is_free(self._life_lock, self.account):
            if time.monotonic() > until:
                raise EmbeddedDatabaseError(f"Another initdb or server is at work in {self.data.parent}; end it first.")
            time.sleep(0.1)

    def is_running_or_clear(self) -> bool:
        """Wait until the server answers, or until none of its processes is left.

        Returns
        -------
        bool
            True: it answers. False: it does not run and may be started.

        Raises
        ------
        EmbeddedDatabaseError
            If it neither answers nor goes away.
        """
        until = time.monotonic() + self.patience_s
        while True:
            refusal = self._refusal()
            if refusal is None:
                if not (self.data / "postmaster.pid").exists():
                    raise EmbeddedDatabaseError(
                        f"A server whose data were removed still holds {self.address.socket};"
                        " it ends by itself within a minute, then try again."
                    )
                return True
            alive = cluster_processes(self.data, self.name, self.account.uid)
            if alive.is_empty and is_free(self._life_lock, self.account):
                return False
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        if alive.postmaster is not None:
            raise EmbeddedDatabaseError(
                f"The database server (process {alive.postmaster}) does not answer at {self.address.socket}: {refusal}"
            )
        if alive.is_empty:
            raise EmbeddedDatabaseError(
                f"A server that cannot be reached from here, perhaps in another container, uses {self.data}; stop it."
            )
        numbers = ", ".join(map(str, alive.children))
        raise EmbeddedDatabaseError(
            f"The database server died, but processes of it are still at work ({numbers}); end them and try again."
        )

    def _refusal(self) -> str | None:
        """Try to connect; None if it worked, else why not."""
        try:
            connect(self.address, SUPERUSER).close()
        except psycopg.OperationalError as error:
            return reason(str(error))
        return None

    def start(self, binaries: Binaries) -> None:
        """Start the server; `is_running_or_clear` must have said that it may be.

        Parameters
        ----------
        binaries : Binaries
            Programs of the version that made the data.

        Raises
        ------
        EmbeddedDatabaseError
            If it does not come up; names the reason the server gave.
        """
        # None of the cluster's processes lives, so these files are stale, whatever process has their number now:
        # PostgreSQL itself would refuse to start for the sake of a stranger or a zombie.
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
            "cluster_name": self.name,
            "fsync": "on",
        }
        line = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        with handed_on(self._life_lock, self.account) as life:
            done = self._pg_ctl(binaries, START_TIMEOUT_S, "-l", str(self.log), "-o", line, "start", inherited=(life,))
        if done is not None or self._refusal() is not None:
            said = self._gravest_since(logged) or done
            raise EmbeddedDatabaseError(f"The database server does not start: {said} (see {self.log})")

    def _gravest_since(self, offset: int) -> str:
        """Read the first fatal message the server wrote after `offset` bytes of its log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(offset)
            lines = file.read().decode(errors="replace").splitlines()
        grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        # "2026-01-31 12:00:00.000 UTC [123] FATAL:  reason"
        return grave[0].partition("] ")[2] if grave else ""

    def prepare_database(self) -> None:
        """Make the database with PostGIS where it is not there yet.

        Raises
        ------
        EmbeddedDatabaseError
            If the server refuses.
        """
        try:
            with connect(self.address, SUPERUSER) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
            with connect(self.address, DATABASE) as connection:
                connection.execute("SET client_min_messages = warning")
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except psycopg.Error as error:
            raise EmbeddedDatabaseError(f"The database cannot be prepared: {reason(str(error))}") from error

    def stop(self, binaries: Binaries) -> None:
        """Stop the server if it runs; open connections are cut.

        Parameters
        ----------
        binaries : Binaries
            Programs of the version that made the data.

        Raises
        ------
        EmbeddedDatabaseError
            If it does not stop.
        """
        # pg_ctl signals the number in postmaster.pid: make sure that it is the server's and no stranger's.
        postmaster = cluster_processes(self.data, self.name, self.account.uid).postmaster
        if postmaster is None or postmaster != self._noted_postmaster():
            return
        refusal = self._pg_ctl(binaries, STOP_TIMEOUT_S, "-m", "fast", "stop")
        if refusal is not None:
            raise EmbeddedDatabaseError(f"The database server does not stop: {refusal}")
        with contextlib.suppress(OSError):
            self.address.socket_dir.rmdir()

    @property
    def _life_lock(self) -> Path:
        """File locked by the server and its children for as long as one of them lives, whoever can see them."""
        return self.data.parent / "server.lock"

    def _pg_ctl(self, binaries: Binaries, timeout_s: int, *options: str, inherited: tuple[int, ...] = ()) -> str | None:
        """Run `pg_ctl` and wait; None if it worked, else why not."""
        command = [str(binaries.bindir / "pg_ctl"), "-D", str(self.data), "-s", "-w", "-t", str(timeout_s), *options]
        done = run_as(self.account, command, timeout_s + 30, inherited)
        return reason(done.stderr) if done.returncode else None

    def _noted_postmaster(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None


def reason(text: str) -> str:
    """Pick the line of a program's message that says what went wrong.

    Parameters
    ----------
    text : str
        Any number of lines; hints and what was tidied up may follow the reason.

    Returns
    -------
    str
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    grave = [line for line in lines if any(word in line for word in ("FATAL:", "error:", "failed:"))]
    return (grave or lines[-1:] or [""])[0]
