"""What a tool's schema demands of its parameters, and a call lacks.

Decides which values the schema settles by itself: a cast, a default, a limit, another spelling.
Refuses to know what the tool does with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from learning.actions.fields import MISSING, free, get
from learning.actions.lessons import Lesson, When
from learning.actions.steps import CANNOT, do

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
    "object": dict, "null": type(None),
}  # fmt: skip
_CASTS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("text",), "integer": ("number", "whole"), "number": ("number",),
    "boolean": ("truth",), "array": ("list",), "object": ("json",),
}  # fmt: skip


def demanded(params: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[Lesson, str]]:
    """Yield what would have to change, with why, in the order of the schema."""
    known = properties(schema)
    required = schema.get("required")
    for name, rule in known.items():
        value = get(params, name)
        if value is MISSING:
            if isinstance(required, list) and name in required:
                yield from _filled(name, rule)
        elif (lesson := cast(name, value, rule)) is not None:
            yield lesson, "its schema says of what type it is"
        else:
            yield from _within(name, value, rule)
    if schema.get("additionalProperties") is False:
        yield from _respelt(params, known)


def properties(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the schema's parameters; what is no schema has none."""
    found = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    return {str(name): rule for name, rule in found.items() if isinstance(rule, dict)}


def fits(value: Any, rule: Mapping[str, Any]) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether a value is of a type that the schema of its parameter allows."""
    wanted = rule.get("type")
    kinds = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    return not kinds or any(_is(value, kind) for kind in kinds if kind in _TYPES)


def cast(name: str, value: Any, rule: Mapping[str, Any]) -> Lesson | None:  # noqa: ANN401
    """Return how a value of another type becomes one of the type that is wanted."""
    wanted = rule.get("type")
    kinds = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    kinds = [kind for kind in kinds if kind in _TYPES]
    if not kinds or any(_is(value, kind) for kind in kinds):
        return None
    for kind in kinds:
        for step in _CASTS.get(kind, ()):
            if _is(do(value, ((step, None),)), kind):
                return Lesson(name, steps=((step, None),))
    return None


def _is(value: Any, kind: str) -> bool:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return value is not CANNOT and isinstance(value, _TYPES[kind])


def _filled(name: str, rule: Mapping[str, Any]) -> Iterator[tuple[Lesson, str]]:
    choices = rule.get("enum")
    only = choices if isinstance(choices, list) and len(choices) == 1 else []
    for constant in [rule[key] for key in ("default", "const") if key in rule] + only:
        when = (When(name, "absent"),)
        yield Lesson(name, steps=(("set", constant),), when=when), "its schema requires it"
        return


def _within(name: str, value: Any, rule: Mapping[str, Any]) -> Iterator[tuple[Lesson, str]]:  # noqa: ANN401
    choices = rule.get("enum")
    if isinstance(choices, list) and isinstance(value, str) and value not in choices:
        alike = [each for each in choices if _plain(str(each)) == _plain(value)]
        if len(alike) == 1 and not free(value):
            when = (When(name, "is", value),)
            yield Lesson(name, steps=(("set", alike[0]),), when=when), "its schema spells it so"
    if isinstance(value, int | float) and not isinstance(value, bool):
        most, least = rule.get("maximum"), rule.get("minimum")
        if isinstance(most, int | float) and value > most:
            yield Lesson(name, steps=(("max", most),)), "its schema allows no more"
        elif isinstance(least, int | float) and value < least:
            yield Lesson(name, steps=(("min", least),)), "its schema allows no less"


def _respelt(params: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[Lesson, str]]:
    for name in params:
        alike = [other for other in known if _plain(other) == _plain(name) and other not in params]
        if name not in known and len(alike) == 1:
            yield Lesson(alike[0], name, moved=True), "its schema spells the name so"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
