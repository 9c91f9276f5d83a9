"""Finding PostgreSQL binaries that come with PostGIS.

No wheel carries PostGIS, so the system's packages are used: the folder that was asked for, or else Debian's,
the PGDG's for Red Hat, Homebrew's, Postgres.app's, and what `pg_config` on the path names.
"""

import glob
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mapping.errors import EmbeddedDatabaseError

MINIMUM_POSTGRESQL = 15
MINIMUM_POSTGIS = (3, 3)
PROGRAMS = ("initdb", "pg_ctl", "postgres")
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs.

    Parameters
    ----------
    bindir : Path
        The folder.
    major : int
        PostgreSQL's major version.
    """

    bindir: Path
    major: int


def find_binaries(bindir: Path | None, data_major: int | None) -> Binaries:
    """Choose the programs to run the cluster with.

    Parameters
    ----------
    bindir : Path or None
        The one folder to use, or None to search.
    data_major : int or None
        Major version that made the data; None if there are none yet.

    Returns
    -------
    Binaries
        Of the version that made the data, else the newest.

    Raises
    ------
    EmbeddedDatabaseError
        If the folder asked for does not serve, nothing is installed, or nothing fits the data.
    """
    if bindir is not None:
        found = _read(bindir)
        if isinstance(found, str):
            raise EmbeddedDatabaseError(f"The PostgreSQL folder {bindir} that was asked for cannot be used: {found}.")
        candidates = [found]
    else:
        candidates = [one for one in map(_read, _places()) if isinstance(one, Binaries)]
    if not candidates:
        raise EmbeddedDatabaseError(
            f"No PostgreSQL {MINIMUM_POSTGRESQL}+ with PostGIS {_dotted(MINIMUM_POSTGIS)}+ is installed;"
            f" run: {install_command()}"
        )
    fitting = [one for one in candidates if data_major in (None, one.major)]
    if not fitting:
        versions = ", ".join(str(one.major) for one in candidates)
        raise EmbeddedDatabaseError(
            f"The data were made by PostgreSQL {data_major}, but only {versions} is at hand;"
            f" run: {install_command(data_major)}"
        )
    return max(fitting, key=lambda one: one.major)


def install_command(major: int | None = None) -> str:
    """Name the command that installs what is missing on this system.

    Parameters
    ----------
    major : int or None
        PostgreSQL's major version; None for the system's own choice.

    Returns
    -------
    str
        A shell command.
    """
    if sys.platform == "darwin":
        return "brew install postgis" if major is None else f"brew install postgis postgresql@{major}"
    if shutil.which("apt"):
        return f"apt install postgresql-{major}-postgis-3" if major else f"apt install {_newest_apt_package()}"
    if shutil.which("dnf"):
        return "dnf install postgresql-server postgis"
    if shutil.which("pacman"):
        return "pacman -S postgresql postgis"
    return "your system's installer for PostgreSQL and PostGIS (package postgis)"


def _newest_apt_package() -> str:
    """Each Debian and Ubuntu release packages one PostgreSQL; apt knows which."""
    try:
        known = subprocess.run(
            ["apt-cache", "pkgnames", "postgresql-"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        known = ""
    majors = [int(found) for found in re.findall(r"^postgresql-(\d+)-postgis-3$", known, re.MULTILINE)]
    return f"postgresql-{max(majors, default=MINIMUM_POSTGRESQL)}-postgis-3"


def _places() -> Iterator[Path]:
    for pattern in PLACES:
        yield from map(Path, sorted(glob.glob(pattern)))
    if pg_config := shutil.which("pg_config"):
        yield Path(_output(Path(pg_config), "--bindir"))


def _read(bindir: Path) -> Binaries | str:
    """Read what a folder offers; a string says why it does not serve."""
    missing = [name for name in PROGRAMS if not (bindir / name).is_file()]
    if missing:
        return f"it has no {', '.join(missing)}"
    version = re.search(r"\(PostgreSQL\) (\d+)", _output(bindir / "pg_ctl", "--version"))
    if version is None:
        return "its pg_ctl does not tell its version"
    major = int(version[1])
    if major < MINIMUM_POSTGRESQL:
        return f"it holds PostgreSQL {major}, {MINIMUM_POSTGRESQL} is the oldest that serves"
    postgis = _postgis_version(bindir, major)
    if postgis is None:
        return f"it comes without PostGIS; run: {install_command(major)}"
    if postgis < MINIMUM_POSTGIS:
        return f"it comes with PostGIS {_dotted(postgis)}, {_dotted(MINIMUM_POSTGIS)} is the oldest that serves"
    return Binaries(bindir, major)


def _postgis_version(bindir: Path, major: int) -> tuple[int, int] | None:
    shares = [
        Path(f"/usr/share/postgresql/{major}"),
        bindir.parent / "share/postgresql",
        bindir.parent / "share",
        bindir.parent / f"share/postgresql@{major}",
    ]
    # Debian's runtime packages may lack pg_config; where it is, it knows best.
    if (bindir / "pg_config").is_file() and (share := _output(bindir / "pg_config", "--sharedir")):
        shares = [Path(share)]
    for share_dir in shares:
        control = share_dir / "extension" / "postgis.control"
        if control.is_file():
            found = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control.read_text(encoding="utf-8"))
            return (int(found[1]), int(found[2])) if found else None
    return None


def _output(program: Path, option: str) -> str:
    try:
        return subprocess.run(
            [program, option], capture_output=True, text=True, timeout=10, check=False, cwd="/"
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
