"""The running server of a data folder, as others see it.

Decides whether it lives and where its socket is. Refuses to start or stop it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from learning.store import diagnosis
from learning.store.errors import StoreUnavailable

if TYPE_CHECKING:
    import pwd

PORT = "5432"
"""Only part of the socket's file name; the server opens no TCP port."""

_CONNECT_S = 5
_MAX_SOCKET = 103
"""Bytes of a socket's path on macOS and the BSDs; Linux allows 107."""
_SOCKET_LINE = 4
"""Index of the line of ``postmaster.pid`` that names the socket's folder."""


class Postmaster:
    """Reads ``postmaster.pid`` and asks the server whether it is there.

    Args:
        data: the server's data folder, absolute.
    """

    def __init__(self, data: Path) -> None:
        self._data = data

    def alive(self) -> bool:
        """Return whether a server of this folder runs, answering or not."""
        lines = self._noted()
        return bool(lines) and lines[0].isdigit() and self._ours(int(lines[0]))

    def ask(self) -> str:
        """Return why the server does not answer a query, or "" if it does."""
        try:
            with psycopg.connect(
                self.conninfo(), connect_timeout=_CONNECT_S, autocommit=True
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            # libpq repeats the address first; the reason comes last.
            first = next(iter(str(error).strip().splitlines()), "no reason given")
            return first.rpartition("FATAL: ")[2].rpartition(" failed: ")[2].strip()
        return ""

    def conninfo(self) -> str:
        """Return a libpq connection string for the superuser and the database "postgres"."""
        # A running server says itself where it listens; it may have been started from a home
        # or a TMPDIR with another name.
        lines = self._noted()
        told = lines[_SOCKET_LINE] if len(lines) > _SOCKET_LINE else ""
        return make_conninfo(
            host=told or str(self._socket_folder()),
            port=PORT,
            user="postgres",
            dbname="postgres",
            sslmode="disable",
        )

    def forget(self) -> None:
        """Remove the note of a server that is not alive."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def make_socket_folder(self, user: pwd.struct_passwd | None) -> Path:
        """Return the folder for the socket, made if missing, which nobody else may enter.

        Args:
            user: who the server runs as; ``None`` for the current user.

        Raises:
            StoreUnavailable: if there is none that is short and private enough.
        """
        folder = self._socket_folder()
        if folder == self._data:
            return folder
        owner = os.geteuid() if user is None else user.pw_uid
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, owner, -1)
        except FileExistsError:
            seen = folder.lstat()
            # The name can be guessed, so somebody else may have been here first.
            private = stat.S_ISDIR(seen.st_mode) and seen.st_mode & 0o077 == 0
            if not (private and seen.st_uid == owner):
                raise StoreUnavailable(
                    f"{folder} is not a private folder of the database's user: "
                    "delete it, or set TMPDIR to another folder"
                ) from None
        return folder

    def remove_socket_folder(self) -> None:
        """Remove the folder for the socket, unless it is the data folder."""
        if (folder := self._socket_folder()) != self._data:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _socket_folder(self) -> Path:
        """Return the data folder, which is private already, or one with a shorter name."""
        if _fits(self._data):
            return self._data
        digest = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"mynah-{digest}"
        if not _fits(folder):
            raise StoreUnavailable(diagnosis.socket_too_long(self._data.parent))
        return folder

    def _noted(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _ours(self, pid: int) -> bool:
        """Return whether a process is a living server of this data folder."""
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):
            return False  # gone, or of another user, while the data is ours
        if not Path("/proc/self").exists():
            return True  # a system without /proc; PostgreSQL's own check has to do
        return _serves(Path("/proc") / str(pid), self._data)


def _serves(process: Path, data: Path) -> bool:
    try:
        name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
        # "Z": killed and not yet buried by its parent, as under a container's PID 1.
        if name != "postgres" or rest.split()[0] == "Z":
            return False
        if process.stat().st_uid != data.stat().st_uid:
            return False
        return (process / "cwd").samefile(data)
    except PermissionError:
        return True  # a container's root may not look closer; a server of this user it is
    except (FileNotFoundError, ProcessLookupError):
        return False


def _fits(folder: Path) -> bool:
    # A comma would separate two hosts in a connection string.
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _MAX_SOCKET and "," not in str(folder)
