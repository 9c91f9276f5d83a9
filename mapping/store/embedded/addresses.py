"""Where the cluster listens, and the private folder that holds its socket."""

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded.accounts import Account

# The cluster has no TCP port: the number only names the socket, so it need not be free.
PORT = 54329
SUPERUSER = "postgres"
DATABASE = "mapping"
# sun_path is 108 bytes on Linux and 104 on macOS, with the closing zero.
SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107


@dataclass(frozen=True)
class ClusterAddress:
    """Where a running cluster is reached.

    Parameters
    ----------
    socket_dir : Path
        Folder that holds the socket.
    port : int
        Number that names the socket.
    """

    socket_dir: Path
    port: int = PORT

    @property
    def socket(self) -> Path:
        """The socket itself."""
        return self.socket_dir / f".s.PGSQL.{self.port}"

    @property
    def socket_lock(self) -> Path:
        """The file by which PostgreSQL reserves the socket."""
        return self.socket_dir / f".s.PGSQL.{self.port}.lock"

    def dsn(self, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Give the address as libpq reads it.

        Parameters
        ----------
        user, database : str
            Role and database.

        Returns
        -------
        str
            `postgresql://user@/database?host=…&port=…`
        """
        query = urlencode({"host": str(self.socket_dir), "port": self.port}, safe="/", quote_via=quote)
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?{query}"

    def url(self, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Give the address as SQLAlchemy reads it.

        Parameters
        ----------
        user, database : str
            Role and database.

        Returns
        -------
        str
            `postgresql+psycopg://user@/database?host=…&port=…`
        """
        return self.dsn(user, database).replace("postgresql://", "postgresql+psycopg://", 1)


def default_socket_parent() -> Path:
    """Give the short folder under which sockets are kept: one fixed place, so that every process finds it.

    Returns
    -------
    Path
        `/run` for root where it exists, else `/tmp` (not `TMPDIR`, which is long on macOS and differs by session).
    """
    run = Path("/run")
    return run if os.geteuid() == 0 and run.is_dir() else Path("/tmp")


def check_socket_path(address: ClusterAddress) -> None:
    """Refuse a socket path that the system would cut off.

    Parameters
    ----------
    address : ClusterAddress
        Where the cluster is to listen.

    Raises
    ------
    EmbeddedDatabaseError
        If the path is longer than `SOCKET_PATH_LIMIT` bytes.
    """
    length = len(os.fsencode(address.socket))
    if length > SOCKET_PATH_LIMIT:
        raise EmbeddedDatabaseError(
            f"The database socket's path {address.socket} has {length} bytes; the system allows {SOCKET_PATH_LIMIT}."
        )


def prepare_socket_dir(path: Path, account: Account) -> None:
    """Make the socket's folder, or make sure that the one found there is ours alone.

    Parameters
    ----------
    path : Path
        The folder; its name can be guessed, so someone else may have made it first.
    account : Account
        OS account that runs the server.

    Raises
    ------
    EmbeddedDatabaseError
        If it is a link, no folder, another owner's, or open to others.
    """
    parent = path.parent.stat()
    if parent.st_mode & 0o022 and not parent.st_mode & stat.S_ISVTX:
        raise EmbeddedDatabaseError(f"Others may replace files in {path.parent}: it lacks the sticky bit (chmod +t).")
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    owners = {account.uid, os.geteuid()}
    if not stat.S_ISDIR(found.st_mode):
        fault = "is a link or no folder"
    elif found.st_uid not in owners:
        fault = f"belongs to user {found.st_uid}"
    elif found.st_mode & 0o077:
        fault = f"is open to others (mode {stat.S_IMODE(found.st_mode):04o})"
    else:
        if found.st_uid != account.uid:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        return
    raise EmbeddedDatabaseError(f"The database socket's folder {path} {fault}, so it is not trusted; remove it.")


def connect(address: ClusterAddress, database: str) -> psycopg.Connection:
    """Open a connection as the cluster's superuser, every statement on its own.

    Parameters
    ----------
    address : ClusterAddress
        Where the cluster listens.
    database : str
        Database to open.

    Returns
    -------
    psycopg.Connection

    Raises
    ------
    psycopg.OperationalError
        If nothing answers.
    """
    return psycopg.connect(address.dsn(database=database), autocommit=True, connect_timeout=5)


def forget_foreign_address() -> None:
    """Take the variables libpq reads (PGHOSTADDR, PGSERVICE, PGOPTIONS …) out of this process's environment.

    They would bend a URL of the embedded cluster towards another server, and there is no way to say
    "ignore them" inside a URL that SQLAlchemy and libpq both read.
    """
    for option in psycopg.pq.Conninfo.get_defaults():
        if option.envvar:
            os.environ.pop(option.envvar.decode(), None)
    for name in ("PGTZ", "PGDATESTYLE", "PGGEQO", "PGSERVICEFILE", "PGSYSCONFDIR"):
        os.environ.pop(name, None)
