"""Pieces of an answer as Markdown for Slack's own reader of it, where that is safe.

Decides what may go there: only what every reader of Markdown takes for the same, and in
which Slack finds no mention, no entity and no table. Everything else is rich text, so
nothing is ever escaped, and nobody sees a stray backslash. Refuses to know how rich text
is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from integrations.markdown.document import Code, Item, Prose, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integrations.markdown.document import Piece, Span, Spans

BROADCAST: Final = re.compile(r"@(channel|here|everyone|group)", re.IGNORECASE)
"""What would call everybody, were it read as a person's own words are."""
LONGEST_HEADING: Final = 150
"""Slack makes a header of a heading, and a header takes no more."""


def markdown(pieces: Sequence[Piece]) -> str | None:
    """Return one paragraph, heading, quote, list or listing; ``None`` if it is not for Markdown."""
    match pieces:
        case [Prose(spans, level, False)]:
            return _heading(spans, level) if level else _line(spans)
        case [Code() as code]:
            return _fence(code)
        case [Prose(quoted=True), *_]:
            return _quote(pieces)
        case [Item(indent=0), *_]:
            return _list(pieces)
        case _:
            return None


_RISKY: Final = re.compile(
    r"[\\`*<>&|~\n\t\u200b]|(?<!\w)_|_(?!\w)|\](?=[(\[:{])|!\[|\[(?!\d{1,3}(?:, ?\d{1,3})*\])"
    r"|  |:[\w+-]+:"
)
"""Characters with a meaning of their own; a citation such as [1] has none, nor has
snake_case. Between colons may stand the name of an emoji."""
_OPENING: Final = re.compile(r"[-+#=]|\d+[.)]|\s")
_PLAIN_URL: Final = re.compile(r"[^\s()<>\\\"'*`~|\[\]]+")
_ENTITY: Final = re.compile(r"&#|&\w+;")
_WORD: Final = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_BEFORE: Final = re.compile(r"(?:^|[ (])$")
_AFTER: Final = re.compile(r"(?=$|[ .,;:!?)])")
_MOST_NUMBER: Final = 99
"""Beyond two digits four spaces are too few for what an item contains."""


def _heading(spans: Spans, level: int) -> str | None:
    if len(plain(spans)) > LONGEST_HEADING or plain(spans).rstrip().endswith("#"):
        return None
    line = _line(spans)
    return None if line is None else f"{'#' * level} {line}"


def _quote(pieces: Sequence[Piece]) -> str | None:
    lines = [
        _line(piece.spans)
        if isinstance(piece, Prose) and piece.quoted and not piece.level
        else None
        for piece in pieces
    ]
    known = [f"> {line}" for line in lines if line is not None]
    return "\n>\n".join(known) if len(known) == len(lines) else None


def _list(pieces: Sequence[Piece]) -> str | None:
    lines: list[str] = []
    before: Item | None = None
    for piece in pieces:
        if not isinstance(piece, Item) or piece.quoted or not _follows(before, piece):
            return None
        line = _line(piece.spans)
        if line is None:
            return None
        mark = "-" if piece.number is None else f"{piece.number}."
        lines.append(f"{'    ' * piece.indent}{mark} {line}")
        before = piece
    return "\n".join(lines)


def _follows(before: Item | None, item: Item) -> bool:
    """Whether an item after this one is sure to be where it belongs."""
    if item.number is not None and item.number > _MOST_NUMBER:
        return False
    if before is None or item.indent > before.indent:
        # A nested list that begins with another number than 1 is text to some readers.
        return before is None or (item.indent == before.indent + 1 and item.number in {None, 1})
    return item.indent < before.indent or (item.number is None) == (before.number is None)


def _fence(code: Code) -> str | None:
    unsafe = code.quoted or not code.language or "<" in code.text or "&" in code.text
    if unsafe or BROADCAST.search(code.text):
        return None
    longest = max((len(ticks) for ticks in re.findall(r"`+", code.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{code.language}\n{code.text}\n{fence}"


def _line(spans: Spans) -> str | None:
    text = plain(spans)
    if not text.strip() or _OPENING.match(text) or BROADCAST.search(text) or text[-1].isspace():
        return None
    written = [_written(span) for span in spans]
    line = ""
    for i, (span, each) in enumerate(zip(spans, written, strict=True)):
        if each is None:
            return None
        following = spans[i + 1].text if i + 1 < len(spans) else ""
        marked = span.href or each != span.text
        if marked and not (_BEFORE.search(line) and _AFTER.match(following)):
            return None  # a mark within a word, or next to another, is read in several ways
        line += each
    return line


def _written(span: Span) -> str | None:
    styles = [span.bold, span.italic, span.strike, span.code, bool(span.href)]
    if sum(styles) > 1:
        return None
    if span.code:
        fit = span.text == span.text.strip() and not re.search(r"[`<&\n\\]|^$", span.text)
        return f"`{span.text}`" if fit else None
    if span.href:
        return _link(span)
    if _RISKY.search(span.text) or (any(styles) and not _WORD.fullmatch(span.text)):
        return None
    mark = "**" if span.bold else "_" if span.italic else "~~" if span.strike else ""
    return f"{mark}{span.text}{mark}"


def _link(span: Span) -> str | None:
    if not _PLAIN_URL.fullmatch(span.href) or _ENTITY.search(span.href):
        return None
    if span.text == span.href:
        return span.text if not re.search(r"(?<!\w)_|_(?!\w)|&", span.text) else None
    risky = _RISKY.search(span.text) or "[" in span.text or "//" in span.text
    return None if risky or span.text != span.text.strip() else f"[{span.text}]({span.href})"
