"""Actions as they would have been recorded, for what is worked out from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from learning.actions.contract import Acted
from learning.scope import person

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning."""


def acted(number: int, kind: str, at: datetime, **further: Any) -> Acted:
    """An action of Ada's that worked in a second, unless it says otherwise."""
    given: dict[str, Any] = {
        "origin": "person",
        "status": "done",
        "success": True,
        "finished_at": at + timedelta(seconds=1),
    }
    return Acted(
        id=UUID(int=number),
        user_id="ada",
        audience=person("ada"),
        kind=kind,
        created_at=at,
        **(given | further),
    )
