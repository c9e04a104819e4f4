"""A world of tools with hidden rules that change, called again and again.

Two people call the same tools with the same wishes in the same order: one's Mynah learns, the
other's does not. Where a call fails, what Mynah is sure of is applied; else the person takes what
is offered if it is right, and looks it up if not. Nothing waits: latencies are drawn.

A first try is right if it is accepted and is what was wanted; one that is merely accepted is a harm
(``not_as_wanted``). Recovery is measured on each call as it was asked for, sent without being
prepared (``recovered_of_seen``): the failure has the same signature, of the same kind of call, from
the same cause, met before in a call that then worked, under a rule that has not changed since.
Recovered is what is applied unasked, changes only what has to be changed, and rightly; the second
time counts, also where the tool says no more than "400 Bad Request". ``recovered_of_slipped`` is
the same over the failures that really come, after preparing: few, and the hard ones. A look-alike
is a failure in known words from a cause that was not met, or words said of a call that does not
break that rule at all: what is applied to it must be right for the call in any case.

In ``lifted`` a rule goes midway and nothing fails by it any more: no tool says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np

from learning.actions.contract import Fault, Try
from learning.actions.lessons import changed
from learning.actions.patterns import prepare
from learning.actions.repair import Repair, repairs
from learning.actions.signature import signature
from learning.confidence import ASK, SUGGEST
from tests.benchmarks.journey.api_rules import DRIFTING, KNOWN, MODES, OUTSIDE, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Params = dict[str, Any]

ENOUGH: Final = 5
"""Calls of a kind, since it last changed, after which it should be known."""
_MOST_TRIES: Final = 3
_NEVER: Final = 12
_BEGAN: Final = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
_SCHEMA: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}


@dataclass
class Kind:
    """One tool."""

    name: str
    rules: list[Rule]
    changes_after: int
    changed: list[Rule]
    calls: int = 0
    since: int = 0

    def next_call(self) -> None:
        """Count a call; the rules change when it is time."""
        self.calls, self.since = self.calls + 1, self.since + 1
        if self.calls == self.changes_after:
            self.rules, self.since = self.changed, 0

    def refuses(self, params: Mapping[str, Any]) -> Rule | None:
        return next((rule for rule in self.rules if rule.broken(params)), None)

    def wanted(self, asked: Mapping[str, Any]) -> Params:
        params = dict(asked)
        for rule in self.rules:
            params = rule.mend(params)
        return params


@dataclass
class Figures:
    """What became of the calls."""

    first: list[bool] = field(default_factory=list)
    first_known: list[bool] = field(default_factory=list)
    met: list[bool] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    prepared_ms: list[float] = field(default_factory=list)
    spoilt: int = 0
    by_hand: int = 0
    seen: list[bool] = field(default_factory=list)
    slipped: list[bool] = field(default_factory=list)
    wrong_on_seen: int = 0
    look_alikes: list[bool] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        return {
            "calls": len(self.first),
            "first_try": _share(self.first),
            "first_try_after_five": _share(self.first_known),
            "calls_after_five": len(self.first_known),
            "first_try_after_five_of_rules_met": _share(self.met),
            "tries_per_success": round(float(np.mean(self.tries)), 2),
            "seconds_per_success": round(float(np.mean(self.seconds)), 2),
            "not_as_wanted": self.spoilt,
            "mended_by_hand": self.by_hand,
            "recovered_of_seen": _share(self.seen),
            "errors_seen_before": len(self.seen),
            "recovered_of_slipped": _share(self.slipped),
            "errors_slipped": len(self.slipped),
            "wrong_of_seen": self.wrong_on_seen,
            "wrong_of_look_alikes": _share(self.look_alikes),
            "look_alikes": len(self.look_alikes),
            "prepared_p95_ms": round(float(np.percentile(self.prepared_ms, 95)), 2),
        }


def measure(seed: int, calls: int, kinds: int, world: str = "policies") -> dict[str, Any]:
    """Return what became of the same calls with learning and without."""
    return {
        policy: _Person(seed, kinds, learns=policy == "mynah", world=world).live(calls)
        for policy in ("mynah", "learning_off")
    }


class _Person:
    """Who makes the calls."""

    def __init__(self, seed: int, kinds: int, *, learns: bool, world: str) -> None:
        self._rng, self._learns = Random(seed), learns
        self._kinds = [_kind(self._rng, number, world) for number in range(kinds)]
        self._tries: dict[str, list[Try]] = {kind.name: [] for kind in self._kinds}
        self._causes: dict[tuple[str, str], set[str]] = {}
        self._latencies = Random(seed + 1)
        self._unasked = False
        self.figures, self._now, self._action = Figures(), _BEGAN, 0

    def live(self, calls: int) -> dict[str, Any]:
        order = [self._kinds[n % len(self._kinds)] for n in range(calls)]
        self._rng.shuffle(order)
        for kind in order:
            self._call(kind, _wish(self._rng))
            self._now += timedelta(minutes=self._rng.randint(5, 90))
            kind.next_call()
        return self.figures.summary()

    def _call(self, kind: Kind, asked: Params) -> None:
        known = self._tries[kind.name] if self._learns else []
        began = perf_counter()
        params = dict(prepare(asked, _SCHEMA, known, self._now).params)
        self.figures.prepared_ms.append((perf_counter() - began) * 1000)
        if self._learns:
            self._probe(kind, asked)
        self._action += 1
        wanted, seconds, tries = kind.wanted(asked), 0.0, 0
        while tries < _NEVER:
            tries += 1
            self._now += timedelta(seconds=1)
            seconds += self._latencies.lognormvariate(-0.7, 0.5)
            rule = kind.refuses(params)
            fault = _fault(rule, params) if rule is not None else None
            self._record(kind, asked, params, fault)
            if tries == 1:
                right = rule is None and params == wanted
                self.figures.first.append(right)
                if kind.since >= ENOUGH:
                    self.figures.first_known.append(right)
                    if self._met(kind, asked):
                        self.figures.met.append(right)
            if rule is None or fault is None:
                break
            seen = self._caused(rule, params) in self._causes.get((kind.name, fault.signature), ())
            self._learn_cause(kind, rule, params, fault)
            before = params
            params, looked = self._mended(kind, asked, params, fault, tries)
            if tries == 1 and seen and self._learns:
                good = self._unasked and _right(kind, before, params, wanted)
                self.figures.slipped.append(good)
            seconds += 60.0 if looked else 0.0
        self.figures.spoilt += params != wanted
        self.figures.tries.append(tries)
        self.figures.seconds.append(seconds)

    def _mended(
        self, kind: Kind, asked: Params, params: Params, fault: Fault, tries: int
    ) -> tuple[Params, bool]:
        known = self._tries[kind.name] if self._learns else []
        found = repairs(params, fault, _SCHEMA, known, self._now, asked=asked)
        if (sure := _sure(found)) is not None and tries < _MOST_TRIES:
            self._unasked = True
            return dict(sure.params), False
        self._unasked = False
        wanted = kind.wanted(asked)
        for offered in [each for each in found if each.confidence >= ASK][:3]:
            if _right(kind, params, offered.params, wanted):
                return dict(offered.params), False
        self.figures.by_hand += 1
        return wanted, True

    def _record(self, kind: Kind, asked: Params, params: Params, fault: Fault | None) -> None:
        self._tries[kind.name].append(
            Try(kind.name, asked, params, fault is None, self._now, fault,
                learned_from=UUID(int=self._action))
        )  # fmt: skip

    def _learn_cause(self, kind: Kind, rule: Rule, params: Params, fault: Fault) -> None:
        cause = self._caused(rule, params)
        self._causes.setdefault((kind.name, fault.signature), set()).add(cause)

    @staticmethod
    def _caused(rule: Rule, params: Mapping[str, Any]) -> str:
        return rule.cause + rule.detail(dict(params))

    def _probe_look_alike(self, kind: Kind, rule: Rule, asked: Params) -> None:
        """See what would be done if a call failed in known words that the known remedy misses."""
        if rule.broken(asked):
            return
        fault = _fault(rule, asked)
        if (kind.name, fault.signature) in self._causes:
            found = repairs(asked, fault, _SCHEMA, self._tries[kind.name], self._now)
            sure = _sure(found)
            elsewhere = sure is not None and _right(kind, asked, sure.params, kind.wanted(asked))
            self.figures.look_alikes.append(sure is not None and not elsewhere)

    def _met(self, kind: Kind, asked: Params) -> bool:
        """Tell whether every rule that a wish breaks was met before, as it is now."""
        broken = {rule.cause + rule.detail(asked) for rule in kind.rules if rule.broken(asked)}
        known = {cause for (name, _), causes in self._causes.items() if name == kind.name
                 for cause in causes}  # fmt: skip
        return broken <= known

    def _probe(self, kind: Kind, asked: Params) -> None:
        """See what would be done if the call were made as it was asked for."""
        for other in kind.rules:
            self._probe_look_alike(kind, other, asked)
        rule = kind.refuses(asked)
        if rule is None:
            return
        fault = _fault(rule, asked)
        causes = self._causes.get((kind.name, fault.signature))
        if causes is None:
            return
        found = repairs(asked, fault, _SCHEMA, self._tries[kind.name], self._now)
        sure = _sure(found)
        right = sure is not None and _right(kind, asked, sure.params, kind.wanted(asked))
        if rule.cause + rule.detail(asked) in causes:
            self.figures.seen.append(right)
            self.figures.wrong_on_seen += sure is not None and not right
        else:
            self.figures.look_alikes.append(sure is not None and not right)


def _sure(found: Sequence[Repair]) -> Repair | None:
    return next((r for r in found if r.source == "history" and r.confidence >= SUGGEST), None)


def _right(kind: Kind, params: Params, mended: Mapping[str, Any], wanted: Params) -> bool:
    """Tell whether a mended call is what was wanted, or gets nearer to it and no further."""
    paths = changed(params, mended)
    nearer = bool(paths) and all(mended.get(path) == wanted.get(path) for path in paths)
    kept = [value for path, value in params.items() if path not in mended]
    if any(value in wanted.values() and value not in mended.values() for value in kept):
        return False  # it should have been sent under another name
    return nearer and (dict(mended) == wanted or kind.refuses(mended) is not None)


def _fault(rule: Rule, params: Mapping[str, Any]) -> Fault:
    said = rule.complaint(params)
    return Fault("invalid", said, 400, signature(said, params))


def _share(values: Sequence[bool]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _kind(rng: Random, number: int, world: str) -> Kind:
    families = rng.sample(KNOWN, rng.choice((1, 2, 2, 3)))
    if world == "outside":
        families = [rng.choice(OUTSIDE), *families[:1]]
    rules = [family(rng, 0) for family in families]
    drifting = [n for n, family in enumerate(families) if family in DRIFTING]
    later = list(rules)
    if drifting and rng.random() < 0.5:
        place = rng.choice(drifting)
        later[place] = families[place](rng, 1)
    elif rng.random() < 0.3:
        extra = rng.choice([family for family in KNOWN if family not in families])
        later.append(extra(rng, 0))
    if world == "lifted":
        later = rules[1:]
    changes_after = rng.randint(6, 10) if later != rules else -1
    return Kind(f"tool{number}.do", rules, changes_after, later)


def _wish(rng: Random) -> Params:
    """Return what somebody wants; not every wish meets a rule."""
    day = rng.randint(10, 28)
    words = " ".join(rng.choice(("plan", "Bird", "echo", "Wall", "seven", "Cloud")) for _ in "1234")
    wish = {
        "title": f"{words} {rng.randint(1, 99)}",
        "mode": rng.choice(MODES),
        "limit": rng.choice((10, 30, 80, 150, 200, 500)),
        "size": rng.randint(5, 120),
        "duration": rng.randint(1, 300),
        "number": rng.randint(100, 9999),
        "labels": rng.choice(("bug", "idea", ["bug", "idea"])),
        "level": rng.choice(("minor", "urgent")),
        "due": f"{day}.{rng.randint(10, 12)}.2026",
        "branch": rng.choice(("main", "fix-42", "next")),
        "key": f"{rng.choice(('Big', 'Small'))} {rng.choice(('House', 'Tree'))}",
    }
    if rng.random() < 0.7:
        wish["assignee"] = rng.choice(("ana", "ben", "cleo"))
    if rng.random() < 0.7:
        wish["announce"] = True
    kept = {name for name in wish if name in {"title", "mode", "branch"} or rng.random() < 0.9}
    return {name: value for name, value in wish.items() if name in kept}
