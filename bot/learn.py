"""What happens after the reply: what was said becomes something to be found again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from learning.recall import indexed_text
from learning.store.conversations import Conversations
from learning.store.index import Item, RecallIndex
from learning.store.people import Consents

if TYPE_CHECKING:
    from bot.embedding import Embedding
    from learning.store.store import Store


class Remembering:
    """Puts finished interactions into the recall index."""

    def __init__(self, store: Store, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding

    async def learn(self, workspace_id: str, interaction_id: str) -> None:
        """Index what the person said, verbatim; never what Mynah answered.

        An answer repeats what was recalled into its prompt, so it becomes
        something to be found only through a person's rating of it.
        """
        async with self._store.begin(workspace_id, None) as unit:
            said = [
                m
                for m in await Conversations(unit).of_interaction(UUID(interaction_id))
                if m.by == "person"
            ]
        if not said:
            return
        texts = [indexed_text(m.text, m.author_id) for m in said]
        vectors = await self._embedding.passages(texts)
        async with self._store.begin(workspace_id, None) as unit:
            consents = Consents(unit)
            index = RecallIndex(unit)
            # Forgotten while the embedder worked: then it stays forgotten.
            there = {m.id for m in await Conversations(unit).of_interaction(UUID(interaction_id))}
            await index.add(
                [
                    Item(
                        id=m.id,
                        kind="message",
                        audience=m.audience,
                        user_id=m.author_id,
                        sequence_id=m.conversation_id,
                        position=m.position,
                        speaker=m.author_id,
                        occurred_at=m.said_at,
                        text=text,
                        vectors=vector,
                    )
                    for m, text, vector in zip(said, texts, vectors, strict=True)
                    if m.id in there and await consents.given(m.author_id, "learning", default=True)
                ],
                self._embedding.name,
            )
            await index.fold()
