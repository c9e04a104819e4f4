"""Calls that went well or did not, in the order in which they were made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from learning.actions.contract import Fault, Try
from learning.actions.signature import signature

if TYPE_CHECKING:
    from learning.actions.contract import FaultKind

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Calls:
    """The calls of one tool so far."""

    def __init__(self) -> None:
        self.tries: list[Try] = []
        self._actions = 0

    def worked(self, asked: dict[str, Any], *, own: bool = True) -> None:
        self._actions += 1
        self._add(asked, asked, None, own)

    def mended(
        self, asked: dict[str, Any], said: str, sent: dict[str, Any], *, own: bool = True
    ) -> None:
        self._actions += 1
        self._add(asked, asked, fault(said, asked), own)
        self._add(asked, sent, None, own)

    def failed_then(
        self, asked: dict[str, Any], sent: dict[str, Any], said: str, mended: dict[str, Any]
    ) -> None:
        """Add a call that was prepared wrongly."""
        self._actions += 1
        self._add(asked, sent, fault(said, sent), own=True)
        self._add(asked, mended, None, own=True)

    def _add(
        self, asked: dict[str, Any], sent: dict[str, Any], why: Fault | None, own: bool
    ) -> None:
        at = NOW - timedelta(hours=2) + timedelta(seconds=20 * len(self.tries))
        self.tries.append(
            Try("songs.make", asked, sent, why is None, at, why, own=own,
                learned_from=UUID(int=self._actions))
        )  # fmt: skip


def fault(
    said: str, params: dict[str, Any], kind: FaultKind = "invalid", status: int = 400
) -> Fault:
    return Fault(kind, said, status, signature(said, params))
