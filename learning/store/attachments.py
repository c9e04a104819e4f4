"""Files that came with messages, and what they hold once they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from learning.attached import MOST_FILES, Attached
from learning.store.ids import new_id
from learning.store.schema import attachments, conversations, messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.attached import Enclosed
    from learning.scope import Audience
    from learning.store.store import Unit


_LOOKED_BACK = 60
"""Messages of a thread among which files are looked for."""


class Attachments:
    """Reads and writes files within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(self, message_id: UUID, audience: Audience, files: Sequence[Enclosed]) -> None:
        """Keep that files came with a message; only its audience may see them."""
        if not files:
            return
        await self._db.execute(
            insert(attachments),
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "id": new_id(),
                    "audience": audience,
                    "message_id": message_id,
                    "position": position,
                    "name": file.name,
                    "media_type": file.media_type,
                    "size": file.size,
                    "ref": file.ref,
                    "read_at": None,
                }
                for position, file in enumerate(files)
            ],
        )

    async def of_thread(
        self, conversation_id: UUID, up_to: int, limit: int = MOST_FILES
    ) -> list[Attached]:
        """Return the latest files of a thread, oldest first.

        Args:
            conversation_id: the thread.
            up_to: the position of the last message that is looked at.
            limit: at most so many.
        """
        rows = await self._db.execute(
            select(attachments, messages.c.said_at)
            .join(
                messages,
                (messages.c.workspace_id == attachments.c.workspace_id)
                & (messages.c.id == attachments.c.message_id),
            )
            .where(
                messages.c.conversation_id == conversation_id,
                messages.c.position.between(up_to - _LOOKED_BACK, up_to),
            )
            .order_by(messages.c.position.desc(), attachments.c.position.desc())
            .limit(limit)
        )
        return [
            Attached(
                row.id,
                row.message_id,
                row.name,
                row.media_type,
                row.size,
                row.ref,
                row.text or "",
                row.problem or "",
                row.read_at is None,
                row.said_at,
            )
            for row in reversed(rows.all())
        ]

    async def keep(
        self, id_: UUID, media_type: str, text: str, problem: str, now: datetime
    ) -> None:
        """Keep what was read of a file, or why it was not."""
        await self._db.execute(
            update(attachments)
            .where(attachments.c.id == id_)
            .values(media_type=media_type, text=text or None, problem=problem or None, read_at=now)
        )

    async def said(self, message_id: UUID, text: str) -> None:
        """Give a message that came without a word the words that its files stand for."""
        thread = (
            await self._db.execute(
                update(messages)
                .where(messages.c.id == message_id)
                .values(text=text)
                .returning(messages.c.conversation_id)
            )
        ).scalar_one_or_none()
        found = await self._db.execute(
            select(conversations.c.title).where(conversations.c.id == thread)
        )
        if thread is not None and not found.scalar_one_or_none():
            await self._db.execute(
                update(conversations)
                .where(conversations.c.id == thread)
                .values(title=text.split("\n", 1)[0][:80])
            )

    async def of_interactions(self, interaction_ids: Sequence[UUID]) -> list[UUID]:
        """Return the files that came with questions."""
        rows = await self._db.scalars(
            select(attachments.c.id)
            .join(
                messages,
                (messages.c.workspace_id == attachments.c.workspace_id)
                & (messages.c.id == attachments.c.message_id),
            )
            .where(messages.c.interaction_id.in_(interaction_ids))
        )
        return list(rows)
