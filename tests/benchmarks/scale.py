"""How fast things are stored and found as a store grows, beside a plain vector search.

The texts are made up, the vectors are those of the built-in embedder; both are made beforehand
and are in no time given here.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pgvector import HalfVector
from sqlalchemy import text

from bot.clock import now
from bot.recall import Recaller
from integrations.embedders.hashing import HashingEmbedder
from learning.recall import indexed_text
from learning.scope import WORKSPACE
from learning.store.approximate import index_vectors
from learning.store.ids import new_id
from learning.store.index import Item, RecallIndex
from tests.benchmarks import rig
from tests.benchmarks.made_up import Author, Written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from learning.store.store import Store

STEPS: Final = (1_000, 5_000, 20_000, 100_000)
SINGLY: Final = 300
QUESTIONS: Final = 300
COMPARED: Final = 100
"""Questions whose nearest vectors are looked up exactly, too."""
BATCH: Final = 500
WRITTEN: Final = 100_000
"""Messages that are written; more rows are the same ones again, in other workspaces."""
_ASKER = "asker"

# What a memory layer on pgvector commonly does: one exact scan of one person's vectors.
_PLAIN = text(
    "SELECT item_id FROM mynah.vectors WHERE workspace_id = :ws AND embedder = :embedder "
    "ORDER BY embedding <=> CAST(:vector AS halfvec) LIMIT 10"
)


@dataclass(slots=True)
class Times:
    """What was measured at one size, in milliseconds and shares."""

    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    by_meaning: list[float] = field(default_factory=list)
    in_all: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the workspace it is asked in."""

    workspace: str
    text: str


class Scale:
    """Fills workspaces and searches them."""

    def __init__(self, store: Store, embedder: HashingEmbedder) -> None:
        self._store = store
        self._embedder = embedder
        self._recaller = Recaller(embedder.name)
        self._sequences: dict[tuple[str, int], UUID] = {}

    async def fill(self, workspace: str, messages: Sequence[Written], batch: int) -> list[float]:
        """Store messages, ``batch`` of them a transaction; return how long each took."""
        times: list[float] = []
        for start in range(0, len(messages), batch):
            some = messages[start : start + batch]
            texts = [indexed_text(m.text, m.speaker) for m in some]
            vectors = await self._embedder.embed(texts)
            items = [
                self._item(workspace, message, text_, vector)
                for message, text_, vector in zip(some, texts, vectors, strict=True)
            ]
            with rig.timed(times):
                async with self._store.begin(workspace, None) as unit:
                    index = RecallIndex(unit)
                    await index.add(items, self._embedder.name)
                    await index.fold()
        return times

    def _item(
        self, workspace: str, message: Written, text_: str, vector: NDArray[np.float32]
    ) -> Item:
        return Item(
            id=new_id(),
            kind="message",
            audience=WORKSPACE,
            user_id=message.speaker,
            sequence_id=self._sequences.setdefault((workspace, message.conversation), new_id()),
            position=message.position,
            speaker=message.speaker,
            occurred_at=now(),
            text=text_,
            vectors=vector[None],
        )

    async def settle(self, workspace: str) -> None:
        """Do what the database and background jobs do by themselves within minutes."""
        await index_vectors(self._store, workspace, self._embedder.name, self._embedder.dimension)
        async with self._store.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.exec_driver_sql("VACUUM ANALYZE mynah.recall_items, mynah.vectors")
            await plain.exec_driver_sql("ANALYZE mynah.lexeme_statistics")

    async def ask(self, questions: Sequence[Asked]) -> dict[str, dict[str, float]]:
        """Search for every question, as a turn does and as plain pgvector does."""
        vectors = await self._embedder.embed([asked.text for asked in questions], query=True)
        times = Times()
        # One after the other: the plain search reads every vector, and would leave a cache
        # full of them behind for the other's next question.
        for asked, vector in zip(questions, vectors, strict=True):
            with rig.timed(times.ours):
                async with self._store.begin(asked.workspace, (WORKSPACE,)) as unit:
                    await self._recaller.rank(unit, asked.text, vector, _ASKER, now())
        for number, (asked, vector) in enumerate(zip(questions, vectors, strict=True)):
            with rig.timed(times.plain):
                nearest = await self._plain(asked.workspace, vector)
            if number < COMPARED:
                await self._compare(asked, vector, nearest, times)
        for each in (times.ours, times.plain):
            del each[0]  # the first opens connections and loads pages
        return {
            "mynah": rig.percentiles("search", times.ours)
            | {
                "nearest_by_meaning_pct": round(100 * float(np.mean(times.by_meaning)), 1),
                "nearest_in_all_pct": round(100 * float(np.mean(times.in_all)), 1),
            },
            "pgvector": rig.percentiles("search", times.plain),
        }

    async def _compare(
        self, asked: Asked, vector: NDArray[np.float32], nearest: set[UUID], times: Times
    ) -> None:
        """Note which share of the nearest is found by vectors alone, and among all candidates."""
        async with self._store.begin(asked.workspace, (WORKSPACE,)) as unit:
            for query, into in (("", times.by_meaning), (asked.text, times.in_all)):
                found = await RecallIndex(unit).search(query, vector, self._embedder.name)
                into.append(len(nearest & {hit.id for hit in found.hits}) / len(nearest))

    async def _plain(self, workspace: str, vector: NDArray[np.float32]) -> set[UUID]:
        async with self._store.connect() as connection:
            # The approximate index is on another expression, so this compares every vector.
            rows = await connection.execute(
                _PLAIN,
                {
                    "ws": workspace,
                    "embedder": self._embedder.name,
                    "vector": HalfVector(vector).to_text(),
                },
            )
            return set(rows.scalars())


async def grow(
    scale: Scale, author: Author, messages: Sequence[Written], shown: rig.Shown
) -> tuple[dict[str, Any], float]:
    """Let one workspace grow and measure it at every size; return that, and bulk rows a second."""
    sizes: dict[str, Any] = {}
    rows, milliseconds, stored = 0, 0.0, 0
    for step in sorted({s for s in STEPS if s < len(messages)} | {len(messages)}):
        many = messages[stored : max(stored, step - SINGLY)]
        for start in range(0, len(many), BATCH):
            milliseconds += sum(await scale.fill("w0", many[start : start + BATCH], BATCH))
            shown(stored + start)
        rows += len(many)
        await scale.settle("w0")
        singly = await scale.fill("w0", messages[stored + len(many) : step], 1)
        stored = step
        shown(step)
        asked = [Asked("w0", author.question(messages[:step])) for _ in range(QUESTIONS + 1)]
        sizes[str(step)] = await scale.ask(asked)
        sizes[str(step)]["mynah"] |= rig.percentiles("add", singly)
    return sizes, rows / milliseconds * 1e3


async def spread(
    scale: Scale,
    author: Author,
    messages: Sequence[Written],
    workspaces: int,
    rows: int,
    shown: rig.Shown,
) -> tuple[dict[str, Any], float]:
    """Fill many workspaces with as many rows each; return as ``grow`` does."""
    each = rows // workspaces
    rng = np.random.default_rng(workspaces)
    starts = rng.integers(0, len(messages) - each + 1, size=workspaces)
    milliseconds = 0.0
    for number, start in enumerate(starts.tolist()):
        some = messages[start : start + each]
        milliseconds += sum(await scale.fill(f"w{number}", some, BATCH))
        shown((number + 1) * each)
    await scale.settle("w0")
    singly: list[float] = []
    for number in rng.integers(workspaces, size=SINGLY).tolist():
        written = messages[int(rng.integers(len(messages)))]
        singly += await scale.fill(f"w{number}", [written], 1)
    asked = []
    for number in rng.integers(workspaces, size=QUESTIONS + 1).tolist():
        some = messages[starts[number] : starts[number] + each]
        asked.append(Asked(f"w{number}", author.question(some)))
    figures = await scale.ask(asked)
    figures["mynah"] |= rig.percentiles("add", singly)
    return {str(rows): figures}, each * workspaces / milliseconds * 1e3


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load = rig.load()
    author = Author(arguments.seed)
    many = arguments.workspaces > 1
    rows = max(arguments.rows, 2 * SINGLY)
    messages = author.messages(min(rows, WRITTEN) if many else rows)
    async with rig.a_store() as store:
        scale = Scale(store, HashingEmbedder())
        with rig.progress() as progress:
            task = progress.add_task("storing and searching", total=rows)

            def shown(done: int) -> None:
                progress.update(task, completed=done)

            if many:
                sizes, bulk = await spread(
                    scale, author, messages, arguments.workspaces, rows, shown
                )
            else:
                sizes, bulk = await grow(scale, author, messages, shown)
        version = await rig.postgres_version(store.conninfo)
    policies: dict[str, Any] = {
        policy: {size: figures[policy] for size, figures in sizes.items()}
        for policy in ("mynah", "pgvector")
    }
    policies["mynah"]["bulk_rows_per_s"] = round(bulk)
    return {
        "set": "made-up",
        "rows": rows,
        "workspaces": arguments.workspaces,
        "machine": rig.machine(version, load),
        "policies": policies,
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="scale", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="in all workspaces together")
    parser.add_argument(
        "--workspaces", type=int, default=1, help="that share the rows evenly; one grows in steps"
    )
    parser.add_argument("--seed", type=int, default=1)
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
