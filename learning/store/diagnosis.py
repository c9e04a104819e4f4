"""What PostgreSQL's own words mean, and what a person can do about it.

Decides which failures pass by themselves and which need a person. Refuses to
mend anything: a person's data is never moved or deleted from here.
"""

from __future__ import annotations

import errno
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "set MYNAH_DATABASE_URL to another PostgreSQL"

_PASSING = (
    # A backend that computes notices the death of its postmaster late, and holds its memory.
    ("pre-existing shared memory block", "processes of a killed server are still ending"),
    ('" already exists', "another server of this folder is still ending"),
    ("server did not start in time", "it is still starting"),
)
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_GRAVE = re.compile(r"(?:FATAL|PANIC|initdb: error|pg_ctl): *(.+)")
_ROOM = 32 * 2**20
"""Bytes; with less than two segments of write-ahead log free, a silent death is a full disk."""


def passing(output: str) -> str:
    """Return what a failed start has to wait for, or "" if waiting would not help."""
    if _DISK_FULL.search(output):
        return ""
    return next((meaning for words, meaning in _PASSING if words in output), "")


def of_output(output: str, home: Path, log: Path | None = None) -> str:
    """Return one sentence about why a program of PostgreSQL failed, with the mend.

    Args:
        output: what the program and its log said.
        home: Mynah's folder.
        log: where the rest of the log is, if it is kept.
    """
    if _DISK_FULL.search(output) or (not output.strip() and _free(home) < _ROOM):
        return disk_full(home)
    if "too long (maximum" in output:
        return socket_too_long(home)
    reasons = _GRAVE.findall(output)
    reason = reasons[-1].strip() if reasons else (output.strip().splitlines() or ["no reason"])[-1]
    if "shared memory" in reason or "Cannot allocate memory" in reason:
        return (
            f"the embedded database in {home} found too little memory ({reason}): "
            f"close other programs, or {ELSEWHERE}"
        )
    rest = f"; all it said is in {log}" if log is not None else ""
    return (
        f"the embedded database in {home} does not start ({reason}){rest}: nothing was changed; "
        f"put a backup in its place, move the folder away to begin afresh, or {ELSEWHERE}"
    )


def of_os_error(error: OSError, home: Path) -> str:
    """Return one sentence about what the operating system refused."""
    where = error.filename or home
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(home)
    if error.errno in {errno.ENOLCK, errno.EOPNOTSUPP}:
        return (
            f"the file system of {home} has no file locks: "
            f"set MYNAH_HOME to a folder on a local disk, or {ELSEWHERE}"
        )
    return (
        f"{where} cannot be used ({error.strerror}): make {home} a folder that you may "
        "write to, or set MYNAH_HOME to one"
    )


def disk_full(home: Path) -> str:
    """Return the sentence about a full disk."""
    return (
        f"the disk of {home} is full: free some space (the database needs about 100 MB to start), "
        "or set MYNAH_HOME to a folder on another disk"
    )


def socket_too_long(home: Path) -> str:
    """Return the sentence about a socket path over the operating system's limit."""
    return (
        f"no path short enough for a socket was found for {home}: "
        "set MYNAH_HOME or TMPDIR to a shorter path"
    )


def not_a_database(data: Path) -> str:
    """Return the sentence about a folder that holds something, but no database."""
    return (
        f"{data} holds files but no PostgreSQL database: "
        "move that folder away, or set MYNAH_HOME to another one"
    )


def other_version(data: Path, found: str, ours: int) -> str:
    """Return the sentence about data of another major version."""
    return (
        f"{data} was written by PostgreSQL {found or '(unknown)'} and this Mynah brings {ours}: "
        f"upgrade it with pg_upgrade, move that folder away to begin afresh, or {ELSEWHERE}"
    )


def other_owner(data: Path) -> str:
    """Return the sentence about data that belongs to another user."""
    return (
        f"{data} belongs to another user: run Mynah as that user, "
        "or set MYNAH_HOME to a folder of your own"
    )


def _free(home: Path) -> int:
    try:
        return shutil.disk_usage(home).free
    except OSError:
        return _ROOM
