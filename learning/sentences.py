"""Decides where a passage of prose may be cut, so that each piece can be quoted alone.

Knows Markdown's shapes (fences, lists, tables, headings); refuses to know what
is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_TEXT: Final = 20_000
"""Characters of one passage that are looked at."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[`*_]*[A-ZÀ-ÖØ-Þ0-9])")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}[\s:|-]*$")
_HEADING = re.compile(r"^\s*#{1,6}\s|^\s*[=\-~^]{3,}\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage that can be quoted alone.

    Attributes:
        text: a sentence, a list item, a table row or a fenced block.
        line: 0-based line of the passage where its paragraph starts.
        score: how much of a question it covers; comparable within one question.
    """

    text: str
    line: int
    score: float = 0.0


def units(text: str) -> list[Unit]:
    """Cut prose into sentences, list items, table rows and fenced blocks."""
    lines = text[:MAX_TEXT].split("\n")
    found: list[Unit] = []
    at = 0
    while at < len(lines):
        if not lines[at].strip() or _HEADING.match(lines[at]):
            at += 1
            continue
        if _FENCE.match(lines[at]):
            end = _fence_end(lines, at)
            found.append(Unit("\n".join(lines[at:end]), at))
        elif _is_table(lines, at):
            end = _table_end(lines, at)
            found.extend(_rows(lines, at, end))
        else:
            end = _paragraph_end(lines, at)
            first = _BULLET.sub("", lines[at])
            joined = " ".join(" ".join([first, *lines[at + 1 : end]]).split())
            found.extend(Unit(s, at) for s in _SENTENCE_END.split(joined) if s.strip())
        at = end
    return found


def _fence_end(lines: Sequence[str], at: int) -> int:
    opened = _FENCE.match(lines[at])
    mark = opened[1] if opened else "```"
    for i in range(at + 1, len(lines)):
        if lines[i].strip().startswith(mark):
            return i + 1
    return len(lines)


def _is_table(lines: Sequence[str], at: int) -> bool:
    return bool(_cells(lines[at])) and at + 1 < len(lines) and bool(_RULE.match(lines[at + 1]))


def _table_end(lines: Sequence[str], at: int) -> int:
    end = at + 2
    while end < len(lines) and _cells(lines[end]):
        end += 1
    return end


def _rows(lines: Sequence[str], at: int, end: int) -> Iterator[Unit]:
    """Yield each row with its columns' names, without which it makes no sense alone."""
    header = _cells(lines[at])
    for i in range(at + 2, end):
        named = zip(header, _cells(lines[i]), strict=False)
        yield Unit("; ".join(f"{h}: {c}" if h else c for h, c in named if c), i)


def _paragraph_end(lines: Sequence[str], at: int) -> int:
    end = at + 1
    while (
        end < len(lines)
        and lines[end].strip()
        and not any(shape.match(lines[end]) for shape in (_HEADING, _FENCE, _BULLET))
        and not _is_table(lines, end)
    ):
        end += 1
    return end


def _cells(line: str) -> list[str]:
    if line.count("|") < 2:  # noqa: PLR2004 - one bar is a pipe, two make a row
        return []
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
