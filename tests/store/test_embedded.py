"""The embedded cluster against a real PostgreSQL: what happens in a village hall when the power goes."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy as sa

from mapping.errors import EmbeddedDatabaseError
from mapping.store.embedded import EmbeddedCluster, binaries, default_data_dir
from mapping.store.embedded.accounts import server_account
from mapping.store.embedded.addresses import ClusterAddress, prepare_socket_dir
from mapping.store.embedded.binaries import find_binaries
from mapping.store.embedded.locks import handed_on, is_free
from mapping.store.embedded.servers import reason

IS_ROOT = os.geteuid() == 0
ROOT = Path(__file__).parents[2]

# A process that uses the cluster until its standard input ends.
USER_SCRIPT = """
import sys
from pathlib import Path
from mapping.store.embedded import EmbeddedCluster
cluster = EmbeddedCluster(Path(sys.argv[1]))
cluster.start()
print((cluster.data / "postmaster.pid").read_text().splitlines()[0], flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def new_home() -> Iterator[Path]:
    """Make a folder with a short name that the server's account can enter (pytest's own are closed to it)."""
    home = Path(tempfile.mkdtemp(prefix="cmt-", dir="/tmp"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        home.chmod(0o755)
        shutil.rmtree(home)


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as folder:
        yield folder


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """Give the home of a cluster that was started once, holds a row and is stopped."""
    with new_home() as folder:
        with cluster_in(folder) as cluster:
            execute(cluster, "CREATE TABLE kept (place geometry(Point, 4326))")
            execute(cluster, "INSERT INTO kept VALUES (ST_SetSRID(ST_MakePoint(30.52, 50.45), 4326))")
        yield folder


def cluster_in(home: Path, patience_s: float = 30.0) -> EmbeddedCluster:
    return EmbeddedCluster(home / "data", socket_parent=home, patience_s=patience_s)


def execute(cluster: EmbeddedCluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def kept_rows(cluster: EmbeddedCluster) -> object:
    return execute(cluster, "SELECT count(*) FROM kept")[0][0]


def postmaster(cluster: EmbeddedCluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def crash(cluster: EmbeddedCluster) -> None:
    """Kill the server as a power cut would, and wait until its parent has taken note."""
    pid = postmaster(cluster)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 10.0) -> None:
    until = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def answers(cluster: EmbeddedCluster) -> bool:
    try:
        psycopg.connect(cluster.dsn(database="postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def spawn_stranger(*command: str) -> subprocess.Popen[bytes]:
    """Start a process of the server's account, which PostgreSQL takes for its own predecessor."""
    account = server_account()
    return subprocess.Popen(command, user=account.uid if account.is_other else None, cwd="/")


def note_postmaster(cluster: EmbeddedCluster, pid: int) -> None:
    """Put another number into postmaster.pid, as if the system had used it again."""
    path = cluster.data / "postmaster.pid"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([f"{pid}\n", *lines[1:]]), encoding="utf-8")


def start_user(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER_SCRIPT, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end_user(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_first_start_makes_a_private_database_with_postgis(made: Path) -> None:
    with cluster_in(made) as cluster:
        names = ["server_encoding", "data_checksums", "listen_addresses", "fsync", "jit", "unix_socket_permissions"]
        shown = execute(cluster, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
        assert shown == [("UTF8", "on", "", "on", "off", "0700")]
        assert execute(cluster, "SELECT datcollate FROM pg_database WHERE datname = 'mapping'") == [("C.UTF-8",)]
        assert execute(cluster, "SELECT ST_AsText(place) FROM kept") == [("POINT(30.52 50.45)",)]
        assert cluster.address.socket_dir.stat().st_mode & 0o777 == 0o700
        assert cluster.data.stat().st_uid == server_account().uid


def test_url_serves_sqlalchemy(made: Path) -> None:
    with cluster_in(made) as cluster:
        assert cluster.url(user="someone") == (
            f"postgresql+psycopg://someone@/mapping?host={cluster.address.socket_dir}&port=54329"
        )
        engine = sa.create_engine(cluster.url())
        with engine.connect() as connection:
            assert connection.execute(sa.text("SELECT current_user")).scalar_one() == "postgres"
        engine.dispose()


def test_start_may_be_called_again(made: Path) -> None:
    cluster = cluster_in(made)
    first = cluster.start()
    pid = postmaster(cluster)
    assert cluster.start() == first
    assert postmaster(cluster) == pid
    cluster.stop()
    assert not answers(cluster)
    assert not cluster.address.socket_dir.exists()
    cluster.stop()


def test_a_second_start_makes_nothing_anew(made: Path) -> None:
    cluster = cluster_in(made)
    born = (cluster.data / "PG_VERSION").stat().st_mtime_ns
    with cluster:
        assert kept_rows(cluster) == 1
    assert (cluster.data / "PG_VERSION").stat().st_mtime_ns == born


def test_three_processes_share_and_the_last_one_stops(home: Path) -> None:
    users = [start_user(home / "data") for _ in range(3)]
    cluster = EmbeddedCluster(home / "data")
    assert len({said(user) for user in users}) == 1
    for user in users[:2]:
        end_user(user)
        assert answers(cluster)
    end_user(users[2])
    assert not answers(cluster)
    assert not (cluster.data / "postmaster.pid").exists()


def test_killed_user_is_no_user(made: Path) -> None:
    user = start_user(made / "data")
    assert said(user)
    user.kill()
    user.communicate()
    cluster = EmbeddedCluster(made / "data")
    assert answers(cluster)
    with cluster:
        assert kept_rows(cluster) == 1
    assert not answers(cluster)


def test_two_users_in_one_process_count_as_two(made: Path) -> None:
    cluster = cluster_in(made)
    with cluster:
        other = EmbeddedCluster(made / "data", socket_parent=made)
        other.start()
        cluster.stop()
        assert answers(cluster)
        other.stop()
        assert not answers(cluster)


def test_forked_child_never_stops_the_server(made: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from mapping.store.embedded.accounts import server_account\n"
        "from mapping.store.embedded.locks import UserLock\n"
        "lock = UserLock(Path(sys.argv[1]), server_account())\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(int(lock.release()))\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), lock.release())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(made / "fork.lock")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    assert done.stdout.split() == ["0", "True"]


def test_rows_outlive_a_killed_server(made: Path) -> None:
    cluster = cluster_in(made)
    cluster.start()
    execute(cluster, "CREATE TABLE drops AS SELECT generate_series(1, 500) AS n")
    crash(cluster)
    cluster.start()
    assert execute(cluster, "SELECT count(*) FROM drops") == [(500,)]
    execute(cluster, "DROP TABLE drops")
    cluster.stop()
    assert not answers(cluster)


def test_stranger_under_the_noted_number_is_left_alone(made: Path) -> None:
    cluster = cluster_in(made)
    cluster.start()
    stranger = spawn_stranger("sleep", "60")
    try:
        crash(cluster)
        note_postmaster(cluster, stranger.pid)
        cluster.stop()
        assert stranger.poll() is None
        with cluster:
            assert kept_rows(cluster) == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_zombie_under_the_noted_number_is_no_server(made: Path) -> None:
    cluster = cluster_in(made)
    cluster.start()
    zombie = spawn_stranger("true")
    try:
        crash(cluster)
        note_postmaster(cluster, zombie.pid)
        wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
        cluster.start()
        assert kept_rows(cluster) == 1
    finally:
        zombie.wait()
        cluster.stop()


def test_living_backend_of_a_dead_server_forbids_a_start(made: Path) -> None:
    cluster = cluster_in(made, patience_s=0.5)
    cluster.start()
    with psycopg.connect(cluster.dsn()) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        crash(cluster)
        with pytest.raises(EmbeddedDatabaseError, match=f"still at work.*{backend}"):
            cluster.start()
        os.kill(backend, signal.SIGKILL)
        connection.close()
    wait_until(lambda: not psutil.pid_exists(backend) or psutil.Process(backend).status() == psutil.STATUS_ZOMBIE)
    with cluster:
        assert kept_rows(cluster) == 1


def test_server_out_of_sight_forbids_a_start(made: Path) -> None:
    cluster = cluster_in(made, patience_s=0.3)
    lock, account = made / "data" / "server.lock", server_account()
    with cluster:
        assert not is_free(lock, account)
    assert is_free(lock, account)
    with (
        handed_on(lock, account),
        pytest.raises(EmbeddedDatabaseError, match="cannot be reached from here, perhaps in another container"),
    ):
        cluster.start()


def test_interrupted_initdb_is_redone(home: Path) -> None:
    cluster = cluster_in(home)
    user = start_user(home / "data")
    wait_until(lambda: any((home / "data").glob("cluster.partial-*/PG_VERSION")))
    user.kill()
    user.communicate()
    assert not cluster.data.exists()
    with cluster:
        assert execute(cluster, "SELECT count(*) FROM spatial_ref_sys WHERE srid = 4326") == [(1,)]
    assert not list((home / "data").glob("cluster.partial-*"))


def test_variables_of_libpq_do_not_bend_the_address(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOSTADDR": "127.0.0.1",
        "PGOPTIONS": "-c fsync",
        "PGSERVICE": "none",
        "PGDATA": "/x",
    }.items():
        monkeypatch.setenv(name, value)
    with cluster_in(made) as cluster:
        assert kept_rows(cluster) == 1


def test_refused_start_names_the_reason(made: Path) -> None:
    cluster = cluster_in(made)
    configuration = cluster.data / "postgresql.conf"
    before = configuration.read_text(encoding="utf-8")
    configuration.write_text(before + "shared_buffers = much\n", encoding="utf-8")
    try:
        with pytest.raises(EmbeddedDatabaseError, match=r'FATAL.*configuration file ".*" contains errors'):
            cluster.start()
    finally:
        configuration.write_text(before, encoding="utf-8")


def test_reason_is_found_among_hints() -> None:
    initdb = (
        "creating directory ... ok\ninitdb: error: could not create file: No space left\ninitdb: removing contents\n"
    )
    assert reason(initdb) == "initdb: error: could not create file: No space left"
    assert reason("connection failed: No such file\n\tIs the server running?\n") == "connection failed: No such file"
    assert reason("pg_ctl: server does not shut down\n") == "pg_ctl: server does not shut down"
    assert reason("") == ""


def test_data_of_another_version_are_not_touched(home: Path) -> None:
    cluster = cluster_in(home)
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(EmbeddedDatabaseError, match=r"made by PostgreSQL 9, but only .*15.* run: "):
        cluster.start()


def test_damaged_cluster_is_not_replaced(home: Path) -> None:
    cluster = cluster_in(home)
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").unlink()
    with pytest.raises(EmbeddedDatabaseError, match="damaged cluster"):
        cluster.start()
    assert (cluster.data / "base").is_dir()


def test_wrong_override_is_an_error(home: Path) -> None:
    cluster = EmbeddedCluster(home / "data", home, socket_parent=home)
    with pytest.raises(EmbeddedDatabaseError, match="asked for cannot be used: it has no initdb, pg_ctl, postgres"):
        cluster.start()
    assert not (home / "data").exists()


def test_override_without_postgis_is_an_error(home: Path) -> None:
    real = find_binaries(None, None).bindir
    for name in binaries.PROGRAMS:
        (home / name).symlink_to(real / name)
    (home / "pg_config").write_text(f"#!/bin/sh\necho {home}\n", encoding="ascii")
    (home / "pg_config").chmod(0o755)
    with pytest.raises(EmbeddedDatabaseError, match=r"comes without PostGIS; run: .*postgis"):
        find_binaries(home, None)


def test_missing_binaries_name_the_install_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "apt").write_text("#!/bin/sh\n", encoding="ascii")
    (home / "apt").chmod(0o755)
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setattr(binaries, "PLACES", ())
    command = "brew install postgis" if sys.platform == "darwin" else "apt install postgresql-15-postgis-3"
    with pytest.raises(EmbeddedDatabaseError, match=f"No PostgreSQL 15\\+ with PostGIS 3.3\\+ .* run: {command}$"):
        find_binaries(None, None)


def test_too_long_socket_path_is_an_error(home: Path) -> None:
    cluster = EmbeddedCluster(home / "data", socket_parent=home / ("п" * 45))
    with pytest.raises(EmbeddedDatabaseError, match=r"socket's path .* bytes; the system allows 10[37]"):
        cluster.start()


@pytest.mark.parametrize(
    ("squat", "fault"), [("link", "is a link"), ("file", "is a link or no folder"), ("open", "0755")]
)
def test_squatted_socket_folder_is_not_trusted(home: Path, squat: str, fault: str) -> None:
    cluster = cluster_in(home)
    folder = cluster.address.socket_dir
    if squat == "link":
        (home / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(home / "elsewhere")
    elif squat == "file":
        folder.touch()
    else:
        folder.mkdir()
        folder.chmod(0o755)
    with pytest.raises(EmbeddedDatabaseError, match=f"{fault}.*not trusted"):
        prepare_socket_dir(folder, server_account())


def test_socket_folder_of_another_owner_is_not_trusted(home: Path) -> None:
    folder = Path("/usr/lib")
    if IS_ROOT:
        folder = home / "theirs"
        folder.mkdir(mode=0o700)
        os.chown(folder, 65534, 65534)
    with pytest.raises(EmbeddedDatabaseError, match=r"belongs to user \d+, so it is not trusted"):
        prepare_socket_dir(folder, server_account())


def test_unreachable_data_folder_is_an_error(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700 if IS_ROOT else 0o500)
    fault = f"cannot enter {closed}.*chmod a\\+x" if IS_ROOT else f"cannot use {closed}/data"
    with pytest.raises(EmbeddedDatabaseError, match=fault):
        EmbeddedCluster(closed / "data", socket_parent=home).start()


def test_data_folder_of_another_owner_is_not_taken(home: Path) -> None:
    folder = home / "theirs"
    if IS_ROOT:
        folder.mkdir()
        (folder / "letter").touch()
    else:
        folder = Path("/usr/lib")
    with pytest.raises(EmbeddedDatabaseError, match=r"belongs to user 0.*choose an empty folder"):
        EmbeddedCluster(folder, socket_parent=home).start()


def test_address_quotes_what_it_holds() -> None:
    address = ClusterAddress(Path("/tmp/a b&c"))
    assert address.dsn("o'k", "d b") == "postgresql://o%27k@/d%20b?host=/tmp/a%20b%26c&port=54329"
    assert sa.make_url(address.url()).query["host"] == "/tmp/a b&c"


def test_default_data_folder() -> None:
    expected = Path("/var/lib/community-mapping") if IS_ROOT else Path.home()
    assert default_data_dir().is_relative_to(expected)
