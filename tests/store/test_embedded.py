"""The embedded server's life, against the real one: started, joined, killed, broken, left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
import pytest

from learning.store import diagnosis
from learning.store.embedded import EmbeddedPostgres
from learning.store.errors import StoreUnavailable
from learning.store.flock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

CLIENT = """
import sys, pathlib
from learning.store.embedded import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.readline()
server.stop()
print("stopped", flush=True)
"""


class Client:
    """Another process that uses the server until told to leave, or until killed."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(home)],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.conninfo = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.leave()
        self.process.__exit__(None, None, None)

    def ready(self) -> str:
        assert self.process.stdout is not None
        self.conninfo = self.process.stdout.readline().strip()
        assert self.conninfo
        return self.conninfo

    def leave(self) -> None:
        out, _ = self.process.communicate("\n", timeout=60)
        assert "stopped" in out

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def postmaster(home: Path) -> int | None:
    """Return the process id of the living server."""
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a database that is not running."""
    home = tmp_path_factory.mktemp("m") / "h"
    with EmbeddedPostgres(home):
        pass
    return home


@pytest.fixture
def home(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of it; whatever a test leaves running is ended."""
    home = tmp_path_factory.mktemp("c") / "h"
    subprocess.run(["cp", "-a", str(made), str(home)], check=True)  # keeps the owner
    yield home
    if pid := postmaster(home):
        os.kill(pid, signal.SIGQUIT)


def ask(conninfo: str, query: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_start_makes_a_database_that_answers_and_stop_ends_it(tmp_path: Path) -> None:
    home, said = tmp_path / "deep" / "h", list[str]()
    # A start that was cut short left half a database behind; it must not be in the way.
    (home / "postgres.new-1" / "base").mkdir(parents=True)
    (home / "postgres.new-1" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(home)
    conninfo = server.start(said.append)
    assert not list(home.glob("*new*"))
    assert (
        ask(conninfo, "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'") == "1"
    )
    assert ask(conninfo, "SELECT lower('ÄΩЖ') || ('é' ~ '\\w')") == "äωжtrue"
    assert any("making" in sentence for sentence in said)
    server.stop()
    assert postmaster(home) is None
    server.stop()


def test_only_its_owner_can_reach_it_and_writes_are_durable(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        conninfo = server.start()
        assert ask(conninfo, "SHOW listen_addresses") == ""
        assert ask(conninfo, "SHOW synchronous_commit") == "on"
        assert ask(conninfo, "SHOW fsync") == "on"
        assert (home / "postgres").stat().st_mode & 0o077 == 0


def test_start_twice_is_one_use(home: Path) -> None:
    server = EmbeddedPostgres(home)
    assert server.start() == server.start()
    server.stop()
    assert postmaster(home) is None


def test_two_users_in_one_process_leave_one_by_one(home: Path) -> None:
    first, second = EmbeddedPostgres(home), EmbeddedPostgres(home)
    first.start()
    conninfo = second.start()
    first.stop()
    assert ask(conninfo, "SELECT 1") == "1"
    second.stop()
    assert postmaster(home) is None


@pytest.mark.process
def test_another_process_joins_and_the_last_one_stops_the_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    conninfo = server.start()
    with Client(home) as client:
        assert client.ready() == conninfo
        server.stop()
        assert ask(conninfo, "SELECT 1") == "1"
        client.leave()
    assert postmaster(home) is None


@pytest.mark.process
def test_a_killed_process_does_not_keep_the_server_up(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with Client(home) as client:
        client.ready()
        server.start()
        client.kill()
    server.stop()
    assert postmaster(home) is None


@pytest.mark.process
def test_a_server_without_users_is_joined_and_then_stopped(home: Path) -> None:
    with Client(home) as client:
        client.ready()
        client.kill()
    orphan = postmaster(home)
    assert orphan is not None
    with EmbeddedPostgres(home):
        assert postmaster(home) == orphan
    assert postmaster(home) is None


@pytest.mark.process
def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    conninfo = server.start()
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'yes' AS word")
    # A backend that computes holds the dead server's shared memory until it is done.
    busy = psycopg.connect(conninfo)
    computing = f"SELECT count(*) FROM {', '.join(['generate_series(1, 2500)'] * 2)}"
    busy.pgconn.send_query(computing.encode())
    busy.pgconn.flush()
    killed, said = postmaster(home), list[str]()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    again = server.start(said.append)
    assert len(said) == len(set(said))
    assert again == conninfo
    assert ask(again, "SELECT word FROM kept") == "yes"
    assert postmaster(home) != killed
    busy.close()
    server.stop()
    assert postmaster(home) is None


@pytest.mark.process
def test_processes_that_race_on_a_new_home_share_one_server(tmp_path: Path) -> None:
    home = tmp_path / "h"
    with Client(home) as one, Client(home) as two:
        with ThreadPoolExecutor() as pool:
            assert len(set(pool.map(Client.ready, (one, two)))) == 1
        one.leave()
        assert ask(two.conninfo, "SELECT 1") == "1"
    assert postmaster(home) is None


@pytest.mark.process
def test_the_server_gets_no_secrets_from_the_environment(home: Path) -> None:
    with Client(home, SLACK_BOT_TOKEN="xoxb-very-secret", PGDATA="/nowhere") as client:
        client.ready()
        environ = Path(f"/proc/{postmaster(home)}/environ")
        if environ.exists():
            assert b"PATH" in environ.read_bytes()
            assert b"very-secret" not in environ.read_bytes()


def test_a_stale_pid_file_that_names_a_living_stranger_is_overcome(home: Path) -> None:
    note = home / "postgres" / "postmaster.pid"
    note.write_text(f"{os.getppid()}\n{home / 'postgres'}\n1\n5432\n/nowhere\n\n\nready\n")
    with EmbeddedPostgres(home) as server:
        assert ask(server.start(), "SELECT 1") == "1"


def test_a_stranger_of_the_servers_own_user_is_not_taken_for_it(home: Path) -> None:
    note = home / "postgres" / "postmaster.pid"
    owner = note.parent.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner) as stranger:
        note.write_text(f"{stranger.pid}\n{home / 'postgres'}\n1\n5432\n/nowhere\n\n\nready\n")
        with EmbeddedPostgres(home) as server:
            assert ask(server.start(), "SELECT 1") == "1"
        assert stranger.poll() is None
        stranger.kill()


def test_a_long_path_gets_a_short_private_socket_folder(home: Path) -> None:
    long = home.parent / ("long" * 25)
    home.rename(long)
    with EmbeddedPostgres(long) as server:
        conninfo = server.start()
        assert ask(conninfo, "SELECT 1") == "1"
        folder = Path(str(psycopg.conninfo.conninfo_to_dict(conninfo)["host"]))
        assert folder != long / "postgres"
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_odd_characters_in_the_path_do_no_harm(home: Path) -> None:
    odd = home.parent / """it's a "$HOME" of mine, \\ with `x` é"""
    home.rename(odd)
    with EmbeddedPostgres(odd) as server:
        assert ask(server.start(), "SELECT 1") == "1"


def test_waiting_for_another_start_is_said_and_ends(home: Path) -> None:
    other, said = FileLock(home / "postgres.start.lock"), list[str]()
    assert other.acquire()
    with pytest.raises(StoreUnavailable, match="another Mynah"):
        EmbeddedPostgres(home, deadline_s=0.1).start(said.append)
    other.release()
    assert said == ["waiting for another Mynah that is starting the database"]


def test_a_file_in_place_of_the_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_text("not a folder")
    with pytest.raises(StoreUnavailable, match="MYNAH_HOME"):
        EmbeddedPostgres(tmp_path / "h").start()
    with pytest.raises(StoreUnavailable, match="MYNAH_HOME"):
        EmbeddedPostgres(tmp_path / "h" / "below").start()


def test_data_of_another_version_is_refused_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "h" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoreUnavailable, match=r"PostgreSQL 16 .* 18"):
        EmbeddedPostgres(tmp_path / "h").start()
    assert (data / "PG_VERSION").read_text() == "16\n"


def test_a_folder_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "h" / "postgres"
    data.mkdir(parents=True)
    (data / "diary.txt").write_text("dear diary")
    with pytest.raises(StoreUnavailable, match="move that folder away"):
        EmbeddedPostgres(tmp_path / "h").start()
    assert (data / "diary.txt").read_text() == "dear diary"


def test_a_broken_database_is_reported_with_its_reason_and_kept(home: Path) -> None:
    control = home / "postgres" / "global" / "pg_control"
    control.rename(home / "aside")
    server = EmbeddedPostgres(home)
    with pytest.raises(
        StoreUnavailable, match=r"pg_control.*server\.log.*nothing was changed"
    ) as e:
        server.start()
    assert "\n" not in str(e.value)
    (home / "aside").rename(control)
    # Nothing of the failed start is in the way of the next one.
    with EmbeddedPostgres(home) as again:
        assert ask(again.start(), "SELECT 1") == "1"


def test_what_passes_by_itself_is_told_from_what_does_not() -> None:
    for output in (
        "FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use",
        'FATAL:  lock file "postmaster.pid" already exists',
        "pg_ctl: server did not start in time",
    ):
        assert diagnosis.passing(output)
    for output in (
        'FATAL:  could not write lock file "postmaster.pid": No space left on device',
        'FATAL:  could not create lock file "postmaster.pid": Permission denied',
        "",
    ):
        assert not diagnosis.passing(output)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ('initdb: error: could not write to file "x": No space left on device', "disk .* full"),
        ("PANIC:  could not write to file: No space left on device", "disk .* full"),
        ('FATAL:  Unix-domain socket path "/x" is too long (maximum 107 bytes)', "shorter path"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little"),
        ("LOG:  x\nFATAL:  could not load library", "does not start .could not load library."),
    ],
)
def test_what_postgresql_says_becomes_a_sentence(output: str, words: str, tmp_path: Path) -> None:
    sentence = diagnosis.of_output(output, tmp_path)
    with pytest.raises(StoreUnavailable, match=words):
        raise StoreUnavailable(sentence)
    assert str(tmp_path) in sentence


def test_a_lock_is_shared_or_alone(tmp_path: Path) -> None:
    one, two = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.acquire(shared=True)
    assert one.alone()
    assert not two.acquire(shared=True)
    one.release()
    assert one.acquire(shared=True)
    assert two.acquire(shared=True)
    assert not one.alone()
    one.release()
    assert two.alone()
    two.release()
    assert not two.held
