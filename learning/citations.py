"""Decides which recollections an answer cites, and how each is called for a person.

A mark is ``[n]`` in the prose of an answer. Marks inside code are indices, not
citations. Refuses to know how a surface shows citations; the caller converts.
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from learning.recollection import Recollection

MAX_QUOTE: Final = 280
"""Characters of a quote; a screen's two or three lines."""

_CODE = re.compile(
    # A fence runs to its closing line or, unclosed, to the end of the text.
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*"
    r"(?:\n(?:(?:.*?\n)?[ \t>]*(?P=fence)[`~]*[ \t]*(?=\n|\Z)|.*\Z)|\Z)"
    # An inline span ends with as many backticks as it began with, in the same paragraph.
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(
    r"(?P<gap>[ \t]*)"
    r"(?<!!)(?<!\\)\[(?P<marks>\d{1,6}(?:[ \t]*,[ \t]*\d{1,6})*)\]"
    # Not a link, a reference definition, or the degree of a LaTeX root.
    r"(?!\(|\{|:[ \t]*\S*//)"
)


def resolve(
    text: str, recollections: Sequence[Recollection]
) -> tuple[str, tuple[tuple[int, Recollection], ...]]:
    """Read the marks of an answer and put them in order.

    ``[n]`` is recollection ``n``, counted from 1. Marks that name no
    recollection are dropped from the text; a list such as ``[1, 3]`` counts
    only when all of it can be cited, because ``[1, 9]`` may be data. The rest
    is renumbered 1..k by first use.

    Returns:
        the text with its marks renumbered, and the ``(mark, recollection)``
        pairs behind them, in the order of their marks.
    """
    order: dict[int, int] = {}

    def renumber(match: re.Match[str]) -> str:
        asked = [int(n) for n in match["marks"].split(",")]
        known = [n for n in asked if 1 <= n <= len(recollections)]
        if len(asked) > 1 and len(known) < len(asked):
            return match[0]
        if not known:
            return ""
        for n in known:
            order.setdefault(n, len(order) + 1)
        return match["gap"] + "".join(f"[{order[n]}]" for n in known)

    clean = "".join(part if code else _MARK.sub(renumber, part) for part, code in split_code(text))
    return clean, tuple((mark, recollections[n - 1]) for n, mark in order.items())


def marks(text: str, count: int) -> tuple[int, ...]:
    """Return the marks from 1 to ``count`` used in the text, by first use."""
    found = (
        int(n)
        for part, code in split_code(text)
        if not code
        for match in _MARK.finditer(part)
        for n in match["marks"].split(",")
    )
    return tuple(dict.fromkeys(n for n in found if 1 <= n <= count))


def strip_marks(text: str) -> str:
    """Return the text without marks, for quoting what has marks of its own."""
    while True:
        # Taking one mark away can join its neighbours into another: "[[1]2]".
        stripped = "".join(part if code else _MARK.sub("", part) for part, code in split_code(text))
        if stripped == text:
            return text
        text = stripped


def split_code(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in parts, each with whether it is code (fenced or inline)."""
    at = 0
    for match in _CODE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], False
        yield match[0], True
        at = match.end()
    if at < len(text):
        yield text[at:], False


def label(recollection: Recollection, *, reader: str = "", zone: tzinfo = UTC) -> str:
    """Return what a recollection is called for people.

    Args:
        recollection: the thing cited.
        reader: the speaker name of the person reading, who is then "you".
        zone: whose calendar day to name.
    """
    on = day(recollection.said_at, zone)
    who = recollection.speaker
    mine = bool(reader) and who == reader
    if recollection.place is not None:
        place = recollection.place
        return f"{place} — {place.title}" if place.title else str(place)
    match recollection.kind:
        case "correction":
            owner = "your" if mine else f"{who}’s" if who else "a corrected"
            return f"{owner} answer of {on}"
        case "answer":
            rating = recollection.rating
            rated = "" if rating is None else f", rated {rating:.1f} of 5"
            return f"my answer of {on}{rated}"
        case "message":
            return f"{'you' if mine else who or 'somebody'} said on {on}"
        case "action" | "memory":
            return f"{'done' if recollection.kind == 'action' else 'remembered'} on {on}"
        case "knowledge" | "file":
            return f"{recollection.kind} of {on}"


def day(when: datetime, zone: tzinfo = UTC) -> str:
    """Return a date as people write it: "3 May 2026"."""
    local = when.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def quote(recollection: Recollection, limit: int = MAX_QUOTE) -> str:
    """Return the recollection's text on one line, cut at a word with an ellipsis."""
    flat = " ".join(recollection.text.split())
    if len(flat) <= limit:
        return flat
    head = flat[: limit - 1]
    cut = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return cut.rstrip(" ,;:") + "…"


# strftime("%B") follows the process's locale; labels do not.
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
