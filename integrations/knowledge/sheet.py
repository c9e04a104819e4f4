"""The text extracted from a format that has no lines of its own.

Decides how extracted headings, paragraphs and tables become numbered lines.
Refuses to know where they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.knowledge.cut import Block, Kind, cut
from integrations.knowledge.decode import clean

if TYPE_CHECKING:
    from integrations.contracts.knowledge import Passage
    from integrations.knowledge.limits import Limits


class Sheet:
    """Lines being written, and the blocks they form."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.blocks: list[Block] = []
        self.page: int | None = None
        self._headings: list[tuple[int, str]] = []

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above the next line, outermost first."""
        return tuple(text for _, text in self._headings)

    @property
    def next_line(self) -> int:
        """The number the next block's first line will have."""
        return len(self.lines) + 2 if self.lines else 1

    def under(self, level: int, text: str) -> None:
        """Enter a section without writing a line."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, text))

    def heading(self, level: int, text: str) -> None:
        """Enter a section and write its heading, as Markdown would show it."""
        text = " ".join(clean(text).split())
        if text:
            self.under(level, text)
            self.write("#" * min(max(level, 1), 6) + " " + text)

    def write(self, text: str, kind: Kind = "prose", path: tuple[str, ...] | None = None) -> None:
        """Write a block of one or more lines; blank ones around it are dropped."""
        lines = [line.rstrip() for line in clean(text).split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        if not lines:
            return
        start = self.next_line
        if self.lines:
            self.lines.append("")
        self.lines.extend(lines)
        self.blocks.append(
            Block(start, len(self.lines), self.path if path is None else path, kind, self.page)
        )

    def adopt(self, blocks: list[Block], lines: list[str]) -> None:
        """Write lines that another reader has already cut into blocks."""
        shift = self.next_line - 1
        if self.lines:
            self.lines.append("")
        self.lines.extend(lines)
        self.blocks.extend(
            Block(
                block.start + shift,
                block.end + shift,
                block.path,
                block.kind,
                self.page,
                frozenset(joint + shift for joint in block.joints),
                tuple((low + shift, high + shift) for low, high in block.solid),
            )
            for block in blocks
        )

    def passages(self, limits: Limits) -> tuple[Passage, ...]:
        """Return what was written, cut."""
        return cut(self.lines, self.blocks, limits)
