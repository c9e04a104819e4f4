"""What the tests of the store have in common: things said, things indexed, and raw looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg import sql

from learning.scope import WORKSPACE, Audience
from learning.store.arrivals import Arrival, Arrived, arrive
from learning.store.conversations import Conversations
from learning.store.ids import new_id
from learning.store.index import Item
from learning.store.interactions import Interactions
from learning.store.store import SEARCH_PATH

if TYPE_CHECKING:
    from uuid import UUID

    from numpy.typing import NDArray

    from learning.store.store import Unit

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EMBEDDER = "test/8"
DIMENSION = 8


@dataclass(frozen=True, slots=True)
class Exchange:
    """The ids of a question and its answer."""

    conversation_id: UUID
    interaction_id: UUID
    question_id: UUID
    answer_id: UUID


async def arrived(
    unit: Unit,
    user_id: str,
    text: str,
    *,
    audience: Audience = WORKSPACE,
    thread: str = "thread",
    now: datetime = NOW,
) -> Arrived:
    """Let a message arrive, as a new event."""
    arrival = Arrival("web", str(new_id()), "C1", thread, user_id, audience, text, now)
    return await arrive(unit, arrival, now)


async def exchange(
    unit: Unit,
    user_id: str,
    question: str,
    answer: str = "It is so.",
    *,
    audience: Audience = WORKSPACE,
    thread: str = "thread",
    now: datetime = NOW,
) -> Exchange:
    """Ask something and answer it."""
    asked = await arrived(unit, user_id, question, audience=audience, thread=thread, now=now)
    interaction_id = asked.interaction_id
    answer_id = await Conversations(unit).say(
        asked.conversation_id,
        "mynah",
        "mynah",
        answer,
        now,
        audience,
        interaction_id=interaction_id,
        citations=[{"mark": 1, "quote": answer}],
    )
    await finish(unit, interaction_id, now)
    return Exchange(asked.conversation_id, interaction_id, asked.message_id, answer_id)


@dataclass(frozen=True, slots=True)
class Document:
    """What the store keeps of a document."""

    name: str
    title: str
    digest: str = "0" * 64
    size: int = 9
    media_type: str = "text/markdown"


async def finish(
    unit: Unit,
    interaction_id: UUID,
    now: datetime = NOW,
    *,
    role: str = "lead",
    task_type: str = "general",
    **why: Any,
) -> None:
    await Interactions(unit).finish(
        interaction_id,
        outcome="answered",
        task_type=task_type,
        role=role,
        model="offline",
        explanation=why,
        overhead_ms=1.0,
        now=now,
    )


def item(
    text: str,
    *,
    id_: UUID | None = None,
    audience: Audience = WORKSPACE,
    user_id: str | None = "U1",
    kind: str = "message",
    vectors: NDArray[np.float32] | None = None,
) -> Item:
    """Return something to index, said at ``NOW`` by its owner."""
    return Item(
        id=id_ or new_id(),
        kind=kind,
        audience=audience,
        user_id=user_id,
        sequence_id=new_id(),
        position=0,
        speaker=user_id or "",
        occurred_at=NOW,
        text=text,
        vectors=vectors,
    )


def directions(count: int, dimension: int = DIMENSION, seed: int = 0) -> NDArray[np.float32]:
    """Return random unit vectors, shape ``(count, dimension)``."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(
        np.float32
    )
    return unit


def ask(conninfo: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement as the owner of the database, past row-level security."""
    with psycopg.connect(conninfo, options=SEARCH_PATH) as connection:
        cursor = connection.execute(query.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


def dump(conninfo: str) -> bytes:
    """Return every table of every schema of ours, the queue's too, as a backup holds it."""
    found: list[bytes] = []
    with psycopg.connect(conninfo, options=SEARCH_PATH) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            found.append(f"\n-- {table}\n".encode())
            with connection.cursor().copy(
                sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
            ) as copy:
                found.extend(bytes(block) for block in copy)
    return b"".join(found)


def holds(content: bytes, text: str) -> bool:
    """Return whether a dump holds a text, in clear or as the hexadecimal of its bytes."""
    return text.encode() in content or text.encode().hex().encode() in content
