"""What a person likes, as it shows in what they do.

Decides what emerges from observations, how sure it is, and what a statement of
theirs overrules. Refuses to know where observations come from and what things
are called: names are an argument.

Confidence is ``learning.confidence.confidence``. Its terms are counted so:

- ``times_used``: requests that agree. Each counts half as much for every 90 days
  of its age, so that taste may change.
- ``success_rate``: mean reward of the rated ones, with two good and two bad ones
  added, which is the "plus four" rule of Agresti and Coull, "Approximate is better
  than exact for interval estimation of binomial proportions" (1998). No rating is
  missing data: alone, the four stand for 0.5.
- ``days_since_used``: since the newest that agrees.
- ``variance``: twice the share of the slot's requests that disagree, by Laplace's
  rule; 1 for an even split. For numbers also their relative spread, whichever is more.

A request that was disliked does not agree with what it held. One or two requests
are no habit, and a value without two thirds of its slot's requests is no
preference: neither is discovered, whatever its confidence would be.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from learning.confidence import SUGGEST, confidence
from learning.memory.amounts import fences, in_words, is_amount, spread_of
from learning.memory.contract import TRUST, Draft
from learning.memory.things import NOT, of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.memory.contract import Memory, Observation

HALF_LIFE_DAYS: Final = 90
"""After this many days an observation counts half."""
LEAST: Final = 3
"""Requests that a habit needs: once is chance, twice may be."""
MAJORITY: Final = 2 / 3
"""Share of a slot's requests that a preference needs: twice as many as all others."""
ALWAYS: Final = 0.9
"""Share from which people may be told "always"."""
WIDEST: Final = 0.5
"""Numbers spread wider than this share of their median have nothing in common."""

_DISLIKED: Final = 0.5
_PRIOR_GOOD: Final = 2.0
_PRIOR_ALL: Final = 4.0
_SECONDS: Final = 86_400.0
_TOLERANCE: Final = 0.05
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Discovered:
    """Something a person seems to like.

    Attributes:
        slot: what it is about.
        value: what it is, folded; for a number its text, folded.
        text: as people read it: "TypeScript", "dark mode", "140+ BPM".
        confidence: as lmnh defines it, in [0, 1].
        count: requests that agree.
        of: requests that said anything about the slot.
        last_seen: when it last showed.
        numbers: the least and the greatest that agree; ``None`` for a value.
        draft: what is to be remembered of it. Who may know is for the caller to say,
            from the sources.
        sources: the interactions that agree, newest first.
    """

    slot: str
    value: str
    text: str
    confidence: float
    count: int
    of: int
    last_seen: datetime
    numbers: tuple[float, float] | None
    draft: Draft
    sources: tuple[UUID, ...]

    @property
    def always(self) -> bool:
        """Whether people may be told "always"."""
        return _is_always(self.confidence, self.count, self.of)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of discoveries beside what a person stated.

    Attributes:
        discovered: those about slots that no statement answers.
        confirmed: confidence of statements that what the person does bears out, by id.
    """

    discovered: tuple[Discovered, ...]
    confirmed: Mapping[UUID, float]


def named(slot: str, value: str) -> str:
    """Return a value as people spell it: the name of a known thing, or as it is."""
    known = of_value(slot, value)
    return known.name if known else value


def discover(
    observations: Sequence[Observation],
    now: datetime,
    name: Callable[[str, str], str] = named,
) -> tuple[Discovered, ...]:
    """Return what emerges from observations, the surest first.

    Args:
        observations: of one person, in any order. Those who may not know all of them
            may not know what is discovered.
        now: what their age is measured against; those of the future count as new.
        name: spells a slot's value for people.
    """
    slots: dict[str, list[Observation]] = {}
    for each in observations:
        slots.setdefault(each.slot, []).append(each)
    found: list[Discovered] = []
    for slot, seen in slots.items():
        if not slot:
            continue
        found += _values(slot, [s for s in seen if s.number is None and s.value], now, name)
        found += _numbers(slot, [s for s in seen if is_amount(s.number)], now)
    return tuple(sorted(found, key=lambda each: (-each.confidence, each.slot, each.text)))


def settle(stated: Sequence[Memory], discovered: Sequence[Discovered], now: datetime) -> Settled:
    """Return what discoveries add to what a person said in so many words.

    A statement that holds answers its slot: another value is left out, the same one makes
    the statement surer, ``1 − (1 − a)(1 − b)``, and is no memory of its own. A stated dislike
    leaves out what it names and nothing else.
    """
    standing: dict[str, list[Memory]] = {}
    for memory in stated:
        explicit = memory.kind == "preference" and memory.origin == "stated"
        if explicit and memory.slot and memory.holds(now):
            standing.setdefault(memory.slot, []).append(memory)
    left: list[Discovered] = []
    confirmed: dict[UUID, float] = {}
    for each in discovered:
        likes = [m for m in standing.get(each.slot, ()) if not m.value.startswith(NOT)]
        dislikes = {m.value.removeprefix(NOT) for m in standing.get(each.slot, ())} - {
            m.value for m in likes
        }
        for memory in likes:
            if _agrees(memory.value, each):
                before = confirmed.get(memory.id, _unit(memory.confidence))
                confirmed[memory.id] = 1 - (1 - before) * (1 - each.confidence)
        if not likes and each.value not in dislikes:
            left.append(each)
    return Settled(tuple(left), confirmed)


def together(discovered: Sequence[Discovered], context_slots: Sequence[str]) -> str:
    """Return in one phrase what goes together: "hip-hop at 140+ BPM", "TypeScript, dark mode".

    A number is tied to the value that it was seen with most often.

    Args:
        discovered: what may be said.
        context_slots: the slots that matter now, in the order to name them.
    """
    order = {slot: place for place, slot in reversed([*enumerate(context_slots)])}
    chosen = sorted((d for d in discovered if d.slot in order), key=lambda d: order[d.slot])
    values = [each for each in chosen if each.numbers is None]
    parts = {id(each): each.text for each in values}
    for number in chosen:
        if number.numbers is None:
            continue
        seen = set(number.sources)
        with_it = max(values, key=lambda v: len(seen & set(v.sources)), default=None)
        joint = _unit_of(number.slot).get("joint", "")
        if with_it is None or not joint or not seen & set(with_it.sources):
            parts[id(number)] = number.text
        else:
            parts[id(with_it)] += f" {joint} {number.text}"
    return ", ".join(parts[id(each)] for each in chosen if id(each) in parts)


def _values(
    slot: str,
    seen: Sequence[Observation],
    now: datetime,
    name: Callable[[str, str], str],
) -> Iterable[Discovered]:
    for value in {each.value: None for each in seen}:
        chosen = [each for each in seen if each.value == value]
        agreeing = [each for each in chosen if not _disliked(each)]
        if _common(agreeing, seen, now):
            sure = _confidence(agreeing, chosen, seen, now)
            yield _discovered(slot, value, name(slot, value), sure, agreeing, seen, None)


def _numbers(slot: str, seen: Sequence[Observation], now: datetime) -> Iterable[Discovered]:
    """Yield what a slot's numbers have in common, if they have."""
    welcome = [each for each in seen if not _disliked(each)]
    if len(welcome) < LEAST:
        return
    least, most = fences([_number(each) for each in welcome])
    chosen = [each for each in seen if least <= _number(each) <= most]
    agreeing = [each for each in chosen if not _disliked(each)]
    amounts = [_number(each) for each in agreeing]
    spread = spread_of(amounts)
    if spread > WIDEST or not _common(agreeing, seen, now):
        return
    told, unit = in_words(amounts), _unit_of(slot)["name"]
    text = f"{told} {unit.removesuffix('s') if told == '1' else unit}".strip()
    sure = _confidence(agreeing, chosen, seen, now, spread / WIDEST)
    ends = (min(amounts), max(amounts))
    yield _discovered(slot, text.casefold(), text, sure, agreeing, seen, ends)


def _discovered(
    slot: str,
    value: str,
    text: str,
    sure: float,
    agreeing: Sequence[Observation],
    seen: Sequence[Observation],
    numbers: tuple[float, float] | None,
) -> Discovered:
    newest_first = sorted(agreeing, key=lambda each: each.at, reverse=True)
    sources = tuple({each.interaction_id: None for each in newest_first})
    requests = len({each.interaction_id for each in seen})
    verb = "always picks" if _is_always(sure, len(sources), requests) else "prefers"
    draft = Draft(
        kind="preference",
        text=f"{verb} {text}",
        origin="observed",
        slot=slot,
        value=value,
        confidence=sure,
        trust=TRUST["observed"],
        tags=tuple(part for part in slot.split("_") if part),
    )
    return Discovered(
        slot=slot,
        value=value,
        text=text,
        confidence=sure,
        count=len(sources),
        of=requests,
        last_seen=newest_first[0].at,
        numbers=numbers,
        draft=draft,
        sources=sources,
    )


def _is_always(sure: float, count: int, of: int) -> bool:
    return sure >= SUGGEST and count >= ALWAYS * of


def _common(agreeing: Sequence[Observation], seen: Sequence[Observation], now: datetime) -> bool:
    """Return whether enough requests agree, and few enough disagree."""
    weights = _weights(agreeing, now)
    return len(weights) >= LEAST and sum(weights.values()) >= MAJORITY * sum(
        _weights(seen, now).values()
    )


def _confidence(
    agreeing: Sequence[Observation],
    chosen: Sequence[Observation],
    seen: Sequence[Observation],
    now: datetime,
    spread: float = 0.0,
) -> float:
    """Return how sure a preference is.

    Args:
        agreeing: what speaks for it.
        chosen: all that had it, disliked or not.
        seen: all that was said about its slot.
        now: what age is measured against.
        spread: of numbers, in [0, 1].
    """
    support = sum(_weights(agreeing, now).values())
    total = sum(_weights(seen, now).values())
    rated = {e.interaction_id: r for e in chosen if (r := _reward(e)) is not None}
    weights = _weights([e for e in chosen if e.interaction_id in rated], now)
    earned = sum(weight * rated[id_] for id_, weight in weights.items())
    return confidence(
        times_used=support,
        success_rate=(earned + _PRIOR_GOOD) / (sum(weights.values()) + _PRIOR_ALL),
        days_since_used=min(_days(each, now) for each in agreeing),
        variance=max(2 * (1 - (support + 1) / (total + 2)), spread),
    )


def _weights(seen: Iterable[Observation], now: datetime) -> dict[UUID, float]:
    """Return what each request counts: 1 today, less with age."""
    weights: dict[UUID, float] = {}
    for each in seen:
        weight = 0.5 ** (max(0.0, _days(each, now)) / HALF_LIFE_DAYS)
        weights[each.interaction_id] = max(weight, weights.get(each.interaction_id, 0.0))
    return weights


def _days(observation: Observation, now: datetime) -> float:
    return (now - observation.at).total_seconds() / _SECONDS


def _reward(observation: Observation) -> float | None:
    reward = observation.reward
    return None if reward is None or not math.isfinite(reward) else _unit(reward)


def _disliked(observation: Observation) -> bool:
    reward = _reward(observation)
    return reward is not None and reward < _DISLIKED


def _number(observation: Observation) -> float:
    return float(observation.number or 0.0)


def _agrees(stated: str, found: Discovered) -> bool:
    if found.numbers is None:
        return stated == found.value
    named = _NUMBER.search(stated.replace(",", ""))
    low, high = found.numbers
    slack = _TOLERANCE * max(abs(low), abs(high))
    return named is not None and low - slack <= float(named[0]) <= high + slack


def _unit_of(slot: str) -> Mapping[str, str]:
    last = slot.rsplit("_", maxsplit=1)[-1]
    return _units().get(last, {"name": last})


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


@cache
def _units() -> Mapping[str, Mapping[str, str]]:
    text = files("learning.memory").joinpath("preferences.toml").read_text("utf-8")
    units: Mapping[str, Mapping[str, str]] = tomllib.loads(text)
    return units
