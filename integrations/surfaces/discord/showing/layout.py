"""One message of Discord, as data and as what discord.py sends.

Decides that text and buttons go out in one of two forms: as content with rows of buttons below
it, or as a layout (Components V2), which holds twice the text and has room between its parts.
Refuses to know what the text says and what a press does: presses are answered by name, so
nothing here is remembered.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_CONTENT: Final = 2_000
MOST_LAYOUT: Final = 4_000
"""Of all texts of a layout together."""
MOST_LABEL: Final = 80


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. ``quiet`` buttons stand back, ``dead`` ones cannot be pressed.

    One of ``danger`` warns of what it does; one with a ``link`` leads there, and has no name.
    """

    label: str
    custom_id: str
    emoji: str = ""
    quiet: bool = True
    dead: bool = False
    danger: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """Something to choose from; ``options`` are labels and values."""

    custom_id: str
    prompt: str
    options: tuple[tuple[str, str], ...]


Row = tuple[Button, ...] | Menu


@dataclass(frozen=True, slots=True)
class Post:
    """One message.

    Attributes:
        text: what it says, in Discord's Markdown.
        small: lines below it, of which each is small print already.
        rows: what can be pressed, below that.
        file: Markdown to attach, if the message is not all there is.
        layout: whether it goes out as a layout.
    """

    text: str
    small: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    file: str = ""
    layout: bool = False

    @property
    def content(self) -> str:
        """The text with what stands below it, as content."""
        return "\n".join([self.text, *self.small])

    @property
    def names(self) -> frozenset[str]:
        """The ``custom_id`` of everything in it: what the message is found again by."""
        rows = (row if isinstance(row, tuple) else (row,) for row in self.rows)
        return frozenset(each.custom_id for row in rows for each in row if each.custom_id)

    def arguments(self) -> dict[str, Any]:
        """Return what discord.py's ways to send a message take."""
        given: dict[str, Any] = {"allowed_mentions": discord.AllowedMentions.none()}
        if not self.layout:
            given["content"] = self.content
        if (shown := view(self)) is not None:
            given["view"] = shown
        return given | ({"files": attached(self)} if self.file else {})

    def edited(self) -> dict[str, Any]:
        """Return what discord.py's ways to change a message take, so that it is this one."""
        return {
            "allowed_mentions": discord.AllowedMentions.none(),
            "content": None if self.layout else self.content,
            "view": view(self),
            "attachments": attached(self),
        }


FILE: Final = "answer.md"


def view(post: Post) -> ui.View | ui.LayoutView | None:
    """Return what discord.py takes for the buttons, and of a layout for the text too."""
    if post.layout:
        laid = _Laid(timeout=None)
        laid.add_item(ui.TextDisplay(post.text))
        if post.small:
            laid.add_item(ui.Separator())
            laid.add_item(ui.TextDisplay("\n".join(post.small)))
        for row in post.rows:
            laid.add_item(ui.ActionRow(*_items(row)))
        return laid
    if not post.rows:
        return None
    rows = _Rows(timeout=None)
    for i, row in enumerate(post.rows):
        for item in _items(row):
            item.row = i
            rows.add_item(item)
    return rows


def attached(post: Post) -> list[discord.File]:
    """Return the files that go along; each is read once."""
    return [discord.File(io.BytesIO(post.file.encode()), FILE)] if post.file else []


def names_in(components: Sequence[Any]) -> frozenset[str]:
    """Return the ``custom_id`` of everything in the components of a message."""
    return frozenset(_names(components))


class _Rows(ui.View):
    """Buttons below content."""

    def is_dispatchable(self) -> bool:
        """Say that nothing is to be remembered of it."""
        return False


class _Laid(ui.LayoutView):
    """Text and buttons in one."""

    def is_dispatchable(self) -> bool:
        """Say that nothing is to be remembered of it."""
        return False


def _items(row: Row) -> Iterator[ui.Button[Any] | ui.Select[Any]]:
    if isinstance(row, Menu):
        options = [discord.SelectOption(label=label, value=value) for label, value in row.options]
        yield ui.Select(custom_id=row.custom_id, placeholder=row.prompt, options=options)
        return
    for each in row:
        if each.link:
            yield ui.Button(label=each.label, url=each.link)
            continue
        style = discord.ButtonStyle.secondary if each.quiet else discord.ButtonStyle.primary
        style = discord.ButtonStyle.danger if each.danger else style
        yield ui.Button(
            style=style,
            label=each.label or None,
            custom_id=each.custom_id,
            emoji=each.emoji or None,
            disabled=each.dead,
        )


def _names(components: Sequence[Any]) -> Iterator[str]:
    for each in components:
        if name := getattr(each, "custom_id", None):
            yield str(name)
        yield from _names(getattr(each, "children", ()))
