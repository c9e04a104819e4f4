"""The reranker port: a question and texts in, a score for each text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class RerankerFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """Texts could not be scored; the message says why and what to do."""


class Reranker(Protocol):
    """Reads each text together with the question, and says how well it answers."""

    @property
    def id(self) -> str:
        """Which model it is, such as ``onnx:ms-marco-MiniLM-L-6-v2-1a2b3c4d``."""

    async def open(self) -> None:
        """Load the model once, before the first ``score``.

        Raises:
            RerankerFailure: if it is not there; the message says how to mend it.
        """

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text, in their order; more is better, on any scale.

        It may return scores for the first texts only: those it had time for.

        Raises:
            RerankerFailure: if it is down, or too slow.
        """

    async def close(self) -> None:
        """Give back the model's memory and threads."""
