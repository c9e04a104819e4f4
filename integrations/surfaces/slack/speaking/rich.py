"""Pieces of an answer as Slack's rich text, and how much of a message they take.

Rich text is shown as it is: nothing in it is read as a mention, a link or a style, so what
an answer says can neither ping nor mislead. Refuses to know where a message ends.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from integrations.markdown.cutting import size
from integrations.markdown.document import Code, Item, Prose, Rule, Table, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from integrations.markdown.document import Piece, Span, Spans

Element = dict[str, Any]

DEEPEST: Final = 8
"""Slack indents no further."""


def weight(block: object) -> int:
    """Return how long something is as JSON, in UTF-16 units.

    What a message may hold in total is not documented. Texts alone were seen to be refused
    from about 13,200 characters on, fewer the more blocks there are; counting the JSON of
    all of it stays below in any case.
    """
    return size(json.dumps(block, ensure_ascii=False, separators=(",", ":")))


def rich_text(pieces: Sequence[Piece]) -> Element:
    """Return one block with these pieces, none of them a table or a rule."""
    elements = [each for _, run in groupby(pieces, key=_kin) for each in _elements(tuple(run))]
    return {"type": "rich_text", "elements": elements}


def inline(spans: Spans) -> list[Element]:
    """Return a line of text; at least one character, because Slack takes no empty one."""
    return [_run(span) for span in spans if span.text] or [{"type": "text", "text": " "}]


def shown(piece: Piece) -> str:
    """Return the characters that a piece shows."""
    match piece:
        case Prose(spans):
            return plain(spans)
        case Item(spans, indent, number):
            mark = "•" if number is None else f"{number}."
            return f"{'  ' * indent}{mark} {plain(spans)}"
        case Code(text):
            return text
        case Table(rows):
            return "\n".join(" | ".join(plain(cell) for cell in row) for row in rows)
        case Rule():
            return "—"


def _kin(piece: Piece) -> tuple[object, ...]:
    """What must be equal for two neighbours to be one element."""
    match piece:
        case Prose(quoted=quoted):
            return ("prose", quoted)
        case Item(indent=indent, number=number, quoted=quoted):
            return ("item", indent, number is None, quoted)
        case _:
            return ("alone", id(piece))


def _elements(run: Sequence[Any]) -> Iterator[Element]:
    first = run[0]
    if isinstance(first, Prose):
        yield _prose(run)
    elif isinstance(first, Item):
        yield from _lists(run)
    else:
        for piece in run:
            yield _code(piece)


def _prose(run: Sequence[Prose]) -> Element:
    elements: list[Element] = []
    for piece in run:
        spans = piece.spans
        if piece.level:
            spans = tuple(replace(span, bold=not span.code) for span in spans)
        if elements:
            elements.append({"type": "text", "text": "\n\n"})
        elements += inline(spans)
    kind = "rich_text_quote" if run[0].quoted else "rich_text_section"
    return {"type": kind, "elements": elements}


def _lists(run: Sequence[Item]) -> Iterator[Element]:
    """Yield one list for items that count on; a gap in the numbers begins another."""
    # While numbers count on, their distance to the position stays the same.
    starts = [item.number and item.number - i for i, item in enumerate(run)]
    for _, part in groupby(zip(starts, run, strict=True), key=lambda each: each[0]):
        yield _list([item for _, item in part])


def _list(items: Sequence[Item]) -> Element:
    first = items[0]
    element: Element = {
        "type": "rich_text_list",
        "style": "bullet" if first.number is None else "ordered",
        "indent": min(first.indent, DEEPEST),
        "elements": [
            {"type": "rich_text_section", "elements": inline(item.spans)} for item in items
        ],
    }
    if first.number is not None and first.number > 1:
        element["offset"] = first.number - 1
    if first.quoted:
        element["border"] = 1
    return element


def _code(piece: Code) -> Element:
    element: Element = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": piece.text or " "}],
    }
    if piece.quoted:
        element["border"] = 1
    return element


def _run(span: Span) -> Element:
    if span.href:
        element: Element = {"type": "link", "url": span.href, "text": span.text}
    else:
        element = {"type": "text", "text": span.text}
    style = {
        name: True for name in ("bold", "italic", "strike", "code") if getattr(span, name) is True
    }
    return {**element, "style": style} if style else element
