"""Which processes belong to a cluster. A number in postmaster.pid proves nothing: the system uses numbers again."""

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class ClusterProcesses:
    """Living processes of one cluster.

    Parameters
    ----------
    postmaster : int or None
        Process id of the server.
    children : tuple of int
        Process ids of its backends and background processes.
    """

    postmaster: int | None
    children: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether none is left."""
        return self.postmaster is None and not self.children


def cluster_processes(data: Path, cluster_name: str, uid: int) -> ClusterProcesses:
    """Look for the processes of a cluster among those of its account.

    Parameters
    ----------
    data : Path
        The cluster's data folder (PGDATA), resolved.
    cluster_name : str
        PostgreSQL's `cluster_name`, which every child shows in its title.
    uid : int
        User that runs the server.

    Returns
    -------
    ClusterProcesses
        Zombies are not counted: they hold no memory and no file.
    """
    postmaster: int | None = None
    children = []
    for process in psutil.process_iter():
        try:
            if process.uids().effective != uid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            command = process.cmdline()
            # A title that a process gave itself is one string, which psutil may have split at spaces.
            if " ".join(command).startswith(f"postgres: {cluster_name}: "):
                children.append(process.pid)
            elif _serves(process, command, data):
                postmaster = process.pid
        except psutil.Error:
            continue
    return ClusterProcesses(postmaster, tuple(children))


def _serves(process: psutil.Process, command: list[str], data: Path) -> bool:
    if not command or Path(command[0]).name not in {"postgres", "postmaster"}:
        return False
    if "-D" in command and command[command.index("-D") + 1 :][:1] == [str(data)]:
        return True
    try:
        return process.cwd() == str(data)
    except psutil.AccessDenied:
        # Root in a container without SYS_PTRACE; the command line has been asked already.
        return False
