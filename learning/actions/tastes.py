"""What a person likes of what they have done for them: values of parameters, at which hours.

Decides which values stand in for those that were not said. It works for any tool: songs have a
genre and a tempo, a new project a language and a theme. Refuses to know what the words mean, and
to draw conclusions about the person from them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from learning.actions.demands import properties
from learning.actions.fields import free, personal
from learning.confidence import SUGGEST, confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from learning.actions.contract import Acted

LEAST: Final = 4
"""Actions of a kind below which nothing is said about taste."""
_HALF_LIFE_DAYS: Final = 90.0
_LONGEST: Final = 40
"""Longer texts are what somebody had to say, not what they like."""
_MOST_DISTINCT: Final = 0.6
"""Share of different values from which a parameter is said anew each time."""
_CLEAR: Final = 0.6
"""Share of the weight from which a value counts as the usual one."""
_LIKED: Final = 4.0
_DISLIKED: Final = 2.0
_UNRATED: Final = 0.5
_TEMPO: Final = re.compile(r"(\d{2,3})(?: ?bpm)?", re.IGNORECASE)
_SAID_ANEW: Final = frozenset({
    "about", "amount", "approach", "assignee", "assignees", "at", "audience", "base", "bcc",
    "body", "branch", "cc", "channel", "content", "date", "description", "destination", "detail",
    "due", "email", "file", "group", "guests", "head", "id", "input", "invitees", "key", "labels",
    "lyrics", "message", "milestone", "name", "notes", "number", "owner", "page", "password",
    "path", "private", "project", "prompt", "public", "query", "recipient", "recipients", "repo",
    "repository", "review_id", "room", "run_id", "sha", "shared", "state", "status", "subject",
    "target", "task", "text", "thread", "time", "title", "to", "url", "user", "users", "value",
    "visibility", "when", "where", "why",
})  # fmt: skip
"""Parameters that say what is meant, for whom or who sees it: nobody else fills them in."""
_IN_A_WORD: Final = frozenset({"genre", "style", "mood", "language", "theme"})
"""Parameters whose values need no name beside them."""

Part = str
PARTS: Final[tuple[tuple[int, Part], ...]] = (
    (5, "night"),
    (12, "morning"),
    (17, "afternoon"),
    (22, "evening"),
    (24, "night"),
)


@dataclass(frozen=True, slots=True)
class Taste:
    """What a person usually has a parameter set to.

    Attributes:
        name: the parameter.
        value: the usual one; of numbers the weighted median.
        least, most: of numbers, between which nearly all lie.
        share: how much of the weight speaks for it.
        times: how often it was liked or taken.
        confidence: as ``learning.confidence`` has it.
        count: in how many actions it was so.
        part: the part of the day that it holds for; empty if it holds at any.
    """

    name: str
    value: Any
    share: float
    times: float
    confidence: float
    count: int = 0
    least: float | None = None
    most: float | None = None
    part: Part = ""

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
        if self.least is not None and self.most is not None and self.least != self.most:
            value += f" ({self.least:g} to {self.most:g})"
        when = f" in the {self.part}" if self.part and self.part != "night" else ""
        when = " at night" if self.part == "night" else when
        return f"{self.name}: {value}{when}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Parameters to stand in for those that were not said, and what they rest on."""

    params: Mapping[str, Any]
    because: tuple[Taste, ...]

    @property
    def confidence(self) -> float:
        """That of the least sure one; 0 if there is none."""
        return min((taste.confidence for taste in self.because), default=0.0)

    def __str__(self) -> str:
        if not self.because:
            return ""
        # Words before numbers: "hip-hop at 140 bpm".
        order = sorted(self.because, key=lambda t: (t.name not in _IN_A_WORD, t.name))
        said = [_said(taste) for taste in order if not _beside(taste)]
        said = [", ".join(said)] if said else []
        said += [f"at {taste.value} bpm" for taste in order if _beside(taste)]
        count = min(taste.count for taste in order)
        return f"{' '.join(said)}, as you like them (so in {count} of yours); say otherwise if not"


def part_of(at: datetime, zone: tzinfo) -> Part:
    """Return the part of the day that a time falls into."""
    hour = at.astimezone(zone).hour
    return next(name for end, name in PARTS if hour < end)


def tastes(log: Sequence[Acted], kind: str, now: datetime, zone: tzinfo) -> list[Taste]:
    """Return what a person's own actions of a kind say about their taste, the surest first.

    A like counts whole, a dislike against, what was neither liked nor disliked half, and each
    half as much after 90 days. What was done for nobody to like, because it failed, says nothing.
    """
    done = [each for each in log if each.kind == kind and each.success]
    if len(done) < LEAST:
        return []
    found: list[Taste] = []
    for name in _names(done):
        said = [(each, _plain(_value(each, name))) for each in done if _meant(each, name)]
        said = [(each, value) for each, value in said if value is not None]
        if len(said) < LEAST or _distinct(said):
            continue
        usual = _usual(name, said, now)
        if usual is not None:
            found.append(usual)
        found += _by_part(name, said, usual, now, zone)
    return sorted(found, key=lambda taste: (-taste.confidence, taste.name, taste.part))


def suggest(
    asked: Mapping[str, Any], known: Iterable[Taste], at: datetime, zone: tzinfo
) -> Suggestion:
    """Return the values to stand in for what was not said, of those that are sure enough."""
    part = part_of(at, zone)
    best: dict[str, Taste] = {}
    for taste in known:
        if (
            asked.get(taste.name) not in (None, "")
            or taste.confidence < SUGGEST
            or taste.part not in {"", part}
        ):
            continue
        held = best.get(taste.name)
        # What holds at this hour is nearer than what holds at any.
        if held is None or (not held.part and taste.part):
            best[taste.name] = taste
    return Suggestion({name: taste.value for name, taste in best.items()}, tuple(best.values()))


def fitting(
    known: Iterable[Taste], schema: Mapping[str, Any], said: Mapping[str, Any]
) -> list[Taste]:
    """Return the tastes that may stand in for what was not said to a tool.

    Those for parameters of its own, which it can do without, and that have a form and no words:
    what is meant, for whom, and who sees it is for the person to say each time.

    Args:
        known: tastes.
        schema: the tool's JSON Schema.
        said: what was said; empty texts are nothing said.
    """
    open_ = unsaid(schema, said)
    return [
        taste
        for taste in known
        if taste.name in open_
        and not free(taste.value)
        and not personal(taste.value)
        and taste.value in open_[taste.name].get("enum", [taste.value])
    ]


def unsaid(schema: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the parameters of a tool that a taste may stand in for, with their schemas."""
    required = schema.get("required") or ()
    return {
        name: rule
        for name, rule in properties(schema).items()
        if name not in required
        and name.casefold() not in _SAID_ANEW
        and said.get(name) in (None, "")
        and rule.get("type") not in {"array", "object"}
    }


def _usual(
    name: str, said: Sequence[tuple[Acted, Any]], now: datetime, part: Part = ""
) -> Taste | None:
    numbers = [
        (each, float(value))
        for each, value in said
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(numbers) == len(said):
        return _middle(name, numbers, now, part)
    weights: dict[Any, float] = defaultdict(float)
    times: dict[Any, float] = defaultdict(float)
    last: dict[Any, tuple[datetime, Any]] = {}
    for each, spelt in said:
        value = _folded(spelt)
        weights[value] += _weight(each, now)
        times[value] += max(0.0, _liking(each))
        if value not in last or last[value][0] < each.created_at:
            last[value] = (each.created_at, spelt)
    total = sum(abs(_weight(each, now)) for each, _ in said)
    value = max(weights, key=lambda one: (weights[one], str(one)))
    share = weights[value] / total if total else 0.0
    if share < _CLEAR:
        return None
    at, spelt = last[value]
    sure = _confidence(times[value], share, (now - at).total_seconds())
    count = sum(_folded(one) == value for _, one in said)
    return Taste(name, spelt, share, times[value], sure, count, part=part)


def _middle(
    name: str, said: Sequence[tuple[Acted, float]], now: datetime, part: Part
) -> Taste | None:
    liked = sorted((value, _weight(each, now)) for each, value in said if _liking(each) > 0)
    if not liked:
        return None
    total = sum(weight for _, weight in liked)
    against = sum(-_weight(each, now) for each, _ in said if _liking(each) < 0)
    value, least, most = (_quantile(liked, total * q) for q in (0.5, 0.1, 0.9))
    # What a person likes lies close together, or there is nothing to say about it.
    spread = (most - least) / max(abs(value), 1e-9)
    share = total / (total + against) * (1 - min(1.0, spread / 2))
    if share < _CLEAR:
        return None
    last = max(each.created_at for each, _ in said if _liking(each) > 0)
    times = sum(_liking(each) for each, _ in said if _liking(each) > 0)
    whole = all(value.is_integer() for value, _ in liked)
    sure = _confidence(times, share, (now - last).total_seconds())
    shown = int(value) if whole else value
    return Taste(name, shown, share, times, sure, len(liked), least, most, part=part)


def _by_part(
    name: str,
    said: Sequence[tuple[Acted, Any]],
    usual: Taste | None,
    now: datetime,
    zone: tzinfo,
) -> list[Taste]:
    found = []
    for part in dict.fromkeys(name for _, name in PARTS):
        here = [(each, value) for each, value in said if part_of(each.created_at, zone) == part]
        if len(here) < LEAST:
            continue
        taste = _usual(name, here, now, part)
        if taste is not None and (usual is None or taste.value != usual.value):
            found.append(taste)
    return found


def _confidence(times: float, share: float, seconds: float) -> float:
    return confidence(
        times_used=times,
        success_rate=share,
        days_since_used=seconds / 86_400,
        variance=4 * share * (1 - share),
    )


def _liking(each: Acted) -> float:
    if each.rating is None:
        return _UNRATED
    return 1.0 if each.rating >= _LIKED else -1.0 if each.rating <= _DISLIKED else _UNRATED


def _weight(each: Acted, now: datetime) -> float:
    days = max(0.0, (now - each.created_at).total_seconds() / 86_400)
    fresh: float = 0.5 ** (days / _HALF_LIFE_DAYS)
    return _liking(each) * fresh


def _names(done: Sequence[Acted]) -> list[str]:
    names: dict[str, None] = {}
    for each in done:
        names |= dict.fromkeys(each.params)
        names |= dict.fromkeys(each.result.get("data") or {})
    return sorted(names)


def _value(each: Acted, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a parameter was; what the tool made of it counts where nothing was said."""
    if name in each.params:
        return each.params[name]
    made = (each.result.get("data") or {}).get(name)
    return None if isinstance(made, bool) else made


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        word = value.strip()
        if tempo := _TEMPO.fullmatch(word):
            return int(tempo[1])
        return word if word and len(word) <= _LONGEST else None
    return value if isinstance(value, bool | int | float) else None


def _folded(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value.casefold() if isinstance(value, str) else value


def _beside(taste: Taste) -> bool:
    """Tell whether a taste is said after the others."""
    number = isinstance(taste.value, int | float) and not isinstance(taste.value, bool)
    return taste.name == "tempo" and number


def _said(taste: Taste) -> str:
    if taste.name in _IN_A_WORD and isinstance(taste.value, str):
        return taste.value
    value = (
        {True: "yes", False: "no"}[taste.value] if isinstance(taste.value, bool) else taste.value
    )
    return f"{taste.name.replace('_', ' ')}: {value}"


def _meant(each: Acted, name: str) -> bool:
    """Tell whether a value says anything of its person's taste.

    What only stood in for what was not said proves nothing, until somebody likes or dislikes it.
    """
    if not each.asked or name in each.asked or name in each.changed or name not in each.params:
        return True
    return each.rating is not None


def _distinct(said: Sequence[tuple[Acted, Any]]) -> bool:
    words = [value for _, value in said if isinstance(value, str)]
    several = len({word.casefold() for word in words})
    return len(words) == len(said) and several / len(words) > _MOST_DISTINCT


def _quantile(values: Sequence[tuple[float, float]], wanted: float) -> float:
    seen = 0.0
    for value, weight in values:
        seen += weight
        if seen >= wanted:
            return value
    return values[-1][0]
