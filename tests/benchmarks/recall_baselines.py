"""What recall is compared with: BM25, cosines, and reciprocal rank fusion of the two.

Exact, in memory: what a plain implementation would do.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import snowballstemmer

from learning.lexemes import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

K1: Final = 1.2
B: Final = 0.75
RRF_K: Final = 60
"""Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion" (2009)."""

_WORD = re.compile(r"\w+")
_STEMMER = snowballstemmer.stemmer("english")


class Bm25:
    """BM25 over a list of texts (Robertson and Zaragoza 2009): stems, without stop words."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_words(text)) for text in texts]
        lengths = np.array([count.total() for count in counts], dtype=np.float64)
        norm = K1 * (1 - B + B * lengths / lengths.mean())
        postings: dict[str, list[tuple[int, int]]] = {}
        for document, count in enumerate(counts):
            for word, times in count.items():
                postings.setdefault(word, []).append((document, times))
        self._size = len(texts)
        self._weights = {word: self._row(held, norm) for word, held in postings.items()}

    def _row(
        self, held: list[tuple[int, int]], norm: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        documents = np.array([document for document, _ in held], dtype=np.intp)
        times = np.array([times for _, times in held], dtype=np.float64)
        idf = math.log1p((self._size - len(held) + 0.5) / (len(held) + 0.5))
        return documents, idf * times * (K1 + 1) / (times + norm[documents])

    def scores(self, question: str) -> NDArray[np.float64]:
        """Return a score for each text."""
        total = np.zeros(self._size)
        for word in _words(question):
            if (row := self._weights.get(word)) is not None:
                total[row[0]] += row[1]
        return total


def order(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the indices of the best first; among equals the earlier."""
    return np.argsort(-scores, kind="stable")


def rrf(*orders: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the fusion of several orders of the same things."""
    total = np.zeros(len(orders[0]))
    for each in orders:
        total[each] += 1.0 / (RRF_K + 1 + np.arange(len(each)))
    return order(total)


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem
