"""Locks between processes that the kernel gives back, however a process ends.

Decides how long to wait for a lock. Refuses to know what it protects. A list
of process ids in a file goes stale at every ``kill -9``; a lock on an open
file cannot.
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_POLL_S = 0.02


class FileLock:
    """A lock on a file, exclusive or shared among processes.

    Two instances in one process exclude each other just as two processes do.
    A child made by a bare ``fork`` shares its parent's lock until both are
    gone; one that runs another program does not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this instance holds the lock."""
        return self._descriptor is not None

    def acquire(
        self,
        *,
        shared: bool = False,
        timeout_s: float = 0.0,
        on_wait: Callable[[], None] = lambda: None,
    ) -> bool:
        """Take the lock and return whether it was free in time.

        Args:
            shared: whether others may hold it too, as long as they share it.
            timeout_s: how long to wait; 0 tries once.
            on_wait: called once, if the lock is not free at once.

        Raises:
            OSError: if the file cannot be opened or its file system has no locks.
        """
        if self._descriptor is not None:
            raise RuntimeError(f"{self._path} is already locked by this object")
        # Descriptors opened by Python close on exec, so the server never inherits the lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        taken = False
        try:
            taken = _take(descriptor, shared, timeout_s, on_wait)
        finally:
            if not taken:
                os.close(descriptor)
        if taken:
            self._descriptor = descriptor
        return taken

    def alone(self) -> bool:
        """Try to turn a shared lock into an exclusive one; return whether nobody else shares it.

        On ``False`` the shared lock may be lost: release it. Callers that must
        not race take another lock around this one.
        """
        if self._descriptor is None:
            raise RuntimeError(f"{self._path} is not locked by this object")
        return _take(self._descriptor, shared=False, timeout_s=0.0, on_wait=lambda: None)

    def release(self) -> None:
        """Give the lock back; no error if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _take(descriptor: int, shared: bool, timeout_s: float, on_wait: Callable[[], None]) -> bool:
    mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    end = time.monotonic() + timeout_s
    waited = False
    while True:
        try:
            fcntl.flock(descriptor, mode)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            if not waited:
                on_wait()
                waited = True
            time.sleep(_POLL_S)
        else:
            return True
