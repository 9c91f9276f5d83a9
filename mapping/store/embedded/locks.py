"""Locks between processes, by `flock`: the kernel lets go of them when a process dies, however it dies."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded.accounts import Account


def _open(path: Path, account: Account) -> int:
    # As root we write in a folder of another account: never through a link it may have laid.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if account.is_other:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor


@contextlib.contextmanager
def exclusive(path: Path, account: Account, patience_s: float) -> Iterator[None]:
    """Hold a lock alone.

    Parameters
    ----------
    path : Path
        The lock's file, made if absent.
    account : Account
        Owner of the file.
    patience_s : float
        Longest time to wait, in seconds.

    Raises
    ------
    EmbeddedDatabaseError
        If another process holds it for longer.
    """
    descriptor = _open(path, account)
    try:
        until = time.monotonic() + patience_s
        while not _try_exclusive(descriptor):
            if time.monotonic() > until:
                raise EmbeddedDatabaseError(
                    f"Another process has been starting or stopping the database for {patience_s:.0f} s"
                    f" (it holds {path}); end it and try again."
                )
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def handed_on(path: Path, account: Account) -> Iterator[int]:
    """Share a lock through a descriptor that a program started meanwhile may inherit, and so hold for its life.

    Parameters
    ----------
    path : Path
        The lock's file, made if absent.
    account : Account
        Owner of the file.

    Yields
    ------
    int
        The descriptor.
    """
    descriptor = _open(path, account)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def is_free(path: Path, account: Account) -> bool:
    """Whether nobody holds a lock, here or in another container of this machine.

    Parameters
    ----------
    path : Path
        The lock's file, made if absent.
    account : Account
        Owner of the file.

    Returns
    -------
    bool
    """
    descriptor = _open(path, account)
    try:
        return _try_exclusive(descriptor)
    finally:
        os.close(descriptor)


class UserLock:
    """The lock that every user of the cluster shares for as long as it uses it.

    Parameters
    ----------
    path : Path
        The lock's file, made if absent.
    account : Account
        Owner of the file.
    """

    def __init__(self, path: Path, account: Account) -> None:
        self._descriptor = _open(path, account)
        self._process = os.getpid()
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> bool:
        """Stop being a user.

        Returns
        -------
        bool
            Whether nobody is left. A child made by `fork` shares its parent's lock: it never was a user
            of its own, and is never the last.
        """
        is_ours = self._process == os.getpid()
        try:
            return is_ours and _try_exclusive(self._descriptor)
        finally:
            os.close(self._descriptor)
