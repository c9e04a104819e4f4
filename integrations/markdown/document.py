"""An answer's Markdown as a flat list of pieces.

Decides what of Markdown is kept: styles, links to http, https and mail addresses, code,
lists, quotes, tables. HTML stays visible as text, an image becomes a link, and text that
is only there to slow a parser down is left as it is written. Refuses to know what a
block or a limit of a platform is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

Spans = tuple["Span", ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters in one style. ``href`` is empty unless they are a link."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, or a heading of ``level`` 1 to 6. ``quoted``: it is somebody else's."""

    spans: Spans
    level: int = 0
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list, without the lists and the code inside it; those follow it.

    Attributes:
        indent: 0 for an item of a list that is in no other.
        number: of an ordered list, else ``None``.
    """

    spans: Spans
    indent: int = 0
    number: int | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code, without a newline at the end. ``language`` is empty if none was named."""

    text: str
    language: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the header first; every row has as many cells as the header.

    ``aligns`` holds "left", "center" or "right" for each column.
    """

    rows: tuple[tuple[Spans, ...], ...]
    aligns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Piece = Prose | Item | Code | Table | Rule
Group = tuple[Piece, ...]
"""What stood in one paragraph, list, quote and so on: pieces that are written alike."""


def read(text: str) -> list[Group]:
    """Return what a Markdown text says, in order."""
    text = sendable(text)
    if text.count("[") > _MOST_BRACKETS:
        return verbatim(text)  # the parser's time grows with their square
    tokens = _PARSER.parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return verbatim(text)  # the parser drops what is nested deeper
    return [group for group in _Reader(tokens, text.split("\n")).groups() if group]


def verbatim(text: str) -> list[Group]:
    """Return a text's paragraphs as they are written, marks and all."""
    parts = (part.strip("\n") for part in re.split(r"\n[ \t]*\n", sendable(text)))
    return [(Prose((Span(part),)),) for part in parts if part.strip()]


def sendable(text: str) -> str:
    """Return the text without what JSON or Slack cannot carry: controls, halves of pairs."""
    return _UNSENDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(spans: Spans) -> str:
    """Return the characters alone."""
    return "".join(span.text for span in spans)


_OF_TEXT: Final = frozenset(
    {"paragraph_open", "inline", "paragraph_close", "heading_open", "heading_close"}
)
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DEEPEST: Final = 60
_MOST_BRACKETS: Final = 3000
_LONGEST_LINK: Final = 2000
# Slack refuses a whole message for one address that is none.
_SAFE_LINK: Final = re.compile(
    r"https?://[\w-]+(?:\.[\w-]+)*(?::\d{1,5})?(?:[/?#]\S*)?"
    r"|mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?:\?\S*)?",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"https?://[^\s<>\"`|\\^{}]+", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,20}")
_BAR: Final = re.compile(r"(?<!\\)\|")
_ALIGN: Final = re.compile(r"text-align:(left|center|right)")


def _safe(url: str) -> bool:
    return len(url) <= _LONGEST_LINK and _SAFE_LINK.fullmatch(url) is not None


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    # A definition that nothing refers to would vanish: "[1]: https://…" is often a source.
    parser.disable("reference")
    parser.validateLink = _safe  # type: ignore[method-assign] # markdown-it's own hook
    return parser


_PARSER: Final = _parser()


class _Reader:
    """Walks the tokens of one text once."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str]) -> None:
        self._tokens = tokens
        self._lines = lines
        self._quotes = 0
        self._lists: list[int | None] = []
        """The number of the next item of each open list; ``None`` for bullets."""
        self._marked = False
        """Whether an item was opened and has shown nothing yet."""
        self._number: int | None = None
        self._level = 0
        self._rows: list[list[Spans]] = []
        self._aligns: list[str] = []
        self._source = (0, 0)

    def groups(self) -> Iterator[Group]:
        group: list[Piece] = []
        for token in self._tokens:
            group.extend(self._pieces(token))
            if token.level == 0 and token.nesting <= 0:
                yield tuple(group)
                group = []

    def _pieces(self, token: Token) -> Iterator[Piece]:
        if token.type not in _OF_TEXT:
            yield from self._bare_item()  # what comes now is not the text of the item
        match token.type:
            case "inline" if self._rows:
                self._rows[-1].append(tuple(_cell(_spans(token.children or ()))))
            case "inline":
                yield from self._text(tuple(_spans(token.children or ())))
            case "fence" | "code_block" if token.content.strip():
                yield _code(token, quoted=self._quotes > 0)
            case "hr":
                yield Rule()
            case "heading_open":
                self._level = int(token.tag[1])
            case "heading_close":
                self._level = 0
            case "table_close":
                yield self._table()
            case _:
                self._enter(token)

    def _enter(self, token: Token) -> None:
        """Keep account of what is open."""
        match token.type:
            case "blockquote_open" | "blockquote_close":
                self._quotes += token.nesting
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                start = token.attrGet("start")
                self._lists.append(1 if start is None else int(start))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._marked, self._number = True, self._lists[-1]
                if self._number is not None:
                    self._lists[-1] = self._number + 1
            case "table_open":
                start, end = token.map or (0, 0)
                self._source = (start, end)
            case "tr_open":
                self._rows.append([])
            case "th_open":
                found = _ALIGN.search(str(token.attrGet("style") or ""))
                self._aligns.append(found[1] if found else "left")

    def _table(self) -> Piece:
        rows, aligns = tuple(map(tuple, self._rows)), tuple(self._aligns)
        self._rows, self._aligns = [], []
        source = self._lines[slice(*self._source)]
        if any(len(_BAR.findall(line)) > len(aligns) + 1 for line in source):
            return Code("\n".join(source))  # of a row that is too long a parser drops the end
        return Table(rows, aligns)

    def _text(self, spans: Spans) -> Iterator[Piece]:
        if not plain(spans).strip():
            return
        quoted = self._quotes > 0
        if not self._marked:
            yield Prose(spans, self._level, quoted)
            return
        if self._level:
            spans = tuple(replace(span, bold=not span.code) for span in spans)
        yield self._item(spans)

    def _bare_item(self) -> Iterator[Piece]:
        """Show the mark of an item that begins with something else than text, or is empty."""
        if self._marked:
            yield self._item(())

    def _item(self, spans: Spans) -> Item:
        self._marked = False
        return Item(spans, len(self._lists) - 1, self._number, self._quotes > 0)


def _code(token: Token, *, quoted: bool) -> Code:
    named = _LANGUAGE.match(token.info.strip())
    return Code(token.content.removesuffix("\n"), named[0] if named else "", quoted)


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield the runs of a paragraph; neighbours in the same style are one."""
    last: Span | None = None
    for span in _runs(tokens):
        if last is not None and replace(last, text="") == replace(span, text=""):
            last = replace(last, text=last.text + span.text)
            continue
        if last is not None:
            yield from _linked(last)
        last = span
    if last is not None:
        yield from _linked(last)


def _runs(tokens: Sequence[Token]) -> Iterator[Span]:
    style = {"strong": 0, "em": 0, "s": 0}
    href = ""

    def run(text: str, *, code: bool = False, to: str = "") -> Span:
        bold, italic, strike = (depth > 0 for depth in style.values())
        return Span(text, bold, italic, strike, code, to or href)

    for token in tokens:
        match token.type:
            case "link_open":
                href = str(token.attrGet("href"))
            case "link_close":
                href = ""
            case "softbreak" | "hardbreak":
                yield run("\n")  # whoever writes for a chat breaks a line to have it broken
            case "code_inline":
                yield run(token.content, code=True)
            case "image":
                source = str(token.attrGet("src") or "")
                yield run(token.content or source or "image", to=source)
            case "text" | "text_special" if token.content:
                yield run(token.content)
            case _:
                name, _, end = token.type.rpartition("_")
                if name in style:
                    style[name] += 1 if end == "open" else -1


def _linked(span: Span) -> Iterator[Span]:
    """Make links of the addresses in a text; a code span and a link keep theirs as they are."""
    if span.code or span.href:
        yield span
        return
    at = 0
    for found in _URL.finditer(span.text):
        url = found[0].rstrip(".,;:!?'*_~")
        while url.endswith((")", "]")) and url.count(url[-1]) > url.count("(["[url[-1] == "]"]):
            url = url[:-1].rstrip(".,;:!?")
        if not _safe(url):
            continue
        if found.start() > at:
            yield replace(span, text=span.text[at : found.start()])
        yield replace(span, text=url, href=url)
        at = found.start() + len(url)
    if at < len(span.text):
        yield replace(span, text=span.text[at:])


def _cell(spans: Iterator[Span]) -> Iterator[Span]:
    """Take HTML's line break for one: Markdown has none for a cell."""
    for span in spans:
        yield span if span.code else replace(span, text=_BREAK.sub("\n", span.text))
