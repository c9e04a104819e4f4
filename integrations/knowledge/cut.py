"""Cuts a document's lines into passages of a readable size.

Decides where an over-long block is cut and which small neighbours share a
passage. Refuses to know formats: readers hand in blocks, which partition the
lines in order, and every line that is not blank ends up in exactly one passage.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from integrations.contracts.knowledge import Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from integrations.knowledge.limits import Limits

Kind = Literal["prose", "code", "table", "cell"]
Path = tuple[str, ...]

_TITLES_SHOWN = 3
_LONGEST_TITLE = 200
_LOOK_BACK = 200
"""How far a cut inside one line may move back to the end of a sentence or word."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together, as a reader sees it.

    Attributes:
        start: first line, 1-based.
        end: last line, inclusive.
        path: headings or names that lead here, outermost first.
        joints: lines at which an over-long block is best cut.
        solid: inner ranges, such as fences in a list, that stay whole if they fit.
    """

    start: int
    end: int
    path: Path = ()
    kind: Kind = "prose"
    page: int | None = None
    joints: frozenset[int] = frozenset()
    solid: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    chars: int
    largest: int
    paths: tuple[Path, ...]
    kind: Kind
    page: int | None
    text: str | None = None
    """Set only for a part of one over-long line; such a piece joins nobody."""


def cut(
    lines: Sequence[str], blocks: Iterable[Block], limits: Limits, separator: str = " › "
) -> tuple[Passage, ...]:
    """Return the passages of a document.

    Args:
        lines: the document's lines, without line ends.
        blocks: a partition of the lines, in order; blank lines may lie between.
        limits: the sizes to aim for.
        separator: what stands between the parts of a title.

    Returns:
        Passages in order. ``text`` is the lines ``start_line``..``end_line``
        joined by newlines, except for parts of a single line longer than
        ``limits.max_chars``, which carry that line's number.
    """
    knife = _Knife(lines, limits)
    pieces = [piece for block in blocks for piece in knife.split(block)]
    return tuple(
        Passage(
            text=piece.text or "\n".join(lines[piece.start - 1 : piece.end]),
            start_line=piece.start,
            end_line=piece.end,
            title=title(piece.paths, separator),
            kind=piece.kind,
            page=piece.page,
        )
        for piece in knife.merge(pieces)
    )


def title(paths: Sequence[Path], separator: str) -> str:
    """Return one title for everything a passage holds.

    Ancestors of other paths are implied; siblings share their common part:
    ``RetryHandler.prepare, reset``.
    """
    distinct = list(dict.fromkeys(path for path in paths if path))
    leaves = [
        path
        for path in distinct
        if not any(len(other) > len(path) and other[: len(path)] == path for other in distinct)
    ]
    if not leaves:
        return ""
    shared = 0
    shortest = min(len(path) for path in leaves)
    while shared < shortest - 1 and len({path[shared] for path in leaves}) == 1:
        shared += 1
    ends = [separator.join(path[shared:]) for path in leaves]
    if len(ends) > _TITLES_SHOWN:
        ends = [*ends[:_TITLES_SHOWN], "…"]
    whole = separator.join([*leaves[0][:shared], ", ".join(ends)])
    return whole if len(whole) <= _LONGEST_TITLE else whole[: _LONGEST_TITLE - 1] + "…"


class _Knife:
    """The lines of one document, with sums that make any range's size cheap."""

    def __init__(self, lines: Sequence[str], limits: Limits) -> None:
        self._lines = lines
        self._limits = limits
        self._sums = [0, *accumulate(len(line) + 1 for line in lines)]

    def chars(self, start: int, end: int) -> int:
        return self._sums[end] - self._sums[start - 1] - 1

    def _blank(self, line: int) -> bool:
        return not self._lines[line - 1].strip()

    def split(self, block: Block) -> Iterator[_Piece]:
        start, end = max(block.start, 1), min(block.end, len(self._lines))
        while start <= end and self._blank(end):
            end -= 1
        while start <= end:
            if self._blank(start):
                start += 1
                continue
            if len(self._lines[start - 1]) > self._limits.max_chars:
                yield from self._split_line(block, start)
                start += 1
                continue
            stop = end if self.chars(start, end) <= self._limits.max_chars else 0
            after = stop + 1 if stop else self._best_cut(block, start, end)
            last = after - 1
            while self._blank(last):
                last -= 1
            size = self.chars(start, last)
            yield _Piece(start, last, size, size, (block.path,), block.kind, block.page)
            start = after

    def _best_cut(self, block: Block, start: int, end: int) -> int:
        """Return the line that should start the next piece."""
        limits = self._limits
        # The furthest line that still fits: chars(start, furthest) <= max_chars.
        furthest = bisect_right(self._sums, limits.max_chars + self._sums[start - 1] + 1) - 1
        solid = [
            (low, high)
            for low, high in block.solid
            if low <= furthest and high > start and self.chars(low, high) <= limits.max_chars
        ]

        def worth(line: int) -> tuple[bool, bool, int, int]:
            size = self.chars(start, line - 1)
            blank = self._blank(line - 1)
            whole = not any(low < line <= high for low, high in solid)
            quality = 2 * (line in block.joints or blank) + (line in block.joints and blank)
            return (
                whole,
                size >= limits.target_chars // 2,
                quality,
                -abs(size - limits.target_chars),
            )

        return max(range(start + 1, min(furthest, end) + 2), key=worth)

    def _split_line(self, block: Block, number: int) -> Iterator[_Piece]:
        """Cut one over-long line at sentences, else words, else anywhere."""
        line = self._lines[number - 1]
        limits = self._limits
        start = 0
        while start < len(line):
            stop = min(start + limits.target_chars, len(line))
            if len(line) - start > limits.max_chars:
                stop = _line_cut(line, start, stop)
            else:
                stop = len(line)
            text = line[start:stop].strip()
            start = stop
            if text:
                size = len(text)
                yield _Piece(
                    number, number, size, size, (block.path,), block.kind, block.page, text
                )

    def merge(self, pieces: Sequence[_Piece]) -> Iterator[_Piece]:
        """Join small neighbours; one pass, so its cost is linear."""
        current: _Piece | None = None
        for index, piece in enumerate(pieces):
            after = pieces[index + 1] if index + 1 < len(pieces) else None
            if current is None:
                current = piece
            elif self._belongs(current, piece, after):
                bigger = piece if piece.largest > current.largest else current
                current = _Piece(
                    current.start,
                    piece.end,
                    self.chars(current.start, piece.end),
                    bigger.largest,
                    (*current.paths, *(p for p in piece.paths if p != current.paths[-1])),
                    bigger.kind,
                    current.page,
                )
            else:
                yield current
                current = piece
        if current is not None:
            yield current

    def _belongs(self, current: _Piece, piece: _Piece, after: _Piece | None) -> bool:
        limits = self._limits
        if current.text is not None or piece.text is not None or current.page != piece.page:
            return False
        total = self.chars(current.start, piece.end)
        same = current.paths[-1] == piece.paths[0]
        if total > limits.max_chars:
            return False
        if current.chars < limits.tiny_chars or piece.chars < limits.tiny_chars:
            # A heading, or the first line of a class, goes with what it introduces.
            return (
                same
                or current.chars < limits.tiny_chars
                or not (after is not None and self._leads(piece, after))
            )
        return total <= limits.target_chars and (
            same or max(current.largest, piece.largest) < limits.small_chars
        )

    def _leads(self, piece: _Piece, after: _Piece) -> bool:
        path = piece.paths[-1]
        if not path or after.page != piece.page or after.paths[0][: len(path)] != path:
            return False
        # A closing brace ends something; it never introduces what follows.
        lines = self._lines[piece.start - 1 : piece.end]
        return any(character.isalnum() for line in lines for character in line)


def _line_cut(line: str, start: int, stop: int) -> int:
    """Return where to cut a line at or shortly before ``stop``, after ``start``."""
    window = line[max(start + 1, stop - _LOOK_BACK) : stop]
    for ends in (". ", "? ", "! ", "。", "; ", ", ", " "):
        found = window.rfind(ends)
        if found >= 0:
            return stop - len(window) + found + len(ends)
    # Never part a letter from its accents, nor a joined emoji from its joiner.
    back = stop
    while back > max(start + 1, stop - _LOOK_BACK) and (
        unicodedata.combining(line[back]) or "\u200d" in line[back - 1 : back + 1]
    ):
        back -= 1
    return back
