"""How much of the evidence recall brings up, and how fast, beside BM25, cosines and RRF.

Each conversation is a workspace of its own. Its messages are stored in order through the
product's index; then each question recalls the best of them through the function that a turn
uses. Vectors are made beforehand and are in no time given here.

``--without`` leaves signals out, to see what each is worth; ``--scramble`` changes the set
first, to see what a result hangs on.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.configured import embedder_settings
from bot.embedding import parts_of
from bot.recall import Recaller
from bot.settings import Settings
from integrations.embedders.choose import choose
from learning.recall import WEIGHTS, Weights, indexed_text
from learning.scope import WORKSPACE
from learning.store.ids import new_id
from learning.store.index import Item, RecallIndex
from tests.benchmarks import rig
from tests.benchmarks.recall_baselines import Bm25, order, rrf
from tests.benchmarks.recall_scramble import SCRAMBLES, scrambled
from tests.benchmarks.recall_set import ASKER, Conversation, Question, read
from tests.benchmarks.vectors import KeptVectors

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from learning.store.store import Store

DEPTHS: Final = (5, 10, 20)
SINGLY: Final = 400
"""How many messages are stored one by one, each in a transaction of its own."""
BATCH: Final = 500
_WEIGHED: Final = ("neighbours", "speaker", "author", "time", "entities", "expected", "adaptivity")
SIGNALS: Final = ("lexical", "dense", *_WEIGHED, "form", "passages")
"""What can be left out."""


@dataclass(slots=True)
class Times:
    """Milliseconds, and the rate of storing many at once."""

    search: list[float] = field(default_factory=list)
    add: list[float] = field(default_factory=list)
    bulk_rows: int = 0
    bulk_s: float = 0.0

    def figures(self) -> dict[str, float]:
        """Return them as the result names them."""
        rate = {"bulk_rows_per_s": round(self.bulk_rows / self.bulk_s)} if self.bulk_s else {}
        return rig.percentiles("search", self.search) | rig.percentiles("add", self.add) | rate


class Quality:
    """Adds up how much of each question's evidence stands among the best k."""

    def __init__(self) -> None:
        self._rows: list[dict[str, float]] = []

    def add(self, question: Question, ranked: Sequence[str]) -> None:
        """Score one question."""
        found = {k: len(question.evidence & set(ranked[:k])) for k in DEPTHS}
        wanted = len(question.evidence)
        self._rows.append(
            {f"R@{k}": found[k] / wanted for k in DEPTHS}
            | {"any@10": float(found[10] > 0), "all@10": float(found[10] == wanted)}
        )

    def figures(self) -> dict[str, float]:
        """Return means in percent."""
        names = self._rows[0] if self._rows else {}
        return {
            name: round(100 * float(np.mean([row[name] for row in self._rows])), 1)
            for name in names
        }


class Product:
    """Stores and recalls as Mynah does, without the signals that are left out."""

    def __init__(
        self, store: Store, embedder: str, times: Times, singly: int, without: Collection[str] = ()
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._times = times
        self._singly = singly
        self._meaning = "dense" not in without
        self._recaller = Recaller(embedder, weights_without(without))

    async def store(
        self,
        workspace: str,
        conversation: Conversation,
        vectors: Sequence[NDArray[np.float32]],
    ) -> dict[UUID, str]:
        """Store a conversation; return which message stands behind each id of the index.

        Args:
            workspace: where to.
            conversation: what was said.
            vectors: for each message a matrix of shape (parts, dimension).
        """
        sequence = new_id()
        items = [
            Item(
                id=new_id(),
                kind="message",
                audience=WORKSPACE,
                user_id=said.who,
                sequence_id=sequence,
                position=position,
                speaker=said.who,
                occurred_at=said.at,
                text=indexed_text(said.text, said.who),
                vectors=parts,
            )
            for position, (said, parts) in enumerate(
                zip(conversation.messages, vectors, strict=True)
            )
        ]
        async with self._store.begin(workspace, None):
            pass  # the workspace's key is made at first sight, once
        for item in items[: self._singly]:
            with rig.timed(self._times.add):
                await self._add(workspace, [item])
        began = perf_counter()
        for start in range(self._singly, len(items), BATCH):
            await self._add(workspace, items[start : start + BATCH])
        self._times.bulk_s += perf_counter() - began
        self._times.bulk_rows += len(items[self._singly :])
        return {item.id: said.id for item, said in zip(items, conversation.messages, strict=True)}

    async def _add(self, workspace: str, items: list[Item]) -> None:
        """Store and count, in one transaction, as the job behind a turn does."""
        async with self._store.begin(workspace, None) as unit:
            index = RecallIndex(unit)
            await index.add(items, self._embedder)
            await index.fold()

    async def recall(
        self,
        workspace: str,
        conversation: Conversation,
        question: Question,
        vector: NDArray[np.float32],
        messages: dict[UUID, str],
    ) -> list[str]:
        """Return the ids of the best messages for a question."""
        with rig.timed(self._times.search):
            async with self._store.begin(workspace, (WORKSPACE,)) as unit:
                ranked = await self._recaller.rank(
                    unit,
                    question.text,
                    vector if self._meaning else None,
                    ASKER,
                    conversation.ends,
                )
        return [messages[scored.candidate.id] for scored in ranked]  # type: ignore[index]


def weights_without(signals: Collection[str]) -> Weights:
    """Return the product's weights with those of some signals at 0."""
    zero = {name: 0.0 for name in signals if name in _WEIGHED}
    if "form" in signals:
        zero |= {"question": 0.0, "length": 0.0}
    if "lexical" in signals:
        zero["dense"] = 1.0
    return replace(WEIGHTS, **zero)


def cut(texts: Sequence[str], embedder: str, without: Collection[str]) -> list[tuple[str, ...]]:
    """Return what of each text gets a vector: all its parts, or only the whole."""
    return [(text,) if "passages" in without else parts_of(text, embedder) for text in texts]


def together(
    parts: Sequence[tuple[str, ...]],
    whole: NDArray[np.float32],
    rows: NDArray[np.float32],
) -> list[NDArray[np.float32]]:
    """Return a matrix a text: the vectors of its parts, or of the whole where it has one."""
    left = iter(rows)
    return [
        np.stack(list(itertools.islice(left, len(of)))) if len(of) > 1 else vector[None]
        for of, vector in zip(parts, whole, strict=True)
    ]


def baselines(
    conversation: Conversation,
    vectors: NDArray[np.float32],
    asked: NDArray[np.float32],
    qualities: dict[str, Quality],
) -> None:
    """Score what recall is compared with: over the same texts, a vector for each."""
    ids = np.array([said.id for said in conversation.messages], dtype=object)
    bm25 = Bm25([indexed_text(said.text, said.who) for said in conversation.messages])
    for question, vector in zip(conversation.questions, asked, strict=True):
        by_words = order(bm25.scores(question.text))
        by_meaning = order(vectors @ vector)
        for name, ranked in (
            ("bm25", by_words),
            ("dense", by_meaning),
            ("rrf", rrf(by_words, by_meaning)),
        ):
            qualities[name].add(question, ids[ranked[: max(DEPTHS)]].tolist())


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load = rig.load()
    name, conversations = read(arguments.set, arguments.limit_conversations)
    conversations = [scrambled(each, arguments.scramble) for each in conversations]
    embedder = await choose(arguments.embedder, embedder_settings(Settings()))
    kept = KeptVectors(embedder, arguments.cache)
    times, qualities = Times(), defaultdict[str, Quality](Quality)
    messages = sum(len(each.messages) for each in conversations)
    questions = sum(len(each.questions) for each in conversations)
    try:
        async with rig.a_store() as store:
            singly = -(-SINGLY // len(conversations))
            product = Product(store, embedder.name, times, singly, arguments.without)
            with rig.progress() as shown:
                embedding = shown.add_task("embedding", total=messages)
                asking = shown.add_task("storing and asking", total=questions)
                for number, each in enumerate(conversations):
                    texts = [indexed_text(s.text, s.who) for s in each.messages]
                    whole = await kept.of(texts)
                    parts = cut(texts, embedder.name, arguments.without)
                    rows = await kept.of([p for of in parts if len(of) > 1 for p in of])
                    indexed = together(parts, whole, rows)
                    asked = await kept.of([q.text for q in each.questions], query=True)
                    shown.advance(embedding, len(each.messages))
                    workspace = f"conversation-{number}"
                    ids = await product.store(workspace, each, indexed)
                    for question, vector in zip(each.questions, asked, strict=True):
                        ranked = await product.recall(workspace, each, question, vector, ids)
                        qualities["mynah"].add(question, ranked)
                        shown.advance(asking)
                    baselines(each, whole, asked, qualities)
            version = await rig.postgres_version(store.conninfo)
    finally:
        await embedder.close()
    policies = {policy: quality.figures() for policy, quality in qualities.items()}
    policies["mynah"] |= times.figures()
    return {
        "set": name,
        "embedder": embedder.name,
        "without": sorted(arguments.without),
        "scramble": sorted(arguments.scramble),
        "conversations": len(conversations),
        "messages": messages,
        "questions": questions,
        "machine": rig.machine(version, load),
        "policies": policies,
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="recall", description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="a file of conversations")
    parser.add_argument("--embedder", default="hashing", help="as MYNAH_EMBEDDER")
    parser.add_argument("--limit-conversations", type=int, help="only the first N")
    parser.add_argument("--cache", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        choices=SIGNALS,
        metavar="SIGNAL",
        help="signals to leave out: " + ", ".join(SIGNALS),
    )
    parser.add_argument(
        "--scramble",
        nargs="+",
        default=[],
        choices=sorted(SCRAMBLES),
        metavar="CHANGE",
        help="changes to the set: " + ", ".join(sorted(SCRAMBLES)),
    )
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
