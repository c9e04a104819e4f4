"""Whether an action is done, asked about, or refused.

Decides from what a tool does to the world, who wants it, what admins allow, and how the person
decided before. Refuses to know how anybody is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from learning.confidence import SUGGEST, confidence
from learning.feedback import DISLIKED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from learning.actions.contract import Acted, Effect, Origin

Rule = Literal["", "ask", "auto", "off"]
"""What admins said of a tool; nothing by default."""

DIRECT: Final = frozenset({"person", "task", "schedule"})
"""Origins that somebody's own words stand behind."""

_HALF_LIFE_DAYS: Final = 30
_CHANGED: Final = 0.5
"""What a proposal is worth that was accepted after changes."""
_AGAINST: Final = 3.0
"""How much more a no counts than a yes: a wrong action costs more than a question."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen.

    Attributes:
        answer: do it, ask the person, or leave it.
        why: one sentence for the person.
        decided: as in ``Acted.decided``, if it is done.
        confidence: that the person would say yes, where that was looked at.
    """

    answer: Literal["run", "ask", "refuse"]
    why: str
    decided: Literal["", "sure", "free"] = ""
    confidence: float = 0.0


def decide(
    effect: Effect,
    origin: Origin,
    rule: Rule,
    history: Sequence[Acted],
    *,
    tainted: bool,
    now: datetime,
) -> Verdict:
    """Return whether an action is done.

    Args:
        effect: what the tool does to the world.
        origin: who wants it.
        rule: what admins said of the tool.
        history: what the person decided about actions of this kind, in any order.
        tainted: whether words of others may be what wants it.
        now: the time.
    """
    own_words = effect == "own" and origin in DIRECT
    if rule == "off":
        return Verdict("refuse", "An admin has switched this off here.")
    if rule == "ask" and not own_words:
        return Verdict("ask", "An admin wants to have this asked about each time.")
    if effect == "reads" or own_words:
        return Verdict("run", "It changes nothing elsewhere.", "free")
    if tainted:
        return Verdict("ask", "Words of others were in front of me when I wanted this.")
    sure = sureness(history, now)
    if sure >= SUGGEST and (effect == "own" or rule == "auto"):
        return Verdict("run", f"You said yes to this before ({sure:.0%} sure).", "sure", sure)
    why = "I am not sure enough of it." if rule == "auto" else "It changes something."
    return Verdict("ask", why, confidence=sure)


def sureness(history: Sequence[Acted], now: datetime) -> float:
    """Return how sure it is that a person says yes to the next action of a kind, in [0, 1].

    After a no, a change, or a result that was disliked it is 0 until the next plain yes.
    """
    decided = sorted(
        (at, worth) for each in history if (at := _at(each)) and (worth := _worth(each)) is not None
    )
    if not decided or decided[-1][1] < 1:
        return 0.0
    ages = [max(0.0, (now - at).total_seconds() / 86_400) for at, _ in decided]
    weights = [0.5 ** (age / _HALF_LIFE_DAYS) for age in ages]
    good = sum(w * worth for w, (_, worth) in zip(weights, decided, strict=True))
    bad = _AGAINST * sum(w * (1 - worth) for w, (_, worth) in zip(weights, decided, strict=True))
    rate = (good + 1) / (good + bad + 2)
    return confidence(
        times_used=good,
        success_rate=rate,
        days_since_used=ages[-1],
        variance=4 * rate * (1 - rate),
    )


def _at(acted: Acted) -> datetime | None:
    return acted.decided_at or acted.finished_at


def _worth(acted: Acted) -> float | None:
    """Return how far an action speaks for the next one; ``None`` if nobody decided anything."""
    if acted.status == "rejected" or (acted.rating is not None and acted.rating <= DISLIKED):
        return 0.0
    if acted.decided != "asked" or acted.status in {"proposed", "expired"}:
        return None
    return _CHANGED if acted.changed else 1.0


def technical(
    before: Mapping[str, Any], after: Mapping[str, Any], schema: Mapping[str, Any]
) -> bool:
    """Tell whether two sets of parameters say the same in substance.

    What somebody approved may be mended in its form: numbers, switches, choices from a list,
    names of parameters, the way a text is written. Words and addressees are theirs.
    """
    properties = schema.get("properties", {})
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    gone = [before[name] for name in changed if name in before and name not in after]
    for name in changed:
        old, new = before.get(name), after.get(name)
        if name not in after:
            if old is not None and not any(_same(old, after[other]) for other in after):
                return False  # what was asked for would be left out
        elif name not in before:
            if not any(_same(new, each) for each in gone) and not _form(new, properties.get(name)):
                return False
        elif not _same(old, new) and not _form(new, properties.get(name)):
            return False
    return True


def _form(value: Any, schema: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is of those that have a form and no words."""
    known = schema if isinstance(schema, dict) else {}
    if isinstance(value, bool | int | float) or value is None:
        return known.get("type") != "string"
    return value in known.get("enum", ()) or ("default" in known and value == known["default"])


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether two values differ in form alone: "#dev" and "dev", 12 and "12", x and [x]."""
    return _bare(one) == _bare(other) != ""


def _bare(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return re.sub(r"[\W_]+", "", str(value)).casefold()
