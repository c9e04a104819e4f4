"""Finds the definitions in source code.

Decides where a class, function or method begins and ends, and what it is
called. Refuses to understand anything else of a program; source that does not
parse is cut at blank lines.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Parser

from integrations.knowledge.cut import Block, Path
from integrations.knowledge.grammars import GRAMMARS, Grammar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Node, Point, Tree

    from integrations.knowledge.limits import Limits

_DEEPEST = 8
"""Definitions nested deeper stay part of the one around them."""
_DEEPEST_WRAPPER = 30
_BUFFER = 65_536
_LONGEST_NAME = 120
_LEADS = frozenset({"attribute_item", "decorator", "attribute_list", "annotation", "attribute"})
"""Besides comments, what may stand before a definition and belongs to it."""
_BARE_DECLARATORS = frozenset({"reference_declarator", "parenthesized_declarator"})
_FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "generator_function", "class", "function"}
)


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition with its leading comments: 1-based inclusive lines."""

    start: int
    end: int
    name: Path
    node: Node


@dataclass(slots=True)
class _Level:
    """Siblings being walked. A node's own links to its siblings cost a search each."""

    nodes: Sequence[Node]
    index: int = -1

    def advance(self) -> Node | None:
        self.index += 1
        return self.nodes[self.index] if self.index < len(self.nodes) else None

    @property
    def current(self) -> Node:
        return self.nodes[self.index]


def source(lines: Sequence[str], language: str, limits: Limits) -> list[Block]:
    """Return the blocks of a source file: definitions, and what lies between them.

    Args:
        lines: the file.
        language: a key of ``GRAMMARS``; anything else gives one block.
        limits: decides which definitions are too large to stay whole, and how
            long parsing may take.
    """
    grammar = GRAMMARS.get(language)
    tree = _parse(lines, grammar, limits) if grammar else None
    if grammar is None or tree is None:
        return [Block(1, len(lines), kind="code")]
    outline = _Outline(lines, grammar, limits)
    return list(outline.blocks(tree.root_node, 1, len(lines), (), 0))


def _parse(lines: Sequence[str], grammar: Grammar, limits: Limits) -> Tree | None:
    data = "\n".join(lines).encode("utf-8", "replace")
    deadline = time.monotonic() + limits.parse_seconds

    def piece(offset: int, _point: Point) -> bytes:
        return data[offset : offset + _BUFFER]

    def hopeless(_offset: int, _has_error: bool) -> bool:
        return time.monotonic() > deadline

    try:
        return Parser(grammar.language()).parse(piece, progress_callback=hopeless)
    except (ValueError, ImportError, OSError):
        # Out of time, or no parser for this machine: the file is still text.
        return None


class _Outline:
    """Walks the definitions of one file."""

    def __init__(self, lines: Sequence[str], grammar: Grammar, limits: Limits) -> None:
        self._lines = lines
        self._grammar = grammar
        self._limits = limits

    def blocks(self, node: Node, start: int, end: int, path: Path, depth: int) -> Iterator[Block]:
        """Partition the lines ``start``..``end`` of ``node`` into blocks."""
        line = start
        for found in self._definitions(node):
            if found.end < line or found.start > end:
                continue  # shares its only line with the definition before it
            first, last = max(found.start, line), min(found.end, end)
            if first > line:
                yield self._block(node, line, first - 1, path)
            inner = (*path, *found.name)
            if depth < _DEEPEST and self._parted(found.node, first, last):
                yield from self.blocks(found.node, first, last, inner, depth + 1)
            else:
                yield self._block(found.node, first, last, inner)
            line = last + 1
        if line <= end:
            yield self._block(node, line, end, path)

    def _block(self, node: Node, start: int, end: int, path: Path) -> Block:
        large = self._exceeds(start, end, self._limits.max_chars)
        joints = frozenset(_joints(node, start, end)) if large else frozenset()
        return Block(start, end, path, "code", None, joints)

    def _parted(self, node: Node, start: int, end: int) -> bool:
        """Functions stay whole while they fit; a class of some size is its methods."""
        kind = self._core(node).type
        if end > start and not any(word in kind for word in ("function", "method", "constructor")):
            return self._exceeds(start, end, self._limits.target_chars)
        return self._exceeds(start, end, self._limits.max_chars)

    def _exceeds(self, start: int, end: int, limit: int) -> bool:
        size = 0
        for line in self._lines[start - 1 : end]:
            size += len(line) + 1
            if size > limit + 1:
                return True
        return False

    def _definitions(self, node: Node) -> Iterator[_Definition]:
        """Yield the definitions directly inside a node, in order."""
        grammar = self._grammar
        levels = [_Level(self._core(node).children)]
        while levels:
            child = levels[-1].advance()
            if child is None:
                levels.pop()
                continue
            name = self._name(child)
            if name is not None:
                yield _Definition(_start(child, levels), _end_line(child), name, child)
            elif len(levels) < _DEEPEST_WRAPPER and (
                child.type in grammar.transparent
                or child.type in grammar.wrappers
                or child.type == "ERROR"
            ):
                levels.append(_Level(child.children))

    def _core(self, node: Node) -> Node:
        """Return the definition inside its wrappers (decorators, ``export``, templates)."""
        for _ in range(_DEEPEST_WRAPPER):
            if node.type not in self._grammar.wrappers:
                break
            inner = [c for c in node.named_children if self._name(c) is not None]
            if not inner:
                break
            node = inner[0]
        return node

    def _name(self, node: Node) -> Path | None:
        """Return the name of a definition, or ``None`` if the node is none."""
        grammar = self._grammar
        if node.type in grammar.wrappers:
            core = self._core(node)
            return None if core is node else self._name(core)
        if node.type in grammar.valued:
            return _valued_name(node)
        if node.type not in grammar.definitions or not node.is_named:
            return None
        if node.type in grammar.bodied:
            whole = node.child_by_field_name("body") and node.child_by_field_name("name")
            return _field_name(node) if whole else None
        return _NAMES.get(node.type, _field_name)(node)


def _start(node: Node, levels: Sequence[_Level]) -> int:
    """Return the line where a definition starts, its leading comments included.

    A comment before the first statement of a body may hang beside the body
    instead of in it, so the search goes on at the level above.
    """
    start = node.start_point[0]
    for level in reversed(levels):
        if level.current.start_point[0] < start:
            break
        for index in range(level.index - 1, -1, -1):
            lead = level.nodes[index]
            if not ("comment" in lead.type or lead.type in _LEADS):
                return start + 1
            first = lead.start_point[0]
            trails = index > 0 and _end_line(level.nodes[index - 1]) > first
            if trails or _end_line(lead) < start:
                return start + 1  # it ends another statement's line, or stands apart
            start = first
    return start + 1


def _end_line(node: Node) -> int:
    """Return the last line of a node, 1-based; some nodes include their line end."""
    row, column = node.end_point
    return row if column == 0 and row > node.start_point[0] else row + 1


def _joints(node: Node, start: int, end: int) -> Iterator[int]:
    """Yield the lines at which statements start, down to a few levels."""
    levels = [_Level([node])]
    while levels:
        level = levels[-1]
        child = level.advance()
        if child is None:
            levels.pop()
            continue
        first, last = child.start_point[0] + 1, _end_line(child)
        if last < start or first > end:
            continue
        before = level.nodes[level.index - 1] if level.index else None
        ended = _end_line(before) if before is not None else 0
        follows = before is not None and "comment" in before.type and ended >= first - 1
        if first > start and not follows and ended < first:
            yield first
        if last > first and len(levels) < _DEEPEST:
            levels.append(_Level(child.named_children))


def _text(node: Node | None) -> str:
    text = node.text if node is not None else None
    return " ".join(text.decode("utf-8", "replace").split())[:_LONGEST_NAME] if text else ""


def _field_name(node: Node) -> Path:
    """Return what the grammar calls the node's name, else its first identifier."""
    named = node.child_by_field_name("name")
    if named is None:
        named = next((c for c in node.named_children if c.type.endswith("identifier")), None)
    if named is None:  # Go: the name sits one level below, once for each type in a group
        inner = [_text(c.child_by_field_name("name")) for c in node.named_children]
        return (", ".join(name for name in inner if name)[:_LONGEST_NAME] or node.type,)
    return _parts(_text(named))


def _parts(name: str) -> Path:
    """Split a qualified name of any language; type arguments are not part of it."""
    if "operator" not in name:
        name = re.sub(r"<[^<>]*>", "", name)
    parts = (part.strip(" \"'") for part in re.split(r"::|\\|\.", name))
    return tuple(part for part in parts if part)


def _valued_name(node: Node) -> Path | None:
    """Return the name a function or class is assigned to."""
    holders = [node, *node.named_children]
    for holder in holders:
        value = holder.child_by_field_name("value")
        if value is not None and value.type in _FUNCTIONS:
            name = holder.child_by_field_name("name") or holder.child_by_field_name("property")
            return (_text(name),)
    return None


def _go_method(node: Node) -> Path:
    """Return the receiver's type and the method's name."""
    receiver = _text(node.child_by_field_name("receiver")).strip("()")
    owner = receiver.split("[")[0].split(" ")[-1].lstrip("*")
    return (*([owner] if owner else []), *_field_name(node))


def _rust_impl(node: Node) -> Path:
    """An implementation is known by the type it is for."""
    return (_text(node.child_by_field_name("type")).split("<")[0] or "impl",)


def _c_declared(node: Node) -> Path:
    """Follow the declarators of C down to the name: pointers, arrays, parameters."""
    current: Node | None = node.child_by_field_name("declarator")
    for _ in range(_DEEPEST_WRAPPER):
        if current is None:
            break
        following = current.child_by_field_name("declarator")
        if following is None and current.type in _BARE_DECLARATORS and current.named_children:
            following = current.named_children[0]
        if following is None:
            return _parts(_text(current))
        current = following
    return _field_name(node)


_NAMES: dict[str, Callable[[Node], Path]] = {
    "method_declaration": lambda node: (
        _go_method(node) if node.child_by_field_name("receiver") else _field_name(node)
    ),
    "impl_item": _rust_impl,
    "function_definition": lambda node: (
        _c_declared(node) if node.child_by_field_name("declarator") else _field_name(node)
    ),
    "type_definition": _c_declared,
    "secondary_constructor": lambda _: ("constructor",),
    "companion_object": lambda node: (
        _field_name(node) if node.child_by_field_name("name") else ("Companion",)
    ),
}
