"""What somebody does after what: sequences across tools, and the follow-up they suggest.

Decides when one thing has followed another often enough to be offered, and with which
parameters. Refuses to do anything: it makes an offer, which takes a tap.

The pairs are counted as in association rules (Agrawal, Srikant: Fast Algorithms for Mining
Association Rules, 1994): support is how often the second followed the first, confidence the
share of firsts that it followed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from learning.confidence import ASK, confidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from learning.actions.contract import Acted

WITHIN: Final = timedelta(hours=1)
"""What comes later does not follow."""
LEAST: Final = 3
"""How often something must have followed before it is offered."""
_AGREE: Final = 0.75
"""Share of the pairs in which a parameter must have come about in the same way."""
_SHORTEST: Final = 3
"""Shorter values stand in texts by chance."""


@dataclass(frozen=True, slots=True)
class Habitual:
    """One thing that follows another.

    Attributes:
        after, then: the tools.
        support: how often; ``confidence`` also counts offers that were taken or refused.
        share: of the firsts, those that it followed.
        pause: the usual time between the two.
        params: how the second's parameters come about: constants, ``{"from": path}`` for what
            the first had or brought, ``{"text": template}`` with such paths in ``{{}}``.
    """

    after: str
    then: str
    support: int
    share: float
    confidence: float
    pause: timedelta
    params: Mapping[str, Any]

    @property
    def combo(self) -> str:
        """The services that it joins: "github + slack"."""
        return f"{self.after.partition('.')[0]} + {self.then.partition('.')[0]}"

    def __str__(self) -> str:
        return f"after {self.after} you {self.then} ({self.support} times, {self.share:.0%})"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What could be done now."""

    sequence: Habitual
    params: Mapping[str, Any]


def mine(log: Sequence[Acted], now: datetime) -> list[Habitual]:
    """Return what follows what in one person's actions, the surest first.

    The firsts are those that worked, the seconds those that the person wanted: what a habit
    offered counts as taken or refused, never as another proof of the habit. What they said is
    never to follow again does not.
    """
    done = sorted(
        (each for each in log if each.success and each.finished_at is not None and not _look(each)),
        key=lambda each: (each.finished_at or now, each.id),
    )
    offers = [each for each in log if each.origin == "pattern"]
    never = {(each.after, each.kind) for each in offers if each.decided == "never"}
    firsts = Counter(each.kind for each in done if each.origin != "pattern")
    pairs: dict[tuple[str, str], list[tuple[Acted, Acted]]] = {}
    for first, second in pairwise(done):
        if second.origin == "pattern" or first.kind == second.kind or not _soon(first, second):
            continue
        pairs.setdefault((first.kind, second.kind), []).append((first, second))
    found = []
    for (after, then), seen in pairs.items():
        if len(seen) < LEAST or (after, then) in never:
            continue
        made = [each for each in offers if (each.after, each.kind) == (after, then)]
        taken = sum(each.status == "done" for each in made)
        refused = sum(each.status in {"rejected", "expired"} for each in made)
        share = len(seen) / max(firsts[after], len(seen))
        rate = (len(seen) + taken) / (len(seen) + taken + refused) * share
        last = max(second.created_at for _, second in seen)
        found.append(
            Habitual(
                after,
                then,
                len(seen),
                share,
                confidence(
                    times_used=len(seen) + taken,
                    success_rate=rate,
                    days_since_used=(now - last).total_seconds() / 86_400,
                    variance=4 * rate * (1 - rate),
                ),
                timedelta(seconds=median(_pause_s(pair) for pair in seen)),
                _params(seen),
            )
        )
    return sorted(found, key=lambda each: (-each.confidence, each.after, each.then))


def follow_up(done: Acted, log: Sequence[Acted], now: datetime) -> FollowUp | None:
    """Return what to offer after something was done, if something follows it often enough.

    Nothing is offered that already happened since, nor after an offer that was taken.
    """
    if not done.success or done.origin == "pattern":
        return None
    since = done.finished_at or done.created_at
    for sequence in mine([each for each in log if each.id != done.id], now):
        if sequence.after != done.kind or sequence.confidence < ASK:
            continue
        if any(each.kind == sequence.then and each.created_at >= since for each in log):
            continue
        params = filled(sequence.params, done)
        if params is not None:
            return FollowUp(sequence, params)
    return None


def filled(params: Mapping[str, Any], first: Acted) -> dict[str, Any] | None:
    """Return the second's parameters after a first; ``None`` if it lacks what they come from."""
    known = _flat(first)
    made: dict[str, Any] = {}
    for name, rule in params.items():
        if not isinstance(rule, dict) or not (rule.keys() & {"from", "text"}):
            made[name] = rule
        elif "from" in rule:
            if rule["from"] not in known:
                return None
            made[name] = known[rule["from"]]
        else:
            paths = _SLOT.findall(rule["text"])
            if any(path not in known for path in paths):
                return None
            made[name] = _SLOT.sub(lambda found: str(known[found[1]]), rule["text"])
    return made


def quotes(sequence: Habitual) -> bool:
    """Tell whether something that a tool said would stand in what follows."""
    rules = [rule for rule in sequence.params.values() if isinstance(rule, dict)]
    paths = [str(rule["from"]) for rule in rules if "from" in rule]
    paths += [path for rule in rules if "text" in rule for path in _SLOT.findall(rule["text"])]
    return any(not path.startswith("params.") for path in paths)


_SLOT: Final = re.compile(r"\{\{([^{}]+)\}\}")


def _look(each: Acted) -> bool:
    """Tell whether a model only looked something up, which stands between no two things."""
    return each.origin == "model" and each.decided == "free"


def _soon(first: Acted, second: Acted) -> bool:
    began, ended = second.created_at, first.finished_at
    return ended is not None and timedelta(0) <= began - ended <= WITHIN


def _pause_s(pair: tuple[Acted, Acted]) -> float:
    first, second = pair
    return (second.created_at - (first.finished_at or first.created_at)).total_seconds()


def _params(seen: Sequence[tuple[Acted, Acted]]) -> dict[str, Any]:
    """Return how the second's parameters come about, for those that do so in one way."""
    made: dict[str, Any] = {}
    flats = [_flat(first) for first, _ in seen]
    for name in dict.fromkeys(name for _, second in seen for name in second.params):
        rules: Counter[str] = Counter()
        for (_, second), known in zip(seen, flats, strict=True):
            if name in second.params:
                for rule in _ways(second.params[name], known):
                    rules[json.dumps(rule, sort_keys=True, default=str)] += 1
        # Of ways that explain as much, what comes from the first carries further.
        best = max(rules, key=lambda rule: (rules[rule], _far(rule), rule), default=None)
        if best is not None and rules[best] >= _AGREE * len(seen):
            made[name] = json.loads(best)
    return made


def _ways(value: Any, known: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401 - JSON
    """Return the ways in which a value may have come about."""
    same = [{"from": path} for path, held in known.items() if held == value]
    ways: list[Any] = [value, *same]
    if isinstance(value, str) and not same:
        text = value
        # Longest first, or a title would lose the word that is also the repository's name.
        for path, held in sorted(known.items(), key=lambda item: (-len(str(item[1])), item[0])):
            said = str(held)
            if len(said) >= _SHORTEST and said in _SLOT.sub("", text):
                text = text.replace(said, f"{{{{{path}}}}}")
        if text != value:
            ways.append({"text": text})
    return ways


def _far(rule: str) -> int:
    return 2 if rule.startswith('{"from"') else 1 if rule.startswith('{"text"') else 0


def _flat(first: Acted) -> dict[str, Any]:
    """Return what an action had and brought, by path."""
    known: dict[str, Any] = {}
    parts: tuple[tuple[str, Any], ...] = (
        ("link", first.result.get("link") or None),
        ("data", first.result.get("data")),
        ("params", first.params),
    )
    for name, part in parts:
        _flatten(name, part, known)
    return known


def _flatten(path: str, value: Any, known: dict[str, Any]) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, held in value.items():
            _flatten(f"{path}.{name}", held, known)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        known[path] = value
