"""What was different between a call that failed and one that worked, so that it carries over.

Decides which small rule explains a changed parameter (another name, a limit, a factor, a format, a
constant, a copy of another parameter), and applies such rules to other calls. Refuses to know
which of them is to be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from learning.actions.fields import MISSING, flat, free, get, one_of_few, put, same
from learning.actions.steps import CANNOT, LOSSY, Step, between, do

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_LESSONS: Final = 8
"""More differences than this are another call, not a mended one."""
_SHORTEST_COPY: Final = 3
_TELLING, _BESIDE = 0.35, 0.1
_RENAMED, _DERIVED, _COPIED, _ADDED, _DROPPED = 0.9, 0.6, 0.5, 0.4, 0.5

Test = Literal["present", "absent", "is", "over", "under"]


@dataclass(frozen=True, slots=True)
class When:
    """What must hold of the parameters as they were asked for."""

    field: str
    test: Test
    value: Any = None

    def holds(self, params: Mapping[str, Any]) -> bool:
        """Tell whether it does."""
        found = get(params, self.field)
        if self.test in {"present", "absent"}:
            return (found is MISSING) == (self.test == "absent")
        if self.test == "is":
            return same(found, self.value)
        if isinstance(found, bool) or not isinstance(found, int | float):
            return False
        return bool(found > self.value if self.test == "over" else found < self.value)

    def __str__(self) -> str:
        if self.test in {"present", "absent"}:
            return f"with {self.field}" if self.test == "present" else f"without {self.field}"
        return f"where {self.field} is {'' if self.test == 'is' else self.test + ' '}{self.value}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One rule for one parameter.

    Attributes:
        field: the parameter that is sent, by its path.
        source: the parameter whose value is taken; the same one if empty.
        steps: what is done to that value; ``set`` needs none.
        drop: the parameter is not sent.
        moved: the source is no longer sent under its own name.
        when: what must hold, all of it.
    """

    field: str
    source: str = ""
    steps: tuple[Step, ...] = ()
    drop: bool = False
    moved: bool = False
    when: tuple[When, ...] = ()

    @property
    def op(self) -> str:
        """What sort of change it is, in one word."""
        if self.drop:
            return "drop"
        if self.moved:
            return "rename"
        return "copy" if self.source and not self.constant else self.steps[-1][0]

    @property
    def constant(self) -> bool:
        """Whether it puts a value there that does not depend on what was asked."""
        return bool(self.steps) and self.steps[0][0] == "set"

    @property
    def lossy(self) -> bool:
        """Whether something of what was asked is lost by it."""
        added = any(when.test == "absent" and when.field == self.field for when in self.when)
        return self.drop or (not added and any(name in LOSSY for name, _ in self.steps))

    def holds(self, params: Mapping[str, Any]) -> bool:
        """Tell whether it is about such a call."""
        return all(when.holds(params) for when in self.when)

    def value(self, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any shape
        """Return what it would send; what stands there already where it does not apply."""
        now = get(params, self.field)
        if not self.holds(params):
            return now
        if self.drop:
            return now if free(now) else MISSING
        taken = get(params, self.source or self.field)
        if self.constant:
            return now if free(now) else self.steps[0][1]
        if taken is MISSING or (self.source and not self.moved and now is not MISSING):
            return now
        made = do(taken, self.steps, copied=bool(self.source) and not self.moved)
        return now if made is CANNOT else made

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        when = [[each.field, each.test, each.value] for each in self.when]
        data = {"op": self.op, "field": self.field, "source": self.source,
                "steps": [list(step) for step in self.steps], "drop": self.drop,
                "moved": self.moved, "when": when}  # fmt: skip
        return {name: value for name, value in data.items() if value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Lesson:
        """Return what was kept as JSON.

        Raises:
            ValueError: if it is no lesson.
        """
        try:
            return cls(
                str(data["field"]),
                str(data.get("source", "")),
                tuple((str(name), figure) for name, figure in data.get("steps", ())),
                bool(data.get("drop")),
                bool(data.get("moved")),
                tuple(When(*when) for when in data.get("when", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("This is no lesson.") from error

    def __str__(self) -> str:
        return self.said() + "".join(f", {when}" for when in self.when)

    def said(self) -> str:
        """Return what it changes, in words, whatever it holds for."""
        if self.drop:
            return f"leave out {self.field}"
        how = ", then ".join(_SAID[name].format(figure) for name, figure in self.steps)
        if self.constant:
            value = self.steps[0][1]
            return f"{self.field}: {str(value).lower() if isinstance(value, bool) else value}"
        if self.moved:
            return f"{self.field} instead of {self.source}" + (f", {how}" if how else "")
        if self.source:
            return f"{self.field} from {self.source}" + (f", {how}" if how else "")
        return f"{self.field}: {how}"


def lessons(failed: Mapping[str, Any], worked: Mapping[str, Any]) -> tuple[Lesson, ...]:
    """Return the likeliest reasons for what changed; nothing if the calls have little in common.

    ``apply(lessons(failed, worked), failed)`` gives ``worked``, unless what changed is somebody's
    own words.
    """
    found = [
        ways[0][0]
        for field in changed(failed, worked)
        if (ways := explained(field, failed, worked))
    ]
    moved = {lesson.source for lesson in found if lesson.moved}
    kept = [lesson for lesson in found if not (lesson.drop and lesson.field in moved)]
    return tuple(kept) if len(kept) <= MOST_LESSONS else ()


def apply(found: Sequence[Lesson], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with every lesson applied to what was there before all of them."""
    made = dict(params)
    for lesson in found:
        value = lesson.value(params)
        if not same(value, get(params, lesson.field)):
            made = put(made, lesson.field, value)
        if lesson.moved and lesson.holds(params):
            made = put(made, lesson.source, MISSING)
    return made


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the paths at which two calls differ, in order."""
    if before is after:
        return []
    one, other = flat(before), flat(after)
    if one == other and all(type(other[name]) is type(value) for name, value in one.items()):
        return []  # as nearly always
    return [
        path
        for path in dict.fromkeys((*one, *other))
        if not same(one.get(path, MISSING), other.get(path, MISSING))
    ]


def explained(
    field: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[Lesson, float]]:
    """Return what may explain a changed parameter, with how likely it is, likeliest first."""
    ways = sorted(_ways(field, before, after), key=lambda way: -way[1])
    if not ways or ways[0][0].constant or ways[0][1] < _TELLING:
        return ways
    # A value that another parameter explains is hardly a constant.
    return [(way, likely * (_BESIDE if way.constant and get(before, field) is MISSING else 1.0))
            for way, likely in ways]  # fmt: skip


def _ways(
    field: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[Lesson, float]]:
    was, now = get(before, field), get(after, field)
    if now is MISSING:
        yield Lesson(field, drop=True), _DROPPED
    elif was is not MISSING:
        for steps, likely in between(was, now):
            if steps[0][0] != "set":
                yield Lesson(field, steps=steps), likely
                continue
            if one_of_few(was):
                yield Lesson(field, steps=steps, when=(When(field, "is", was),)), likely * 1.1
            yield Lesson(field, steps=steps, when=(When(field, "present"),)), likely / 2
    else:
        for other, value in flat(before).items():
            gone = get(after, other) is MISSING
            yield from _taken(field, other, value, now, moved=gone)
        if not free(now):
            yield Lesson(field, steps=(("set", now),), when=(When(field, "absent"),)), _ADDED


def _taken(
    field: str,
    other: str,
    value: Any,  # noqa: ANN401 - JSON of any shape
    now: Any,  # noqa: ANN401 - as above
    *,
    moved: bool,
) -> Iterator[tuple[Lesson, float]]:
    """Yield how a new parameter's value may come from another's."""
    telling = isinstance(value, str | list) and len(value) >= _SHORTEST_COPY
    if same(value, now) and (moved or telling):
        yield Lesson(field, other, moved=moved), _RENAMED if moved else _COPIED
    elif moved or telling:
        for steps, likely in between(value, now, copied=not moved):
            if steps[-1][0] == "set" or (not moved and steps[-1][0] in {"max", "min", "most"}):
                continue
            yield Lesson(field, other, steps, moved=moved), _DERIVED * likely


_SAID: Final[Mapping[str, str]] = {
    "set": "{}", "max": "at most {}", "min": "at least {}", "most": "no longer than {}",
    "scale": "times {}", "number": "as a number", "text": "as text", "truth": "as true or false",
    "list": "as a list", "first": "not as a list", "split": "split at “{}”",
    "join": "joined with “{}”", "json": "as JSON", "whole": "rounded", "lower": "in lower case",
    "upper": "in upper case", "strip": "without space around it", "slug": "as a slug",
    "between": "with {0[1]!r} for {0[0]!r}", "prefix": "beginning with {}",
    "unprefix": "without {} before it", "suffix": "ending in {}",
    "unsuffix": "without {} at its end",
    "part": "only its part between “{0[0]}”", "date": "written as {0[1]}",
}  # fmt: skip
