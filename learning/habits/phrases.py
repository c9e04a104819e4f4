"""The words of a nudge: a question first, the detail below.

Decides how a habit is called and what a yes to it does. Refuses to know to whom it is said.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from learning.habits.occasions import Recurring, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.actions.contract import Acted

_FILE: Final = Path(__file__).with_name("phrases.toml")
_AGREE: Final = 0.75
"""Share of the acts in which a parameter must have had the same value."""
TOOL: Final = "tool:"
"""Begins the kinds that are uses of a tool."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said.

    Attributes:
        headline: a question, and why it is asked.
        below: what is known of the habit.
        title: what a task for it is called.
    """

    headline: str
    below: str
    title: str


@cache
def _table() -> tuple[tuple[str, ...], tuple[Mapping[str, Any], ...]]:
    read = tomllib.loads(_FILE.read_text("utf-8"))
    return tuple(read["splits"]), tuple(read["phrase"])


def kind_of(acted: Acted) -> str:
    """Return which habit the use of a tool may belong to."""
    splits, _ = _table()
    value = next((acted.params[name] for name in splits if acted.params.get(name)), "")
    return f"{TOOL}{acted.kind}{f' {value}' if isinstance(value, str) and value else ''}"


def tool_of(kind: str) -> str:
    """Return the tool of a habit; empty if it is none of a tool."""
    return kind.removeprefix(TOOL).partition(" ")[0] if kind.startswith(TOOL) else ""


def name_of(kind: str) -> str:
    """Return what people call a habit."""
    if not kind.startswith(TOOL):
        return kind
    tool, _, value = kind.removeprefix(TOOL).partition(" ")
    return f"{tool.replace('.', ': ').replace('_', ' ')}{f' ({value})' if value else ''}"


def named(kind: str, name: str) -> bool:
    """Tell whether a name that somebody typed means a habit."""
    said, known = name.casefold().strip(), name_of(kind).casefold()
    return bool(said) and (
        said in known or known in said or said == (_row(kind) or {}).get("usual")
    )


def words_of(habit: Recurring) -> Words:
    """Return what is said before a habit is due."""
    name = name_of(habit.kind)
    row = _row(habit.kind)
    if row is None:
        tool = bool(tool_of(habit.kind))
        row = {
            "ask": f"do it: {name}" if tool else f"put “{name}” on your board",
            "usual": f"use {name}" if tool else f"do {name}",
            "title": name[:1].upper() + name[1:],
        }
    lately = habit.recent
    done = sum(each is not None for each in lately)
    return Words(
        f"Want me to {row['ask']}? You usually {row['usual']} {habit.text}.",
        f"I saw it {habit.support} times, on {done} of the last {len(lately)} such days. "
        "*Stop these* ends nudges about this for good; `nudges off` ends all of them.",
        row["title"],
    )


def usual_params(acts: Sequence[Acted]) -> dict[str, Any]:
    """Return the parameters that were the same in most uses of a tool."""
    counts: dict[str, Counter[str]] = {}
    for each in acts:
        for name, value in each.params.items():
            said = json.dumps(value, sort_keys=True, default=str)
            counts.setdefault(name, Counter())[said] += 1
    made: dict[str, Any] = {}
    for name, values in counts.items():
        said, count = values.most_common(1)[0]
        if count >= _AGREE * len(acts):
            made[name] = json.loads(said)
    return made


def encoded(habit: Recurring) -> dict[str, Any]:
    """Return a habit as JSON keeps it."""
    return {
        "kind": habit.kind,
        "cadence": habit.shape.cadence,
        "days": list(habit.shape.days),
        "nth": habit.shape.nth,
        "day": habit.shape.day,
        "minute": habit.minute,
        "support": habit.support,
        "share": round(habit.share, 4),
        "confidence": round(habit.confidence, 4),
        "recent": list(habit.recent),
    }


def decoded(kept: Mapping[str, Any]) -> Recurring:
    """Return the habit that JSON kept."""
    return Recurring(
        kept["kind"],
        Shape(kept["cadence"], tuple(kept["days"]), kept["nth"], kept["day"]),
        kept["minute"],
        kept["support"],
        kept["share"],
        kept["confidence"],
        tuple(kept["recent"]),
    )


def _row(kind: str) -> Mapping[str, Any] | None:
    name = name_of(kind).casefold()
    _, rows = _table()
    return next((row for row in rows if any(word in name for word in row["words"])), None)
