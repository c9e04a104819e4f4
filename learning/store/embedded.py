"""The embedded PostgreSQL: one server for all Mynah processes that share a home.

Decides when the server starts and when it stops. Refuses to know what is kept
in it. The server belongs to whoever uses it: the first process starts it, the
next ones join, the last one to leave stops it. Who uses it is known from a
shared lock that the kernel releases even at ``kill -9``; the wheel's own list
of process ids goes stale there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from learning.store import diagnosis
from learning.store.errors import StoreUnavailable
from learning.store.flock import FileLock
from learning.store.installation import MAJOR, SETTINGS, SYNC_METHOD, Installation
from learning.store.postmaster import PORT, Postmaster

if TYPE_CHECKING:
    import pwd
    from collections.abc import Callable

_POLL_S = 0.02
_RETRY_S = 0.2
_STOP_S = 30.0
_INIT_S = 120.0
_MAX_LOG = 5 * 2**20
_SETTINGS_FILE = "mynah.conf"
_HALF_MADE = "postgres.new-"


def _silent(_sentence: str) -> None:
    return


class EmbeddedPostgres:
    """The server behind ``home/postgres``, started and stopped on demand.

    Every call blocks; from asyncio use ``asyncio.to_thread``. One object is
    one user of the server; it is not meant for several threads at once.

    Args:
        home: Mynah's folder; made if missing.
        deadline_s: how long to wait for a server that is starting, recovering
            or going down, and for other processes that start it.
        installation: the PostgreSQL programs; those in the wheel if ``None``.
    """

    def __init__(
        self, home: Path, *, deadline_s: float = 30.0, installation: Installation | None = None
    ) -> None:
        self._home = Path(os.path.abspath(home))  # noqa: PTH100 - resolve() raises on a loop
        self._data = self._home / "postgres"
        self._log = self._data / "server.log"
        self._deadline_s = deadline_s
        self._given = installation
        self._postmaster = Postmaster(self._data)
        # Held while the server is being started or stopped, so that nobody joins a dying one.
        self._change = FileLock(self._home / "postgres.start.lock")
        self._use = FileLock(self._home / "postgres.lock")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, progress: Callable[[str], None] = _silent) -> str:
        """Start the server or join the running one; return how to reach it.

        May be called again, for example to bring back a server that was killed.

        Args:
            progress: gets a short sentence before each step that takes time.

        Returns:
            A libpq connection string for the superuser and the database
            "postgres". It answered a query a moment ago.

        Raises:
            StoreUnavailable: if it does not answer within the deadline.
        """
        end = time.monotonic() + self._deadline_s
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._enter(end, progress)
            try:
                if not self._use.held and not self._use.acquire(shared=True):
                    raise StoreUnavailable(  # noqa: TRY301 - the lock is given back below
                        f"{self._home / 'postgres.lock'} is locked by another program: close it"
                    )
                return self._up(end, progress)
            except BaseException:
                self._use.release()
                raise
            finally:
                self._change.release()
        except OSError as error:
            raise StoreUnavailable(diagnosis.of_os_error(error, self._home)) from error

    def stop(self) -> None:
        """Leave the server; stop it if nobody else uses it. No error if not started."""
        if not self._use.held:
            return
        try:
            self._enter(time.monotonic() + self._deadline_s, _silent)
            try:
                if self._use.alone() and self._postmaster.alive():
                    self._shut_down()
            finally:
                self._change.release()
        except OSError as error:
            raise StoreUnavailable(diagnosis.of_os_error(error, self._home)) from error
        finally:
            self._use.release()

    def _enter(self, end: float, progress: Callable[[str], None]) -> None:
        free = self._change.acquire(
            timeout_s=max(0.0, end - time.monotonic()),
            on_wait=lambda: progress("waiting for another Mynah that is starting the database"),
        )
        if not free:
            raise StoreUnavailable(
                f"another Mynah has been starting or stopping the database in {self._home} for "
                f"{self._deadline_s:.0f} s: wait for it, or end it, and start again"
            )

    def _up(self, end: float, progress: Callable[[str], None]) -> str:
        self._check_data()
        trouble = said = ""
        while (left := end - time.monotonic()) > 0:
            conninfo = self._postmaster.conninfo()
            if self._postmaster.alive():
                trouble = self._postmaster.ask()
                if not trouble:
                    return conninfo
            else:
                if not said:
                    progress("starting the database")
                trouble = self._launch(left, progress)
            if trouble and trouble != said:
                progress(f"waiting for the database ({trouble})")
            said = trouble or said
            time.sleep(_POLL_S if self._postmaster.alive() else _RETRY_S)
        raise StoreUnavailable(
            f"the embedded database in {self._home} did not answer within {self._deadline_s:.0f} s "
            f"({trouble or 'it is still starting'}): start again in a moment; "
            f"its log is {self._log}"
        )

    def _check_data(self) -> None:
        version = self._data / "PG_VERSION"
        try:
            # Another user's folder is 0700: even looking inside is refused.
            found = version.read_text().strip()
        except FileNotFoundError:
            if self._data.is_dir() and any(self._data.iterdir()):
                raise StoreUnavailable(diagnosis.not_a_database(self._data)) from None
            return
        except PermissionError as error:
            raise StoreUnavailable(diagnosis.other_owner(self._data)) from error
        if found != str(MAJOR):
            raise StoreUnavailable(diagnosis.other_version(self._data, found, MAJOR))

    def _launch(self, left: float, progress: Callable[[str], None]) -> str:
        """Run ``pg_ctl start``; return "" if it runs, or why another try may help.

        Raises:
            StoreUnavailable: if trying again would not help.
        """
        installation = self._installation()
        user = installation.owner(self._data)
        if user is not None:
            installation.open_to_user(self._home)
        for abandoned in self._home.glob(f"{_HALF_MADE}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        if not (self._data / "PG_VERSION").exists():
            self._make(installation, user, progress)
        self._configure(user)
        # PostgreSQL takes any living process with the noted id for its own, for example after
        # a container was restarted and counts from 1 again. A lock in shared memory still keeps
        # two servers from one folder.
        self._postmaster.forget()
        if self._log.exists() and self._log.stat().st_size > _MAX_LOG:
            self._log.replace(self._log.with_suffix(".old.log"))
        before = self._log.stat().st_size if self._log.exists() else 0
        done = installation.run(
            "pg_ctl",
            # Relative paths, because pg_ctl hands them to a shell.
            [
                "start",
                "-D",
                "postgres",
                "-l",
                "postgres/server.log",
                "-w",
                "-t",
                str(int(left + 1)),
            ],
            user=user,
            cwd=self._home,
            timeout_s=left + 10,
        )
        if done.status == 0:
            return ""
        said = done.output + _tail(self._log, before)
        if passing := diagnosis.passing(said):
            return passing
        raise StoreUnavailable(diagnosis.of_output(said, self._home, self._log))

    def _make(
        self,
        installation: Installation,
        user: pwd.struct_passwd | None,
        progress: Callable[[str], None],
    ) -> None:
        """Make the data folder beside its place and move it there when it is whole.

        A half-made one never gets in the way of the next start, and as no
        server ever ran on it, it holds nothing of a person's.
        """
        progress(f"making the database in {self._home}")
        # A name of its own: after a kill an earlier initdb may still be writing to another one.
        half = Path(tempfile.mkdtemp(prefix=_HALF_MADE, dir=self._home))
        if user is not None:
            os.chown(half, user.pw_uid, user.pw_gid)
        done = installation.run(
            "initdb",
            [
                f"--pgdata={half.name}",
                "--username=postgres",
                # No passwords: who can open the socket, in a folder of mode 0700, is the owner.
                "--auth=trust",
                f"--sync-method={SYNC_METHOD}",
                "--encoding=UTF8",
                # PostgreSQL's own collation: an upgrade of the system cannot break an index.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            user=user,
            cwd=self._home,
            timeout_s=_INIT_S,
        )
        if done.status != 0:
            shutil.rmtree(half, ignore_errors=True)
            raise StoreUnavailable(diagnosis.of_output(done.output, self._home))
        with (half / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\ninclude_if_exists = '{_SETTINGS_FILE}'\n")
        half.replace(self._data)

    def _configure(self, user: pwd.struct_passwd | None) -> None:
        folder = self._postmaster.make_socket_folder(user)
        quoted = str(folder).replace('"', '""')
        settings = SETTINGS | {"port": PORT, "unix_socket_directories": f'"{quoted}"'}
        lines = [
            f"{key} = '{value.replace(chr(39), chr(39) * 2)}'" for key, value in settings.items()
        ]
        text = "# Written by Mynah at each start; use ALTER SYSTEM for settings of your own.\n"
        new = self._data / f"{_SETTINGS_FILE}.new"
        new.write_text(text + "\n".join(lines) + "\n")
        new.chmod(0o644)  # root writes it, the server's user reads it; the folder is 0700
        new.replace(self._data / _SETTINGS_FILE)

    def _shut_down(self) -> None:
        installation = self._installation()
        user = installation.owner(self._data)
        # "immediate" loses nothing either: the next start replays the log. It is for a server
        # that hangs, because a person waits for this to end.
        for mode, seconds in (("fast", _STOP_S), ("immediate", 5.0)):
            done = installation.run(
                "pg_ctl",
                ["stop", "-D", "postgres", "-m", mode, "-w", "-t", str(int(seconds))],
                user=user,
                cwd=self._home,
                timeout_s=seconds + 10,
            )
            if done.status == 0 or not self._postmaster.alive():
                self._postmaster.remove_socket_folder()
                return

    def _installation(self) -> Installation:
        if self._given is None:
            self._given = Installation()
        return self._given


def _tail(log: Path, start: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(start)
            return "\n" + file.read(_MAX_LOG).decode(errors="replace")
    except FileNotFoundError:
        return ""
