"""How a long answer becomes several messages.

Decides where one ends: between blocks if it can, between the items of a list or the lines of
code if it must, and inside a line only if that is too long. Code that goes on in the next message
is a listing of its language in both, the header of a table stands above each part of it. Refuses
to know how a piece is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from integrations.markdown.columns import aligned
from integrations.markdown.cutting import cut, size
from integrations.markdown.document import Code, Item, Prose, Table
from integrations.surfaces.discord.showing.markdown import flat, written, written_piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from integrations.markdown.document import Group, Piece, Span, Spans

MOST_PART: Final = 760
"""Characters of a part as it is written: any message has room for one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece, or a part of one that is too long for a message.

    Attributes:
        group: parts with the same number stood in one block of the answer.
        glue: of a part that goes on with the one before: what stood between the two.
        header: stands above a part that goes on, when it begins a message.
        cost: characters of the part in a message; never too small.
    """

    piece: Piece
    group: int
    glue: str | None = None
    header: str = ""
    cost: int = 0


def parts_of(groups: Iterable[Group]) -> Iterator[Part]:
    """Yield the parts of an answer, each of which fits into any message."""
    for number, group in enumerate(groups):
        for piece in flat(group):
            for part in _parts(piece):
                yield replace(part, group=number, cost=part.cost + _AROUND)


def pack(parts: Sequence[Part], most: int, last: int) -> list[list[Part]]:
    """Return the parts of each message.

    Args:
        parts: all of them, in order.
        most: characters of a message.
        last: likewise of the last one, below which more is to stand.
    """
    *before, end = _packed(parts, most)
    return [*before, *_packed(end, last)]


def shown(parts: Sequence[Part]) -> str:
    """Return the parts of one message as it is written, with what was cut put together again."""
    return written(
        [
            [_whole(piece) for piece in _pieces(list(of_group))]
            for _, of_group in groupby(parts, key=lambda part: part.group)
        ]
    )


_AROUND: Final = 8
"""What may stand before a part, and between what would otherwise mean something together."""
_MOST_TEXT: Final = 250
"""Characters of a part of what had to be cut; in one message the parts are one again."""


def _packed(parts: Sequence[Part], most: int) -> list[list[Part]]:
    posts = _Posts(most)
    for _, of_group in groupby(parts, key=lambda part: part.group):
        group = list(of_group)
        posts.keep_together(group)
        for piece in _pieces(group):
            posts.keep_together(piece)
            for part in piece:
                posts.add(part)
    return posts.posts


class _Posts:
    def __init__(self, most: int) -> None:
        self.posts: list[list[Part]] = [[]]
        self._most = most
        self._cost = 0

    def keep_together(self, parts: Sequence[Part]) -> None:
        """Begin a message if these do not fit into what is left of this one, but into one."""
        total = sum(part.cost for part in parts)
        if self._cost + total > self._most >= total:
            self._begin()

    def add(self, part: Part) -> None:
        if self._cost + part.cost > self._most:
            self._begin()
        if self._cost + part.cost > self._most:
            self.posts.append([])  # a heading that came along leaves too little room
            self._cost = 0
        self.posts[-1].append(part)
        self._cost += part.cost

    def _begin(self) -> None:
        """Begin a message; a heading goes along with what it is the heading of."""
        post = self.posts[-1]
        if not post:
            return
        carried: list[Part] = []
        while len(post) > 1 and isinstance(post[-1].piece, Prose) and post[-1].piece.level:
            carried.insert(0, post.pop())
        if sum(part.cost for part in carried) * 2 > self._most:
            post.extend(carried)
            carried = []
        self.posts.append(carried)
        self._cost = sum(part.cost for part in carried)


def _pieces(parts: Sequence[Part]) -> list[list[Part]]:
    pieces: list[list[Part]] = []
    for part in parts:
        if part.glue is None or not pieces:
            pieces.append([part])
        else:
            pieces[-1].append(part)
    return pieces


def _whole(parts: Sequence[Part]) -> Piece:
    first = parts[0].piece
    if isinstance(first, Code):
        text = "".join(
            (part.glue or "") * (i > 0) + part.piece.text
            for i, part in enumerate(parts)
            if isinstance(part.piece, Code)
        )
        return replace(first, text=parts[0].header + text)
    if isinstance(first, Prose | Item):
        return replace(first, spans=tuple(_joined(parts)))
    return first


def _joined(parts: Sequence[Part]) -> Iterator[Span]:
    """Yield the runs of all parts; neighbours in the same style are one."""
    last: Span | None = None
    for part in parts:
        if not isinstance(part.piece, Prose | Item):
            continue
        for span in part.piece.spans:
            if last is not None and replace(last, text="") == replace(span, text=""):
                last = replace(last, text=last.text + span.text)
                continue
            if last is not None:
                yield last
            last = span
    if last is not None:
        yield last


def _cost(piece: Piece) -> int:
    return size(written_piece(piece))


def _parts(piece: Piece) -> Iterator[Part]:
    """Yield the piece in parts if it is long; their group is not known here."""
    if _cost(piece) <= MOST_PART:
        yield Part(piece, 0, cost=_cost(piece))
        return
    match piece:
        case Code():
            yield from _code(piece)
        case Table():
            head, below, *_ = lines = aligned(piece)
            header = f"{head}\n{below}\n"
            for i, part in enumerate(_code(Code("\n".join(lines)))):
                cost = part.cost + size(header)
                yield part if i == 0 else replace(part, header=header, cost=cost)
        case Prose(spans) | Item(spans):
            glue: str | None = None
            for chunk in _cut_spans(spans):
                for each in _fitting(replace(piece, spans=chunk)):
                    # What is left of an item is no item of its own.
                    rest = isinstance(piece, Item) and glue is not None
                    shown_as = Prose(each.spans, quoted=each.quoted) if rest else each
                    yield Part(shown_as, 0, glue, cost=_cost(each))
                    glue = ""
        case _:
            yield Part(piece, 0, cost=_cost(piece))


def _fitting(piece: Prose | Item) -> Iterator[Prose | Item]:
    """Yield the piece, in halves if it takes many marks to write it."""
    if _cost(piece) <= MOST_PART or (len(piece.spans) == 1 and len(piece.spans[0].text) == 1):
        yield piece
        return
    if len(piece.spans) > 1:
        half = len(piece.spans) // 2
        sides = piece.spans[:half], piece.spans[half:]
    else:
        span = piece.spans[0]
        first, *others = cut(span.text, max(size(span.text) // 2, 2))
        sides = (replace(span, text=first),), (replace(span, text="".join(others)),)
    yield from _fitting(replace(piece, spans=sides[0]))
    yield from _fitting(replace(piece, spans=sides[1]))


def _code(code: Code) -> Iterator[Part]:
    """Cut at lines, and inside a line that is longer than a part."""
    glue: str | None = None
    chunk: str | None = None

    def part(text: str) -> Part:
        each = replace(code, text=text)
        return Part(each, 0, glue, cost=_cost(each))

    for line in code.text.split("\n"):
        if chunk is not None and size(chunk) + 1 + size(line) <= _MOST_TEXT:
            chunk += "\n" + line
            continue
        if chunk is not None:
            yield part(chunk)
            glue = "\n"
        *full, chunk = cut(line, _MOST_TEXT)
        for each in full:
            yield part(each)
            glue = ""
    yield part(chunk or "")


def _cut_spans(spans: Spans) -> Iterator[Spans]:
    chunk: list[Span] = []
    text = 0
    for span in spans:
        texts = [span.text] if span.text == span.href else cut(span.text, _MOST_TEXT)
        for each in texts:
            if chunk and text + size(each) > _MOST_TEXT:
                yield tuple(chunk)
                chunk, text = [], 0
            chunk.append(replace(span, text=each))
            text += size(each)
    if chunk:
        yield tuple(chunk)
