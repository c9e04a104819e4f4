"""Memories for the tests of interpretation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from learning.memory.contract import Memory
from learning.scope import Audience

if TYPE_CHECKING:
    from learning.memory.contract import MemoryKind

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
_SPACE = UUID("0190a1b2-0000-7000-8000-000000000000")


def memory(
    kind: MemoryKind,
    text: str,
    confidence: float = 0.9,
    *,
    slot: str = "",
    value: str = "",
    at: datetime = NOW,
    superseded_by: UUID | None = None,
) -> Memory:
    return Memory(
        id=uuid5(_SPACE, f"{kind}:{text}:{confidence}"),
        kind=kind,
        user_id="u1",
        audience=Audience("user", "u1"),
        text=text,
        origin="chosen",
        slot=slot,
        value=value,
        tags=(),
        confidence=confidence,
        trust=1.0,
        times_observed=1,
        times_used=0,
        successes=0,
        failures=0,
        valid_from=at,
        valid_to=None,
        superseded_by=superseded_by,
        created_at=at,
        last_seen_at=at,
        last_used_at=None,
    )


def goal(text: str, confidence: float = 0.9, *, at: datetime = NOW) -> Memory:
    return memory("goal", text, confidence, at=at)


def likes(text: str, slot: str, value: str, confidence: float = 0.9) -> Memory:
    return memory("preference", text, confidence, slot=slot, value=value)
