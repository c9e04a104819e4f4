"""Channels that go by another id: everything that is kept of one follows it.

Decides what becomes of what stands under both ids: a thread that somebody wrote in under the
new one before the old one was moved is one thread again, and of two rules, or two memories of
the same, the newer id's holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text, update

from learning.scope import channel
from learning.store.index import RecallIndex
from learning.store.memories import Memories
from learning.store.tables import metadata

if TYPE_CHECKING:
    from datetime import datetime

    from learning.store.store import Unit

_ABOUT_THREADS: Final = ("messages", "interactions", "inbox", "outbox")
"""Tables whose rows name a conversation; ``recall_items`` name it as their sequence."""


class Channels:
    """Moves channels within one transaction, which has to be open for all audiences."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def move(self, surface: str, old: str, new: str, now: datetime) -> None:
        """Let everything that is of a channel be of another; once more changes nothing."""
        ids = {"surface": surface, "old": old, "new": new}
        ids |= {"from_": str(channel(old)), "to": str(channel(new)), "ref": f"(^|,){old}:"}
        await self._join(ids)
        for older, newer in (await self._db.execute(_SAID_TWICE, ids)).all():
            await Memories(self._unit).supersede(older, newer, now)
            await RecallIndex(self._unit).invalidate([older], now)
        for statement in (_RULES, _CONVERSATIONS, _MESSAGE_REFS, _OUTBOX_REFS):
            await self._db.execute(statement, ids)
        for table in metadata.sorted_tables:
            if "audience" in table.c:
                await self._db.execute(
                    update(table)
                    .where(table.c.audience == channel(old))
                    .values(audience=channel(new))
                )

    async def _join(self, ids: dict[str, str]) -> None:
        """Put threads that stand under both ids together: the older part goes before the newer."""
        for older, newer, length in (await self._db.execute(_TWICE, ids)).all():
            both = {"older": older, "newer": newer, "length": length}
            await self._db.execute(_EARLIER, both)
            await self._db.execute(_FOUND_EARLIER, both)
            for table in _ABOUT_THREADS:
                await self._db.execute(
                    text(
                        f"UPDATE {table} SET conversation_id = :newer "
                        "WHERE conversation_id = :older"
                    ),
                    both,
                )
            await self._db.execute(_GONE, both)


_TWICE: Final = text(
    """
    SELECT older.id, newer.id, older.next_position FROM conversations older
    JOIN conversations newer ON newer.workspace_id = older.workspace_id
        AND newer.surface = older.surface AND newer.thread_id = older.thread_id
        AND newer.audience = CASE older.audience WHEN :from_ THEN :to ELSE older.audience END
    WHERE older.surface = :surface AND older.channel_id = :old AND newer.channel_id = :new
    """
)
_EARLIER: Final = text(
    "UPDATE messages SET position = position - :length WHERE conversation_id = :older"
)
_FOUND_EARLIER: Final = text(
    """
    UPDATE recall_items SET position = position - :length, sequence_id = :newer
    WHERE sequence_id = :older
    """
)
_GONE: Final = text("DELETE FROM conversations WHERE id = :older")
_RULES: Final = text(
    """
    DELETE FROM routing_rules r USING routing_rules n
    WHERE r.audience = :from_ AND n.audience = :to AND n.workspace_id = r.workspace_id
        AND (n.role = r.role OR (n.rule = 'pin' AND r.rule = 'pin'))
    """
)
_SAID_TWICE: Final = text(
    """
    SELECT older.id, newer.id FROM memories older JOIN memories newer
        ON newer.workspace_id = older.workspace_id AND newer.user_id = older.user_id
        AND newer.digest = older.digest
    WHERE older.audience = :from_ AND newer.audience = :to
        AND older.superseded_by IS NULL AND newer.superseded_by IS NULL
    """
)
_CONVERSATIONS: Final = text(
    "UPDATE conversations SET channel_id = :new WHERE surface = :surface AND channel_id = :old"
)
_MESSAGE_REFS: Final = text(
    """
    UPDATE messages SET message_ref = regexp_replace(message_ref, :ref, '\\1' || :new || ':', 'g')
    WHERE starts_with(message_ref, :old || ':')
    """
)
_OUTBOX_REFS: Final = text(
    """
    UPDATE outbox SET ref = regexp_replace(ref, :ref, '\\1' || :new || ':', 'g')
    WHERE starts_with(ref, :old || ':') AND surface = :surface
    """
)
