"""How fast things are stored and found as a workspace grows, beside a plain vector search.

The texts are made up, the vectors are those of the built-in embedder; both are made beforehand
and are in no time given here.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any, Final

from pgvector import HalfVector
from sqlalchemy import text

from bot.clock import now
from bot.recall import Recaller
from integrations.embedders.hashing import HashingEmbedder
from learning.lexicon import Lexicon
from learning.recall import indexed_text
from learning.scope import WORKSPACE
from learning.store.ids import new_id
from learning.store.index import EXACT_UP_TO, Item, RecallIndex
from tests.benchmarks import rig
from tests.benchmarks.made_up import Author, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from learning.store.store import Store

STEPS: Final = (1_000, 5_000, 20_000)
SINGLY: Final = 300
QUESTIONS: Final = 300
BATCH: Final = 500
_LARGE = "large"
_ASKER = "asker"

# What a memory layer on pgvector commonly does: one exact scan of one person's vectors.
_PLAIN = text(
    "SELECT item_id FROM mynah.vectors WHERE workspace_id = :ws AND embedder = :embedder "
    "ORDER BY embedding <=> CAST(:vector AS halfvec) LIMIT 10"
)


class Scale:
    """Fills a workspace and searches it."""

    def __init__(self, store: Store, embedder: HashingEmbedder) -> None:
        self._store = store
        self._embedder = embedder
        self._recaller = Recaller(embedder.name, Lexicon())
        self._sequences: dict[tuple[str, int], Any] = {}

    async def fill(self, workspace: str, messages: Sequence[Written], batch: int) -> list[float]:
        """Store messages, ``batch`` of them a transaction; return how long each took."""
        texts = [indexed_text(m.text, m.speaker) for m in messages]
        vectors = await self._embedder.embed(texts)
        times: list[float] = []
        for start in range(0, len(messages), batch):
            items = [
                self._item(workspace, message, text_, vector)
                for message, text_, vector in zip(
                    messages[start : start + batch],
                    texts[start : start + batch],
                    vectors[start : start + batch],
                    strict=True,
                )
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

    async def settle(self, rows: int) -> None:
        """Do what the database and background jobs do by themselves within minutes."""
        if rows > EXACT_UP_TO:
            await self._store.index_vectors(self._embedder.name, self._embedder.dimension)
        async with self._store.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.exec_driver_sql("VACUUM ANALYZE mynah.recall_items, mynah.vectors")
            await plain.exec_driver_sql("ANALYZE mynah.lexeme_statistics")

    async def ask(self, workspace: str, questions: Sequence[str]) -> dict[str, dict[str, float]]:
        """Search for every question, as a turn does and as plain pgvector does."""
        vectors = await self._embedder.embed(questions, query=True)
        ours: list[float] = []
        plain: list[float] = []
        for number, (question, vector) in enumerate(zip(questions, vectors, strict=True)):
            took: list[float] = []
            with rig.timed(took):
                async with self._store.begin(workspace, (WORKSPACE,)) as unit:
                    await self._recaller.rank(unit, question, vector, _ASKER, now())
            with rig.timed(took):
                await self._plain(workspace, vector)
            if number:  # the first opens connections and loads pages
                ours.append(took[0])
                plain.append(took[1])
        return {
            "mynah": rig.percentiles("search", ours),
            "pgvector": rig.percentiles("search", plain),
        }

    async def _plain(self, workspace: str, vector: NDArray[np.float32]) -> None:
        async with self._store.connect() as connection:
            # The approximate index is on another expression, so this compares every vector.
            await connection.execute(
                _PLAIN,
                {
                    "ws": workspace,
                    "embedder": self._embedder.name,
                    "vector": HalfVector(vector).to_text(),
                },
            )


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load = rig.load()
    author = Author(arguments.seed)
    messages = author.messages(arguments.rows)
    steps = sorted({step for step in STEPS if step < arguments.rows} | {arguments.rows})
    sizes: dict[str, Any] = {}
    bulk_rows, bulk_s, stored = 0, 0.0, 0
    async with rig.a_store() as store:
        scale = Scale(store, HashingEmbedder())
        with rig.progress() as shown:
            task = shown.add_task("storing", total=arguments.rows)
            for number in range(1, arguments.workspaces):
                await scale.fill(f"other-{number}", author.messages(1_000), BATCH)
            for step in steps:
                many = messages[stored : max(stored, step - SINGLY)]
                bulk_s += sum(await scale.fill(_LARGE, many, BATCH)) / 1e3
                bulk_rows += len(many)
                await scale.settle(step)
                singly = await scale.fill(_LARGE, messages[stored + len(many) : step], 1)
                stored = step
                shown.update(task, completed=step)
                questions = [author.question(messages[:step]) for _ in range(QUESTIONS + 1)]
                sizes[str(step)] = await scale.ask(_LARGE, questions)
                sizes[str(step)]["mynah"] |= rig.percentiles("add", singly)
        version = await rig.postgres_version(store.conninfo)
    policies: dict[str, Any] = {
        policy: {rows: figures[policy] for rows, figures in sizes.items()}
        for policy in ("mynah", "pgvector")
    }
    policies["mynah"]["bulk_rows_per_s"] = round(bulk_rows / bulk_s)
    return {
        "set": "made-up",
        "rows": arguments.rows,
        "workspaces": arguments.workspaces,
        "machine": rig.machine(version, load),
        "policies": policies,
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="scale", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="in the workspace searched")
    parser.add_argument(
        "--workspaces", type=int, default=1, help="that share the tables; others have 1,000 rows"
    )
    parser.add_argument("--seed", type=int, default=1)
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
