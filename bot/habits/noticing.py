"""Noticing work: a message or an action that says what was done is a completion too.

Sequence only: which messages and tools say so is decided in ``learning.habits.kinds``. Each is
one completion, however often it is looked at, and none of who does not let Mynah learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.habits.zones import zone_in
from learning.habits.kinds import kind_of, worked_on
from learning.store.conversations import Conversations
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from bot.habits.completing import Completing
    from learning.store.store import Store, Unit


class Noticing:
    """Records completions that nobody reported.

    Args:
        store: where completions are.
        completing: records them.
        known: returns the name of a person's time zone as their surface knows it, by surface,
            workspace and person; empty if it does not.
    """

    def __init__(
        self,
        store: Store,
        completing: Completing,
        known: Callable[[str, str, str], Awaitable[str]],
    ) -> None:
        self._store = store
        self._completing = completing
        self._known = known

    async def message(
        self,
        workspace_id: str,
        interaction_id: UUID,
        user_id: str,
        surface: str,
        text: str,
        at: datetime,
    ) -> None:
        """Record what a message says was done, or asks for."""
        async with self._store.begin(workspace_id, None) as unit:
            kind = worked_on(text, await Weeks(unit).kinds(user_id))
        if not kind:
            return
        known = await self._known(surface, workspace_id, user_id)
        async with self._store.begin(workspace_id, None) as unit:
            # Forgotten meanwhile: then it stays forgotten.
            there = await Conversations(unit).of_interaction(interaction_id)
            if any(message.by == "person" for message in there):
                await self._record(
                    unit,
                    user_id,
                    surface,
                    kind,
                    at,
                    known,
                    "message",
                    interaction_id=interaction_id,
                )

    async def action(
        self,
        workspace_id: str,
        action_id: UUID,
        user_id: str,
        surface: str,
        tool: str,
        at: datetime,
    ) -> None:
        """Record what an action that succeeded was."""
        kind = kind_of(tool)
        if not kind:
            return
        known = await self._known(surface, workspace_id, user_id)
        async with self._store.begin(workspace_id, None) as unit:
            await self._record(
                unit, user_id, surface, kind, at, known, "action", action_id=action_id
            )

    async def _record(
        self,
        unit: Unit,
        user_id: str,
        surface: str,
        kind: str,
        at: datetime,
        known: str,
        source: str,
        *,
        interaction_id: UUID | None = None,
        action_id: UUID | None = None,
    ) -> None:
        zone = await zone_in(unit, user_id, known)
        await self._completing.record(
            unit,
            user_id,
            kind,
            at,
            zone.key,
            source=source,
            surface=surface,
            interaction_id=interaction_id,
            action_id=action_id,
        )
