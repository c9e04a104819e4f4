"""Fills a prompt with what was recalled, each next item for what it adds.

Decides which items say the same thing and which add the most for the room they take.
Refuses to know why an item scored as it did.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from learning.recall import Scored

DUPLICATE: Final = 0.8
"""Items sharing this much of their words (Jaccard) say the same thing."""
EQUALS: Final = 0.95
"""Of two that say the same, the newer stands for both from this ratio of scores on."""
NOVELTY: Final = 0.5
"""The share of an item's worth that it loses if it adds no word to those chosen."""
THRIFT: Final = 0.1
"""The power of the price: 0 is blind to length, 1 would prefer "ok" to a good answer."""
READ_CHARS: Final = 800
"""Characters of an item that are compared with others."""

_WORD: Final = re.compile(r"\w+")
_SPACED: Final = str.maketrans({chr(n): " " for n in range(128) if not _WORD.match(chr(n))})
"""Leaves nothing but the words of a text in ASCII; quicker than the pattern."""

_LETTERS: Final = 6
"""No estimated token has more characters."""
_SIXTHS: Final = np.array(
    [
        0 if c.isspace() else 1 if c.isalpha() else 3 if c.isdigit() else 6
        for c in map(chr, range(128))
    ]
    + [0],
    dtype=np.uint8,
)
"""What a character of ASCII brings to the estimate at the least, in sixths of a token."""
_BEYOND_ASCII: Final = ((0xA1, 0x167F, 3), (0x3041, 0x9FFF, 6), (0xAC00, 0xD7A3, 6))
"""The same for ranges without spaces: alphabets, some with digits; kana and Han; Hangul."""


def fill_budget(
    scored: Sequence[Scored], max_tokens: int, max_items: int = 10, min_score: float = 0.0
) -> list[Scored]:
    """Choose what goes into a prompt; return it best first.

    Near-duplicates are merged: the better one stands for both, and the newer one among
    equals. Then what adds the most for its price is taken, again and again: an item's
    score, less up to ``NOVELTY`` of it for words that chosen items hold already, divided
    by its length to the power ``THRIFT``. That is the cost-scaled greedy algorithm for a
    submodular gain under a budget (Lin and Bilmes 2010). An item that does not fit into
    what is left is passed over, so that one long message does not shut out the short ones.

    Args:
        scored: as ``fuse`` returns it.
        max_tokens: room for all texts together, in estimated tokens.
        max_items: how many at most.
        min_score: items below are not worth a reader's time.
    """
    items = [item for item in scored if item.score >= min_score]
    if not items:
        return []
    texts = [item.candidate.text for item in items]
    holdings = _Holdings(texts)
    standing = np.zeros(len(items), dtype=np.bool_)
    standing[_merged(items, holdings.alike())] = True
    weights = holdings.weights(standing)
    whole = holdings.worth(weights)
    new, most = whole.copy(), np.where(whole > 0, whole, 1.0)
    lengths = np.array([max(1, len(text)) for text in texts])
    value = np.array([item.score for item in items]) / lengths**THRIFT
    room, chosen = max_tokens, list[int]()
    while len(chosen) < max_items:
        known = np.where(whole > 0, 1 - new / most, 0.0)
        worth = np.where(standing, value * (1 - NOVELTY * known), -np.inf)
        for i in np.argsort(-worth, kind="stable")[: standing.sum()].tolist():
            standing[i] = False  # chosen, or too long for what is left: it will not get more
            # Counting takes longer than all else: only now, and only what may fit.
            if not _exceeds(texts[i], room) and (cost := estimated_tokens(texts[i])) <= room:
                break
        else:
            break
        chosen.append(i)
        room -= cost
        held = holdings.held_by(i)
        new -= holdings.worth(weights * held)
        weights[held] = 0.0
    return [items[i] for i in sorted(chosen)]


class _Holdings:
    """Which item holds which words: pairs of places, one pair for each word of an item."""

    def __init__(self, texts: Sequence[str]) -> None:
        said = [_words(text) for text in texts]
        self._sizes = np.array([len(words) for words in said])
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        found = map(numbers.__getitem__, chain.from_iterable(said))
        self._words = np.fromiter(found, dtype=np.intp, count=int(self._sizes.sum()))
        self._items = np.repeat(np.arange(len(texts)), self._sizes)
        self._ends = np.cumsum(self._sizes)
        self._many = len(numbers)

    def alike(self) -> NDArray[np.bool_]:
        """Return for each two items whether they share ``DUPLICATE`` of their words."""
        common = np.bincount(self._words, minlength=self._many) > 1
        columns = np.cumsum(common) - 1
        which = common[self._words]
        table = np.zeros((len(self._sizes), int(common.sum())), dtype=np.float32)
        table[self._items[which], columns[self._words[which]]] = 1
        shared = (table @ table.T).astype(np.float64)  # whole numbers, and exact
        either = self._sizes[:, None] + self._sizes - shared
        same: NDArray[np.bool_] = (shared > 0) & (shared >= DUPLICATE * either)
        return same

    def weights(self, of: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how much a word tells these items apart: one that all hold, the least."""
        counts = np.bincount(self._words[of[self._items]], minlength=self._many)
        weights: NDArray[np.float64] = np.log1p(of.sum() / np.maximum(counts, 1))
        return weights

    def worth(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of each item's words' weights."""
        worth: NDArray[np.float64] = np.bincount(
            self._items, weights[self._words], minlength=len(self._sizes)
        ).astype(np.float64)
        return worth

    def held_by(self, item: int) -> NDArray[np.bool_]:
        """Return for each word whether the item holds it."""
        held = np.zeros(self._many, dtype=np.bool_)
        held[self._words[self._ends[item] - self._sizes[item] : self._ends[item]]] = True
        return held


def _words(text: str) -> frozenset[str]:
    read = text[:READ_CHARS].casefold()
    return frozenset(read.translate(_SPACED).split() if read.isascii() else _WORD.findall(read))


def _exceeds(text: str, room: int) -> bool:
    """Return whether a text is surely longer than the room, in estimated tokens.

    It is not counted but bounded from below, and no more of it is read than decides.
    """
    if len(text) <= room:  # no character makes two tokens
        return False
    codes = _codes(text[: 2 * _LETTERS * room])
    seen = (codes > ord(" ")) & (codes < ord("\x7f"))
    if np.count_nonzero(seen) > _LETTERS * room:
        return True
    if np.count_nonzero(seen[1:] & (codes[:-1] <= ord(" "))) > room:  # each begins a token
        return True
    some = codes[: 3 * room]
    least = int(_SIXTHS[np.minimum(some, 128)].sum())
    if some.itemsize > 1:
        least += sum(
            sixths * int(np.count_nonzero((some >= first) & (some <= last)))
            for first, last, sixths in _BEYOND_ASCII
        )
    return least > _LETTERS * room


def _codes(text: str) -> NDArray[np.integer[Any]]:
    if text.isascii():
        return np.frombuffer(text.encode(), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _merged(items: Sequence[Scored], alike: NDArray[np.bool_]) -> list[int]:
    """Return the places of the items that stand, one for each group of near-duplicates."""
    kept: list[int] = []
    for i, same in enumerate(alike):
        twin = int(same[kept].argmax()) if same[kept].any() else None
        if twin is None:
            kept.append(i)
        elif _newer(items[i], items[kept[twin]]):
            kept[twin] = i
    return kept


def _newer(one: Scored, other: Scored) -> bool:
    """Return whether the first of two, scored a little lower, is the one to keep."""
    mine, theirs = one.candidate.said_at, other.candidate.said_at
    return (
        mine is not None
        and (theirs is None or mine > theirs)
        and one.candidate.kind == other.candidate.kind
        and one.score >= EQUALS * other.score
    )
