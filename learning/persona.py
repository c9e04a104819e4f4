"""How a person likes to be answered: four facets in [0, 1] that small signs move.

Decides what each sign says about which facet, how far it moves it, and what the
facets add to a prompt. Refuses to know who the person is and where it is kept.

A sign is a delta by facet. What a reading's place says is 0.02, as the learning
loop has it; votes say less, since most of a vote is about the matter; an edit says
more, and a wish in so many words most. Near either end steps shrink with the room
that is left, so that no run of small signs makes a facet absolute.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from learning.routing.variants import ASPECTS, MOST_ASPECTS, aspects_of, with_wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from learning.memory.edits import Edit
    from learning.roles import RoleName

FACETS: Final = ("concise", "step_by_step", "code_first", "formal")
MIDDLE: Final = 0.5
START: Final[Mapping[str, float]] = dict.fromkeys(FACETS, MIDDLE)
"""Nothing is known."""

HIGH: Final = 0.65
LOW: Final = 0.35
"""Beyond these a facet shapes answers; in between it is not sure enough."""
MOST_ANALYSED: Final = 0.05
"""The most that a model's analysis may move a facet at once, either way."""

_READING: Final = 0.02
_LIKED: Final = 0.02
_DISLIKED: Final = 0.01
_EDITED: Final = 0.04
_WISHED: Final = 0.08
_WORDED: Final = 0.01
_MOST: Final = 0.1
_NEAR: Final = 0.2
_DIGITS: Final = 9
_MOST_READ: Final = 2_000
_SIGNS_NEEDED: Final = 2
_LAST_READING: Final = 3

_SAYS: Final[Mapping[str, tuple[str, int]]] = {
    "brief": ("concise", 1),
    "detail": ("concise", -1),
    "steps": ("step_by_step", 1),
    "no_steps": ("step_by_step", -1),
    "code_first": ("code_first", 1),
    "code_only": ("code_first", 1),
    "formal": ("formal", 1),
    "casual": ("formal", -1),
}
"""What each aspect of an answer's form is about, and in which direction."""

_ADDS: Final[Mapping[str, tuple[str, str]]] = {
    "concise": ("brief", "detail"),
    "step_by_step": ("steps", "no_steps"),
    "code_first": ("code_first", ""),
    "formal": ("formal", "casual"),
}
"""The aspects that a high and a low facet add to an answer."""

_TELLS: Final[Mapping[str, tuple[str, str]]] = {
    "concise": ("You like short answers", "You like detailed answers"),
    "step_by_step": (
        "You like to be led step by step",
        "You like answers without the steps in between",
    ),
    "code_first": ("You like to see the code first", "You like the explanation before the code"),
    "formal": ("You like a formal tone", "You like a casual tone"),
}

_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|^[ \t]*>[^\n]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Persona:
    """A person's facets: all four, each in [0, 1]."""

    facets: Mapping[str, float]

    @classmethod
    def of(cls, stored: object) -> Persona:
        """Read what was stored: what is missing or makes no sense is at its start."""
        return cls(_sound(stored))


def delta_of_reading(position: int) -> dict[str, float]:
    """Return what the choice of a reading says: the first is the most direct one.

    Args:
        position: 1, 2 or 3; any other says nothing.
    """
    if position == 1:
        return {"concise": _READING}
    if 1 < position <= _LAST_READING:
        return {"concise": -_READING, "step_by_step": _READING}
    return {}


def delta_of_vote(aspects: Iterable[str], reward: float | None) -> dict[str, float]:
    """Return what a vote says about the form of what was voted on.

    Args:
        aspects: of the variant that the answer was given in.
        reward: what the person thought of it, in [0, 1]; ``None`` says nothing. A dislike
            says half as much, for what was said is disliked more often than how.
    """
    if reward is None or not math.isfinite(reward):
        return {}
    leaning = 2 * min(1.0, max(0.0, reward)) - 1
    return _said(aspects, leaning * (_LIKED if leaning > 0 else _DISLIKED))


def delta_of_wishes(aspects: Iterable[str]) -> dict[str, float]:
    """Return what wishes say; of two that contradict each other the later one."""
    return _said(aspects_of(with_wishes("", aspects)), _WISHED)


def delta_of_edit(edit: Edit) -> dict[str, float]:
    """Return what it says that a person gave an answer another form."""
    return _said(edit.aspects, _EDITED)


def delta_of_words(text: str) -> dict[str, float]:
    """Return what a person's own way of writing says about the tone they like.

    Two signs that agree are needed, and none against; one may be chance. Code and
    quotations are not the person's tone. English, German, French and Spanish.
    """
    own = " ".join(_CODE.sub(" ", text[: 2 * _MOST_READ]).replace("’", "'").split())[:_MOST_READ]
    formal, casual = (set(_tones()[tone].findall(own)) for tone in ("formal", "casual"))
    if len(formal) >= _SIGNS_NEEDED and not casual:
        return {"formal": _WORDED}
    if len(casual) >= _SIGNS_NEEDED and not formal:
        return {"formal": -_WORDED}
    return {}


def checked(raw: object) -> dict[str, float]:
    """Return what a model's analysis says, as far as it keeps to the form.

    Facets that do not exist are passed over, and so is what is no finite number; the
    rest is brought into ±0.05. What moves nothing is left out.

    Args:
        raw: whatever the model's JSON held.
    """
    if not isinstance(raw, Mapping):
        return {}
    bounded = {
        facet: max(-MOST_ANALYSED, min(MOST_ANALYSED, raw[facet]))
        for facet in FACETS
        if facet in raw and _is_number(raw[facet])
    }
    return {facet: float(delta) for facet, delta in bounded.items() if delta}


def moved(
    facets: Mapping[str, float], delta: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the facets after a sign, and how far each really moved.

    Within 0.2 of an end a step towards it shrinks in proportion to the room left. What did
    not move is left out of the second. One sign moves a facet by 0.1 at most.
    """
    old = _sound(facets)
    new = {
        facet: _stepped(value, delta[facet]) if _is_number(delta.get(facet)) else value
        for facet, value in old.items()
    }
    real = {facet: round(new[facet] - old[facet], _DIGITS) for facet in FACETS}
    return new, {facet: step for facet, step in real.items() if step}


def replayed(deltas: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the facets that a row of steps leads to.

    All that ``moved`` really did, in order, leads to where it was; when some of it was
    taken back, the rest counts as it did.
    """
    facets = dict(START)
    for delta in deltas:
        for facet in FACETS:
            if _is_number(delta.get(facet)):
                facets[facet] = _unit(round(facets[facet] + delta[facet], _DIGITS))
    return facets


def shape(
    variant: str,
    facets: Mapping[str, float],
    *,
    role: RoleName | None = None,
    task_type: str | None = None,
) -> str:
    """Return the prompt variant with what a person's facets add to it.

    A variant always wins: nothing is added that it speaks about. Of facets that contradict
    each other the more pronounced one counts.

    Args:
        variant: as it was chosen; "" and "default" say nothing.
        facets: of who asked.
        role: who answers; leaves out what makes no sense for them.
        task_type: likewise for the task.
    """
    chosen = aspects_of(variant)
    known = {aspect.name: aspect for aspect in ASPECTS}
    taken = {name: known[name] for name in chosen}
    pronounced = sorted(_pronounced(facets), key=lambda each: -each[0])
    for _, _, name in pronounced:
        aspect = known.get(name)
        if (
            aspect is None
            or len(taken) >= MOST_ASPECTS
            or (role is not None and role not in aspect.roles)
            or (task_type is not None and task_type not in aspect.task_types)
            or any(opposite in taken for opposite in aspect.opposites)
        ):
            continue
        taken[name] = aspect
    added = [name for name in taken if name not in chosen]
    return with_wishes(variant, added) if added else variant


def lines(facets: Mapping[str, float]) -> list[str]:
    """Return what the facets say, for people; nothing about those that are not sure."""
    sound = _sound(facets)
    told = ((_TELLS[facet][high <= 0], sound[facet]) for facet, high in _sides(sound))
    return [f"{sentence} ({value:.2f})." for sentence, value in told]


def _pronounced(facets: Mapping[str, float]) -> Sequence[tuple[float, str, str]]:
    """Return how far each sure facet is from the middle, its name and what it adds."""
    sound = _sound(facets)
    return [
        (abs(sound[facet] - MIDDLE), facet, _ADDS[facet][side <= 0])
        for facet, side in _sides(sound)
    ]


def _sides(sound: Mapping[str, float]) -> Sequence[tuple[str, int]]:
    """Return the facets that are sure, each with 1 for high or −1 for low."""
    return [
        (facet, 1 if sound[facet] >= HIGH else -1)
        for facet in FACETS
        if not LOW < sound[facet] < HIGH
    ]


def _said(aspects: Iterable[str], step: float) -> dict[str, float]:
    """Return a step for each facet that aspects speak of; one that is said twice moves once."""
    said: dict[str, float] = {}
    for aspect in aspects:
        if aspect in _SAYS and step:
            facet, sign = _SAYS[aspect]
            said[facet] = sign * step
    return said


def _stepped(value: float, delta: float) -> float:
    step = max(-_MOST, min(_MOST, delta))
    room = 1 - value if step > 0 else value
    return _unit(round(value + step * min(1.0, room / _NEAR), _DIGITS))


def _sound(facets: object) -> dict[str, float]:
    given = facets if isinstance(facets, Mapping) else {}
    return {
        facet: float(_unit(given[facet])) if _is_number(given.get(facet)) else MIDDLE
        for facet in FACETS
    }


def _is_number(value: object) -> bool:
    # A whole number may be too large for a float, and a truth value is no number here.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


@cache
def _tones() -> Mapping[str, re.Pattern[str]]:
    table = tomllib.loads(files("learning").joinpath("persona.toml").read_text("utf-8"))
    return {
        tone: re.compile(
            "|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in each["phrases"]),
            re.IGNORECASE,
        )
        for tone, each in table.items()
    }
