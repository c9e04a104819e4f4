"""A reranker reads what was found once more; one that fails costs the order nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from bot.context import ContextBuilder, Found
from bot.recall import Recaller
from integrations.contracts.reranker import RerankerFailure
from learning.lexicon import Lexicon
from learning.precedent import Advice
from learning.recall import Candidate, Scored

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reader:
    """Prefers texts that say "Tuesday"; fails if told to."""

    id = "reader"

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails

    async def open(self) -> None:
        pass

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        del query
        if self._fails:
            raise RerankerFailure("it is down")
        return [float("Tuesday" in text) for text in texts]

    async def close(self) -> None:
        pass


def found() -> Found:
    usable = tuple(
        Scored(Candidate(uuid4(), "message", text, 1.0, None), score)
        for text, score in (("The kiln is hot.", 0.5), ("The kiln is fired on Tuesday.", 0.45))
    )
    return Found("When is the kiln fired?", False, Advice(), usable, usable, {})


def builder(reranker: Reader | None) -> ContextBuilder:
    return ContextBuilder(Recaller("hashing:v1-512"), Lexicon(), reranker)


async def test_what_reads_better_comes_first() -> None:
    reranked = await builder(Reader()).rerank(found())
    assert next(s.candidate.text for s in reranked.usable) == "The kiln is fired on Tuesday."
    assert reranked.usable[0].signals["reranker"] > 0


async def test_one_that_fails_or_is_not_there_leaves_the_order() -> None:
    for reranker in (Reader(fails=True), None):
        before = found()
        assert (await builder(reranker).rerank(before)).usable == before.usable
    assert not builder(None).reranks
