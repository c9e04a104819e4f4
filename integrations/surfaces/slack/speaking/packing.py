"""How a long answer becomes several messages.

Decides where one ends: between blocks if it can, between the items of a list or the lines
of code if it must, and inside a line only if that is too long for any message. Code that
goes on in the next message is a block in both, the header of a table stands above each
part of it. Refuses to know what a block looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from integrations.markdown.columns import aligned
from integrations.markdown.cutting import cut, size
from integrations.markdown.document import Code, Item, Prose, Rule, Table, plain
from integrations.surfaces.slack.speaking.rich import inline, weight
from integrations.surfaces.slack.speaking.tables import table_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from integrations.markdown.document import Group, Piece, Span, Spans

MOST_TEXT: Final = 1500
"""Characters of a part of what had to be cut; in one message the parts are one again."""
MOST_TABLE: Final = 7500
"""Weight of a table that is a block of its own; a heavier one is text."""
MOST_BLOCKS: Final = 40
"""Slack takes 50, and makes several of one that is written in Markdown."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece, or a part of one that is too long for a message.

    Attributes:
        group: parts with the same number stood in one block of the answer.
        glue: of a part that goes on with the one before: what stood between the two.
        header: stands above a part that goes on, when it begins a message.
        cost: weight of the part in a message; never too small.
    """

    piece: Piece
    group: int
    glue: str | None = None
    header: str = ""
    cost: int = 0


def parts_of(groups: Sequence[Group]) -> list[Part]:
    """Return the parts of an answer, each of which fits into any message."""
    parts: list[Part] = []
    for number, group in enumerate(groups):
        before: Piece | None = None
        for piece in group:
            for part in _parts(piece):
                parts.append(replace(part, group=number, cost=_cost(part, before)))
                before = part.piece
    return parts


def pack(parts: Sequence[Part], most: int) -> list[list[Part]]:
    """Return the parts of each message; none of them weighs more than ``most``."""
    posts = _Posts(most)
    for _, of_group in groupby(parts, key=lambda part: part.group):
        group = list(of_group)
        posts.keep_together(group)
        for piece in _pieces(group):
            posts.keep_together(piece)
            for part in piece:
                posts.add(part)
    return [post for post in posts.posts if post]


def joined(parts: Sequence[Part]) -> list[list[Piece]]:
    """Return the pieces of one message by group, with what was cut put together again."""
    return [
        [_whole(piece) for piece in _pieces(list(of_group))]
        for _, of_group in groupby(parts, key=lambda part: part.group)
    ]


_AROUND: Final = 150
"""Weight of what may wrap a part: a block, a list in it, the blank line to the part before."""
_SECTION: Final = 50
_MANY: Final = 20
"""Changes of style in a paragraph from which on it may be too heavy although it is short."""
_MOST_WEIGHT: Final = 4000
_MOST_HEADER: Final = 500


class _Posts:
    def __init__(self, most: int) -> None:
        self.posts: list[list[Part]] = [[]]
        self._most = most
        self._cost = 0
        self._blocks = 0
        self._has_table = False

    def keep_together(self, parts: Sequence[Part]) -> None:
        """Begin a message if these do not fit into what is left of this one, but into one."""
        total = sum(part.cost for part in parts)
        if self._cost + total > self._most >= total:
            self._begin()

    def add(self, part: Part) -> None:
        table = isinstance(part.piece, Table)
        blocks = _blocks(part)
        full = self._cost + part.cost > self._most or self._blocks + blocks > MOST_BLOCKS
        if full or (table and self._has_table):
            self._begin()
        self.posts[-1].append(part)
        self._cost += part.cost
        self._blocks += blocks
        self._has_table = self._has_table or table

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
        self._blocks = sum(map(_blocks, carried))
        self._has_table = False


def _blocks(part: Part) -> int:
    """How many blocks Slack may make of it; items and what was cut are in one already."""
    return 0 if part.glue is not None or isinstance(part.piece, Item) else 1


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
        header = f"{parts[0].header}\n" if parts[0].glue is not None and parts[0].header else ""
        text = "".join(
            (part.glue or "") * (i > 0) + part.piece.text
            for i, part in enumerate(parts)
            if isinstance(part.piece, Code)
        )
        return replace(first, text=header + text)
    if isinstance(first, Prose | Item):
        spans = tuple(
            span
            for part in parts
            if isinstance(part.piece, Prose | Item)
            for span in part.piece.spans
        )
        return replace(first, spans=spans)
    return first


def _cost(part: Part, before: Piece | None) -> int:
    """Return what a part adds to a message, as rich text, because Slack makes that of Markdown."""
    header = size(part.header) * 2
    match part.piece:
        case Table() as table:
            return weight(table_block(table, MOST_TABLE)) + _AROUND
        case Item(spans) as item:
            return weight(inline(spans)) + _SECTION + (0 if _counts_on(item, before) else _AROUND)
        case Prose(spans):
            return weight(inline(spans)) + _SECTION + (_AROUND if part.glue is None else 0)
        case Code(text):
            return weight(text) + header + _AROUND
        case Rule():
            return _AROUND


def _counts_on(item: Item, before: Piece | None) -> bool:
    """Whether an item is in the same list as what stands before it."""
    if not isinstance(before, Item) or item.indent != before.indent:
        return False
    return item.number == (None if before.number is None else before.number + 1)


def _parts(piece: Piece) -> Iterator[Part]:
    """Yield the piece in parts if it is long; their group and cost are not known here."""
    match piece:
        case Table() if table_block(piece, MOST_TABLE) is None:
            yield from _table_text(piece)
        case Code(text) if size(text) > MOST_TEXT:
            yield from _code(piece)
        case Prose(spans) | Item(spans) if _is_long(spans):
            for i, part in enumerate(_cut_spans(spans)):
                # What is left of an item is no item of its own.
                if i == 0 or isinstance(piece, Prose):
                    yield Part(replace(piece, spans=part), 0, None if i == 0 else "")
                else:
                    yield Part(Prose(part, quoted=piece.quoted), 0, "")
        case _:
            yield Part(piece, 0)


def _is_long(spans: Spans) -> bool:
    links = any(span.href for span in spans)
    heavy = (links or len(spans) > _MANY) and weight(inline(spans)) > _MOST_WEIGHT
    return heavy or size(plain(spans)) > MOST_TEXT


def _table_text(table: Table) -> Iterator[Part]:
    head, below, *rows = aligned(table)
    header = f"{head}\n{below}"
    if size(header) > _MOST_HEADER:
        yield from _code(Code("\n".join([head, below, *rows])))
        return
    for i, part in enumerate(_code(Code("\n".join([head, below, *rows])))):
        yield part if i == 0 else replace(part, header=header)


def _code(code: Code) -> Iterator[Part]:
    """Cut at lines, and inside a line that is longer than a part."""
    glue: str | None = None
    chunk: str | None = None
    for line in code.text.split("\n"):
        if chunk is not None and size(chunk) + 1 + size(line) <= MOST_TEXT:
            chunk += "\n" + line
            continue
        if chunk is not None:
            yield Part(replace(code, text=chunk), 0, glue)
            glue = "\n"
        *full, chunk = cut(line, MOST_TEXT)
        for each in full:
            yield Part(replace(code, text=each), 0, glue)
            glue = ""
    yield Part(replace(code, text=chunk or ""), 0, glue)


def _cut_spans(spans: Spans) -> Iterator[Spans]:
    chunk: list[Span] = []
    text = heavy = 0
    for span in spans:
        # A span weighs its characters, some of them twice, and what names its style.
        overhead = _AROUND + size(span.href)
        for each in cut(span.text, MOST_TEXT, MOST_TEXT - text):
            if chunk and (text + size(each) > MOST_TEXT or heavy + overhead > _MOST_WEIGHT // 2):
                yield tuple(chunk)
                chunk, text, heavy = [], 0, 0
            chunk.append(replace(span, text=each))
            text += size(each)
            heavy += overhead
    if chunk:
        yield tuple(chunk)
