"""Finds the blocks of Markdown, reStructuredText and other prose.

Decides where sections, paragraphs, fences and tables begin and end. Refuses to
render anything: only line numbers and headings are taken from the markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from integrations.knowledge.cut import Block, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

_FRONT_MATTER_LINES = 200
_KINDS: dict[str, Kind] = {"fence": "code", "code_block": "code", "table_open": "table"}
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
_MARKS = {
    "asciidoc": re.compile(r"(={1,6})\s+(\S.*)"),
    "org": re.compile(r"(\*{1,8})\s+(\S.*)"),
}


@dataclass(frozen=True, slots=True)
class Prose:
    """The blocks of a text and the title it gives itself, or an empty one."""

    blocks: list[Block]
    title: str = ""


class _Headings:
    """The headings above a line, outermost first."""

    def __init__(self, above: tuple[str, ...] = ()) -> None:
        self._stack = [(0, text) for text in above]

    def enter(self, level: int, text: str) -> None:
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        self._stack.append((level, text))

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._stack if text)


def markdown(lines: Sequence[str], above: tuple[str, ...] = ()) -> Prose:
    """Return the blocks of a Markdown text.

    Args:
        lines: the text.
        above: headings that hold before the first line.
    """
    # Block structure is all that is needed; inline parsing costs most of the time.
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    matter, declared = _front_matter(lines)
    tokens = parser.parse("\n".join(["" if n < matter else line for n, line in enumerate(lines)]))
    headings = _Headings(above)
    first_heading = ""
    starts: list[Block] = [Block(1, matter)] if matter else []
    for index, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        start, end = token.map[0] + 1, token.map[1]
        if token.type == "heading_open":
            text = plain_heading(tokens[index + 1].content)
            headings.enter(int(token.tag[1:]), text)
            first_heading = first_heading or text
        joints, solid = _inside(tokens, index)
        kind = _KINDS.get(token.type, "prose")
        starts.append(Block(start, end, headings.path, kind, None, joints, solid))
    return Prose(list(_partition(starts, len(lines), above)), declared or first_heading)


def _inside(
    tokens: Sequence[Token], index: int
) -> tuple[frozenset[int], tuple[tuple[int, int], ...]]:
    """Return the good places to cut inside a list or quotation, and what must stay whole."""
    joints: set[int] = set()
    solid: list[tuple[int, int]] = []
    if tokens[index].type not in {"bullet_list_open", "ordered_list_open", "blockquote_open"}:
        return frozenset(), ()
    for token in tokens[index + 1 :]:
        if token.level == 0:
            break
        if token.map is None or token.nesting < 0:
            continue
        if token.type in _KINDS:
            solid.append((token.map[0] + 1, token.map[1]))
        elif token.type in {"list_item_open", "paragraph_open"}:
            joints.add(token.map[0] + 1)
    return frozenset(joints), tuple(solid)


def _front_matter(lines: Sequence[str]) -> tuple[int, str]:
    """Return how many lines the metadata at the top has, and the title it declares."""
    if not lines or lines[0].rstrip() not in {"---", "+++"}:
        return 0, ""
    title = ""
    for number, line in enumerate(lines[1:_FRONT_MATTER_LINES], start=2):
        if line.rstrip() == lines[0].rstrip():
            return number, title
        found = re.match(r"title\s*[:=]\s*(.+)", line)
        if found:
            title = found[1].strip().strip("\"'")
    return 0, ""


def plain_heading(text: str) -> str:
    """Return a heading without the commonest inline markup."""
    text = re.sub(r"!?\[([^\]\[]{0,300})\]\([^)(]{0,1000}\)", r"\1", text[:1_000])
    text = re.sub(r"[*`]+|<[^<>]{1,200}>|\s*\{#[\w-]+\}$", "", text)
    return " ".join(text.split())


def marked(lines: Sequence[str], syntax: str) -> Prose:
    """Return the blocks of AsciiDoc or Org text, whose headings begin with marks."""
    pattern = _MARKS[syntax]
    found: dict[int, tuple[int, str]] = {}
    for number, line in enumerate(lines, start=1):
        match = pattern.fullmatch(line.rstrip()) if len(line) <= 300 else None  # noqa: PLR2004 - longer ones are no headings
        if match:
            found[number] = (len(match[1]), match[2].strip())
    return _sections(lines, found, {})


def rest(lines: Sequence[str]) -> Prose:
    """Return the blocks of reStructuredText.

    Headings are told by their adornment, so no directive is ever carried out.
    """
    found: dict[int, tuple[int, str]] = {}
    extent: dict[int, int] = {}
    levels: list[tuple[str, bool]] = []
    number = 0
    while number < len(lines) - 1:
        over = _adorned(lines, number) and _adorned(lines, number + 2)
        under = not over and not _adorned(lines, number) and _adorned(lines, number + 1)
        text = lines[number + over].strip()
        long_enough = (over or under) and len(lines[number + 1 + over].rstrip()) >= len(text)
        indented = under and lines[number][:1].isspace()
        if text and long_enough and not indented and not _adorned(lines, number + over):
            style = (lines[number + 1 + over][0], bool(over))
            if style not in levels:
                levels.append(style)
            found[number + 1] = (levels.index(style) + 1, plain_heading(text))
            extent[number + 1] = number + 2 + over
            number += 2 + over
        else:
            number += 1
    return _sections(lines, found, extent)


def _adorned(lines: Sequence[str], index: int) -> bool:
    return (
        index < len(lines)
        and len(lines[index]) <= 300  # noqa: PLR2004 - longer ones adorn nothing
        and _ADORNMENT.fullmatch(lines[index]) is not None
    )


def plain(lines: Sequence[str]) -> Prose:
    """Return the paragraphs of a text without markup."""
    return _sections(lines, {}, {})


def _sections(
    lines: Sequence[str], found: dict[int, tuple[int, str]], extent: dict[int, int]
) -> Prose:
    """Return blocks begun by headings and by paragraphs that are not indented.

    ``found`` maps a heading's first line to its level and text, ``extent`` to
    its last line if that is another one. An indented paragraph belongs to the
    one before it: a code sample to its directive, an item's text to its item.
    """
    headings = _Headings()
    starts: list[Block] = []
    after_blank, heading_end = True, 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            after_blank = True
            continue
        if number in found:
            headings.enter(*found[number])
            heading_end = extent.get(number, number)
            starts.append(Block(number, heading_end, headings.path))
        elif number > heading_end and (
            number == heading_end + 1 or (after_blank and not line[0].isspace()) or not starts
        ):
            starts.append(Block(number, number, headings.path))
        after_blank = False
    title = min(found.items())[1][1] if found else ""
    return Prose(list(_partition(starts, len(lines), ())), title)


def _partition(starts: Sequence[Block], count: int, above: tuple[str, ...]) -> Iterator[Block]:
    """Stretch blocks so that together they hold every line.

    Lines that no block claims (link definitions, for instance) go with the
    block before them.
    """
    line, path = 1, above
    for index, block in enumerate(starts):
        if block.start > line:
            yield Block(line, block.start - 1, path)
        following = starts[index + 1].start if index + 1 < len(starts) else count + 1
        end = max(following - 1, block.start)
        yield Block(block.start, end, block.path, block.kind, None, block.joints, block.solid)
        line, path = end + 1, block.path
    if line <= count:
        yield Block(line, count, path)
