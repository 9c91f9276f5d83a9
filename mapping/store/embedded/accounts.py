"""The OS account that runs the server, and commands run under it."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mapping.errors import EmbeddedDatabaseError


@dataclass(frozen=True)
class Account:
    """OS account of the server: our own, or `postgres` when we are root (PostgreSQL refuses to run as root).

    Parameters
    ----------
    uid, gid : int
        Numbers of the user and its group.
    name : str
        The user's name, for messages.
    """

    uid: int
    gid: int
    name: str

    @property
    def is_other(self) -> bool:
        """Whether commands must change user."""
        return self.uid != os.geteuid()


def server_account() -> Account:
    """Choose the account that runs the server.

    Returns
    -------
    Account

    Raises
    ------
    EmbeddedDatabaseError
        If we are root and there is no user `postgres`.
    """
    uid = os.geteuid()
    if uid:
        return Account(uid, os.getegid(), f"user {uid}")
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise EmbeddedDatabaseError(
            "PostgreSQL refuses to run as root and there is no user postgres; run this as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, "postgres")


def run_as(
    account: Account, command: Sequence[str | Path], timeout_s: float, inherited: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command under the server's account, from `/`, with no PG* variable of ours.

    Parameters
    ----------
    account : Account
        Whose rights the command has.
    command : sequence of str or Path
        Program and arguments.
    timeout_s : float
        Longest time it may take, in seconds.
    inherited : sequence of int
        Descriptors that the command, and what it starts, keep open.

    Returns
    -------
    CompletedProcess
        Exit code, standard output and error.

    Raises
    ------
    EmbeddedDatabaseError
        If it takes longer, or cannot be run at all.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # Messages are searched for FATAL, so they must not be translated.
    environment["LC_ALL"] = "C"
    arguments = [os.fspath(part) for part in command]
    try:
        return subprocess.run(
            arguments,
            user=account.uid if account.is_other else None,
            group=account.gid if account.is_other else None,
            extra_groups=[] if account.is_other else None,
            cwd="/",
            env=environment,
            umask=0o077,
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            # Ctrl-C in the terminal is for us; the server stops when its last user does.
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EmbeddedDatabaseError(f"{arguments[0]} did not finish within {timeout_s:.0f} s.") from None
    except OSError as error:
        raise EmbeddedDatabaseError(f"{arguments[0]} cannot be run as {account.name}: {error.strerror}.") from error


def prepare_data_dir(path: Path, account: Account) -> None:
    """Make the folder that holds the cluster, owned by the server's account.

    Parameters
    ----------
    path : Path
        The folder; an empty or absent one is taken over, any other must belong to the account already.
    account : Account
        OS account that runs the server.

    Raises
    ------
    EmbeddedDatabaseError
        If it belongs to someone else, others may write to it, or the account cannot reach it.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Listed before it is looked at: a process that starts beside us takes ownership first and writes then.
    is_empty = not any(path.iterdir())
    found = path.stat()
    if found.st_uid != account.uid:
        if not (is_empty and account.is_other and found.st_uid == os.geteuid()):
            raise EmbeddedDatabaseError(
                f"The data folder {path} belongs to user {found.st_uid}, not to {account.name}; choose an empty folder."
            )
        os.chown(path, account.uid, account.gid)
    if is_empty:
        path.chmod(0o700)
    elif found.st_mode & 0o022:
        raise EmbeddedDatabaseError(f"Others may write to the data folder {path}; run chmod go-w on it.")
    if account.is_other:
        _check_reachable(path, account)


def _check_reachable(path: Path, account: Account) -> None:
    """Name the first folder on the way that keeps the account out (asked of the system, so that ACLs count)."""
    if _may_enter(path, account):
        return
    for folder in [*reversed(path.parents), path]:
        if not _may_enter(folder, account):
            raise EmbeddedDatabaseError(
                f"User {account.name} cannot enter {folder}, so the data folder {path} cannot be used;"
                f" run chmod a+x {folder} or choose another data folder."
            )


def _may_enter(folder: Path, account: Account) -> bool:
    return run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], timeout_s=10).returncode == 0
