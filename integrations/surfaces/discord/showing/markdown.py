"""Pieces of an answer as Discord's Markdown.

Decides how each kind of piece is written, and that what is only text is read as text: nothing in
it mentions anybody, makes a link, or changes the style. Code stays as it is. Refuses to know how
long a message may be.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from integrations.markdown.columns import aligned, width
from integrations.markdown.cutting import size
from integrations.markdown.document import Code, Item, Prose, Rule, Span, Table, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from integrations.markdown.document import Group, Piece, Spans

WIDEST: Final = 64
"""Columns of text that a screen shows in one line; a wider table is a list."""
LONGEST_LINK: Final = 450
"""An address that is longer is written beside its label, where it can be cut."""


def written(groups: Sequence[Sequence[Piece]]) -> str:
    """Return groups of pieces as Discord's Markdown."""
    text = ""
    before: Piece | None = None
    for group in groups:
        for i, piece in enumerate(group):
            if before is not None:
                text += _between(before, piece, same=i > 0)
            text += written_piece(piece)
            before = piece
    return text


def written_piece(piece: Piece) -> str:
    """Return one piece as Discord's Markdown."""
    match piece:
        case Prose(spans, level, quoted):
            return _quoted(_prose(spans, level), quoted=quoted)
        case Item(spans, indent, number, quoted):
            mark = "-" if number is None else f"{number}."
            before = "  " * min(indent, _DEEPEST_LIST)
            line = inline(spans).replace("\n", f"\n{before}  ")
            return _quoted(f"{before}{mark} {line}", quoted=quoted)
        case Code(text, language, quoted):
            named = language if language.isascii() else ""
            return _quoted(f"```{named}\n{_unfenced(text)}\n```", quoted=quoted)
        case Rule():
            return "─" * 12
        case Table():
            return written_piece(Code("\n".join(aligned(piece))))


def flat(group: Group) -> Group:
    """Return the group without what no screen shows: wide tables, and endless addresses."""
    return tuple(each for piece in group for each in _flat(piece))


def inline(spans: Spans) -> str:
    """Return runs of text as one paragraph's Markdown."""
    line = ""
    for i, span in enumerate(spans):
        following = spans[i + 1].text if i + 1 < len(spans) else ""
        each = _written(span, line, following)
        apart = line[-1:] in _MARKS and line[-1:] == each[:1] and bool(line)
        line += (JOINER if apart else "") + each
    return _LINE_START.sub(lambda found: f"{found[1]}{found[2]}\\{found[3]}", line)


def harmless(text: str) -> str:
    """Return plain text so that Discord finds nothing in it but text."""
    return _LINE_START.sub(lambda found: f"{found[1]}{found[2]}\\{found[3]}", _escaped(text))


JOINER: Final = "\u2060"
"""Has no width, and keeps apart what would mean something together."""

_MARKS: Final = frozenset("*_~`|")
_SPECIAL: Final = re.compile(
    r"[\\*`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\||<(?=[^\s\d=]|\Z)"
    r"|\[(?!\d{1,3}(?:, ?\d{1,3})*\](?!\())"
)
"""Characters with a meaning of their own; a citation such as [1] has none, nor has snake_case."""
_EVERYBODY: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_LINE_START: Final = re.compile(
    r"^([^\S\n]*)(\d*)(#(?=#*\s)|[-+](?=[#\s])|>|(?<=\d)\.(?=\s))", re.MULTILINE
)
"""What would make a heading, an item, small print or a quote of a line."""
_WORD: Final = re.compile(r"[A-Za-z0-9_]")
_UNLINKED: Final = re.compile(r"[\[\]\n]|https?:|www\.", re.IGNORECASE)
_DEEPEST_HEADING: Final = 3
_DEEPEST_LIST: Final = 8


def _between(before: Piece, piece: Piece, *, same: bool) -> str:
    """Return what stands between two pieces."""
    quoted = same and getattr(before, "quoted", False) and getattr(piece, "quoted", False)
    tight = (
        (same and isinstance(before, Item) and isinstance(piece, Item))
        or (isinstance(before, Prose) and 0 < before.level <= _DEEPEST_HEADING)
        or (isinstance(before, Code) is not isinstance(piece, Code))
    )
    if tight:
        return "\n"
    return "\n> \n" if quoted else "\n\n"


def _prose(spans: Spans, level: int) -> str:
    if not level:
        return inline(spans)
    if level > _DEEPEST_HEADING:
        return inline(tuple(replace(span, bold=not span.code) for span in spans))
    return f"{'#' * level} {inline(spans)}".replace("\n", " ")


def _quoted(text: str, *, quoted: bool) -> str:
    return "> " + text.replace("\n", "\n> ") if quoted else text


def _unfenced(code: str) -> str:
    """Keep three ticks from ending a listing; Discord knows no longer fence."""
    return re.sub(r"`(?=``)", "`" + JOINER, code)


def _written(span: Span, before: str, following: str) -> str:
    if span.href:
        return _styled(span, _link(span), before, following)
    if span.code:
        return _styled(span, _code(span.text), before, following)
    core = span.text.strip()
    if not core or not (span.bold or span.italic or span.strike):
        return _escaped(span.text)
    start = span.text.index(core)
    head, tail = span.text[:start], span.text[start + len(core) :]
    marked = _styled(span, _escaped(core), head or before, tail or following)
    return head + marked + tail


def _styled(span: Span, text: str, before: str, following: str) -> str:
    inside = span.bold or span.strike
    if span.italic:
        in_word = _WORD.match(before[-1:]) or _WORD.match(following)
        mark = "*" if in_word and not inside else "_"
        text = f"{mark}{text}{mark}"
    if span.bold:
        text = f"**{text}**"
    return f"~~{text}~~" if span.strike else text


def _code(text: str) -> str:
    """Return a code span; where there are ticks in it, two of them surround it."""
    if "`" not in text:
        return f"`{text}`"
    text = re.sub(r"`(?=`)", "`" + JOINER, text)
    head = " " if text.startswith("`") else ""
    tail = " " if text.endswith("`") else ""
    return f"``{head}{text}{tail}``"


def _link(span: Span) -> str:
    """Return a link that is shown as one; the angle brackets keep previews away."""
    label = _code(span.text) if span.code else _escaped(span.text)
    address = _address(span.href)
    if span.text == span.href:
        return f"<{address}>"
    if not address.lower().startswith("http"):
        shown = span.href.partition(":")[2]
        return label if shown in span.text else f"{label} ({_escaped(shown)})"
    if _UNLINKED.search(span.text) or not span.text.strip():
        return f"{label} (<{address}>)"
    return f"[{label}](<{address}>)"


def _address(href: str) -> str:
    return re.sub(r"[<>()\\\s]", lambda found: f"%{ord(found[0]):02X}", href)


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    return _EVERYBODY.sub("@" + JOINER, text)


def _flat(piece: Piece) -> Iterator[Piece]:
    match piece:
        case Table() if (lines := aligned(piece))[2:] and max(map(width, lines)) > WIDEST:
            yield from _rows(piece)
        case Prose(spans) | Item(spans) if any(_is_endless(span) for span in spans):
            yield replace(piece, spans=tuple(map(_beside, spans)))
        case _:
            yield piece


def _is_endless(span: Span) -> bool:
    return bool(span.href) and size(_address(span.href)) > LONGEST_LINK


def _beside(span: Span) -> Span:
    if not _is_endless(span):
        return span
    text = span.text if span.text == span.href else f"{span.text} ({span.href})"
    return replace(span, text=text, href="", code=False)


def _rows(table: Table) -> Iterator[Item]:
    """Yield an item for each row below the header."""
    head, *rows = table.rows
    for row in rows:
        spans: list[Span] = []
        for name, cell in zip(head, row, strict=True):
            if not plain(cell).strip():
                continue
            if spans:
                spans.append(Span(" · "))
            if plain(name).strip():
                spans += [replace(each, bold=not each.code) for each in name]
                spans.append(Span(": "))
            spans += cell
        yield Item(tuple(replace(each, text=each.text.replace("\n", " ")) for each in spans))
