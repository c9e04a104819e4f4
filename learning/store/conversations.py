"""Conversations and their messages, kept as said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.arrivals import title_of
from learning.store.decisions import signals
from learning.store.ids import new_id
from learning.store.schema import attachments, conversations, interactions, messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit

By = Literal["person", "mynah", "correction"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands in the table."""

    id: UUID
    conversation_id: UUID
    interaction_id: UUID | None
    position: int
    by: By
    author_id: str
    text: str
    said_at: datetime
    audience: Audience
    citations: Sequence[Mapping[str, Any]] = ()
    outcome: str | None = None
    role: str = ""
    model: str = ""
    again: UUID | None = None
    asked_role: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread somewhere."""

    id: UUID
    surface: str
    channel_id: str
    thread_id: str
    user_id: str
    audience: Audience
    title: str
    updated_at: datetime


_TURN = (
    interactions.c.outcome,
    interactions.c.role,
    interactions.c.model,
    interactions.c.again,
    interactions.c.asked_role,
)
"""What a message's turn says about it."""


class Conversations:
    """Reads and writes conversations within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def open(
        self,
        surface: str,
        channel_id: str,
        thread_id: str,
        user_id: str,
        audience: Audience,
        now: datetime,
        *,
        title: str = "",
    ) -> UUID:
        """Return the conversation of a thread; one that begins now is the person's."""
        statement = upsert(conversations).values(
            workspace_id=self._unit.workspace_id,
            id=new_id(),
            audience=audience,
            surface=surface,
            channel_id=channel_id,
            thread_id=thread_id,
            user_id=user_id,
            title=title or None,
            created_at=now,
            updated_at=now,
        )
        keys = ("workspace_id", "surface", "channel_id", "thread_id", "audience")
        opened: UUID = (
            await self._db.execute(
                statement.on_conflict_do_update(
                    index_elements=keys, set_={"updated_at": statement.excluded.updated_at}
                ).returning(conversations.c.id)
            )
        ).scalar_one()
        return opened

    async def say(
        self,
        conversation_id: UUID,
        by: By,
        author_id: str,
        text: str,
        said_at: datetime,
        audience: Audience,
        *,
        interaction_id: UUID | None = None,
        citations: Sequence[Mapping[str, Any]] = (),
        message_ref: str | None = None,
        message_id: UUID | None = None,
    ) -> UUID:
        """Append a message; its place in the conversation is settled here."""
        position = (
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(next_position=conversations.c.next_position + 1)
            .returning(conversations.c.next_position - 1)
        )
        message_id = message_id or new_id()
        await self._db.execute(
            insert(messages).values(
                workspace_id=self._unit.workspace_id,
                id=message_id,
                conversation_id=conversation_id,
                interaction_id=interaction_id,
                position=(await self._db.execute(position)).scalar_one(),
                by=by,
                author_id=author_id,
                text=text,
                audience=audience,
                citations=list(citations) or None,
                message_ref=message_ref,
                said_at=said_at,
            )
        )
        return message_id

    async def find(self, conversation_id: UUID) -> Conversation | None:
        """Return a conversation that this transaction may read."""
        row = (
            await self._db.execute(
                select(conversations).where(conversations.c.id == conversation_id)
            )
        ).one_or_none()
        return None if row is None else _conversation(row)

    async def known(self, surface: str, channel_id: str, thread_id: str) -> list[UUID]:
        """Return what was said in a thread of a platform: one conversation an audience."""
        return list(
            await self._db.scalars(
                select(conversations.c.id).where(
                    conversations.c.surface == surface,
                    conversations.c.channel_id == channel_id,
                    conversations.c.thread_id == thread_id,
                )
            )
        )

    async def said_at_ref(self, surface: str, ref: str, user_id: str) -> UUID | None:
        """Return the interaction that a person began with a message of theirs."""
        found: UUID | None = await self._db.scalar(
            select(messages.c.interaction_id)
            .join(
                conversations,
                (conversations.c.workspace_id == messages.c.workspace_id)
                & (conversations.c.id == messages.c.conversation_id),
            )
            .where(
                conversations.c.surface == surface,
                messages.c.message_ref == ref,
                messages.c.author_id == user_id,
                messages.c.by == "person",
            )
            .limit(1)
        )
        return found

    async def threads(self, user_id: str, surface: str, limit: int = 100) -> list[Conversation]:
        """Return the person's conversations on a surface, latest first."""
        rows = await self._db.execute(
            select(conversations)
            .where(conversations.c.user_id == user_id, conversations.c.surface == surface)
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        return [_conversation(row) for row in rows]

    async def messages(
        self, conversation_id: UUID, *, before: int | None = None, limit: int = 500
    ) -> list[Message]:
        """Return the latest messages, oldest first, with how their turns ended."""
        if before == 0:
            return []
        statement = (
            select(messages, *_TURN)
            .join(
                interactions,
                (interactions.c.workspace_id == messages.c.workspace_id)
                & (interactions.c.id == messages.c.interaction_id),
                isouter=True,
            )
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.position.desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(messages.c.position < before)
        return [_message(row) for row in reversed((await self._db.execute(statement)).all())]

    async def of_interaction(self, interaction_id: UUID) -> list[Message]:
        """Return the question and, once given, the answer, in order."""
        statement = (
            select(messages, *_TURN)
            .join(
                interactions,
                (interactions.c.workspace_id == messages.c.workspace_id)
                & (interactions.c.id == messages.c.interaction_id),
            )
            .where(messages.c.interaction_id == interaction_id)
            .order_by(messages.c.position)
        )
        return [_message(row) for row in await self._db.execute(statement)]

    async def reactions(
        self, interaction_ids: Sequence[UUID], user_id: str
    ) -> dict[UUID, tuple[dict[str, int], frozenset[str]]]:
        """Return, per interaction, how many people gave each emoji and which the person gave."""
        rows = await self._db.execute(
            select(
                signals.c.interaction_id,
                signals.c.value,
                func.count(),
                func.bool_or(signals.c.user_id == user_id),
            )
            .where(
                signals.c.interaction_id.in_(interaction_ids),
                signals.c.kind == "reaction",
                signals.c.removed_at.is_(None),
            )
            .group_by(signals.c.interaction_id, signals.c.value)
            .order_by(signals.c.value)
        )
        counted: dict[UUID, tuple[dict[str, int], set[str]]] = {}
        for interaction_id, emoji, count, mine in rows:
            counts, own = counted.setdefault(interaction_id, ({}, set()))
            counts[emoji] = count
            if mine:
                own.add(emoji)
        return {key: (counts, frozenset(own)) for key, (counts, own) in counted.items()}

    async def rename(self, conversation_ids: Sequence[UUID], title: str) -> None:
        """Give threads the title that a person chose; an empty one takes theirs away."""
        await self._db.execute(
            update(conversations)
            .where(conversations.c.id.in_(conversation_ids))
            .values(title=title or None)
        )

    async def reword(
        self, message_id: UUID, text: str, said_at: datetime, *, moved: bool = False
    ) -> None:
        """Give a message new words.

        Args:
            message_id: which one.
            text: what it says now.
            said_at: since when it does.
            moved: whether another message stands for it on the platform from now on.
        """
        values: dict[str, Any] = {"text": text, "said_at": said_at}
        if moved:
            values["message_ref"] = None
        await self._db.execute(update(messages).where(messages.c.id == message_id).values(**values))

    async def pass_files(self, from_id: UUID, to_id: UUID) -> None:
        """Let the files of a message belong to another one."""
        await self._db.execute(
            update(attachments).where(attachments.c.message_id == from_id).values(message_id=to_id)
        )

    async def retitle(self, conversation_id: UUID, before: str, after: str) -> None:
        """Name a thread after the new words of a message, if it was named after the old ones."""
        found = await self.find(conversation_id)
        if found is not None and found.title and before.startswith(found.title):
            await self._db.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(title=title_of(after))
            )

    async def forget_title(self, conversation_id: UUID, texts: Sequence[str]) -> None:
        """Take a thread's title away if it is the beginning of one of these texts."""
        found = await self.find(conversation_id)
        if found is not None and found.title and any(t.startswith(found.title) for t in texts):
            await self._db.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(title=None)
            )

    async def distilled(self, conversation_id: UUID) -> int:
        """Return the position up to which a thread was read for memories; 0 if it was not."""
        found: int | None = (
            await self._db.execute(
                select(conversations.c.distilled_to).where(conversations.c.id == conversation_id)
            )
        ).scalar_one_or_none()
        return found or 0

    async def distil_to(self, conversation_id: UUID, position: int) -> None:
        """Record up to where a thread was read for memories; it never goes back.

        Args:
            conversation_id: the thread.
            position: of the first message that was not read.
        """
        await self._db.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(distilled_to=func.greatest(conversations.c.distilled_to, position))
        )


def _conversation(row: Any) -> Conversation:  # noqa: ANN401 - SQLAlchemy's row
    return Conversation(
        row.id,
        row.surface,
        row.channel_id,
        row.thread_id,
        row.user_id,
        row.audience,
        row.title or "",
        row.updated_at,
    )


def _message(row: Any) -> Message:  # noqa: ANN401 - SQLAlchemy's row
    return Message(
        row.id,
        row.conversation_id,
        row.interaction_id,
        row.position,
        row.by,
        row.author_id,
        row.text,
        row.said_at,
        row.audience,
        row.citations or (),
        row.outcome,
        row.role or "",
        row.model or "",
        row.again,
        row.asked_role,
    )
