"""What a failure says of the parameters, in so many words.

Decides which change a message asks for: another value, a limit, a type, a name. It reads the
bodies that GitHub, Slack, FastAPI and JSON Schema validators send as well as plain sentences.
Refuses to know whether it helps: a message is written by others, so what it says is offered.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from learning.actions.demands import cast, properties
from learning.actions.fields import MISSING, flat, free, get, same
from learning.actions.lessons import Lesson, When
from learning.actions.steps import dates_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from learning.actions.steps import Step

MOST_READ: Final = 4000
_MOST_STATEMENTS: Final = 12
_MOST_CHOICES: Final = 4
_CLEAR, _CLOSE, _ANY = 0.65, 0.55, 0.42
_ALIKE: Final = 0.6
_NAMES: Final = (
    "field",
    "param",
    "parameter",
    "loc",
    "path",
    "pointer",
    "property",
    "instancePath",
)
_SAYS: Final = ("message", "msg", "detail", "code", "reason", "error", "description", "title")
_POINTER: Final = re.compile(r"\[json-pointer:/?([^\]]+)\]")
_QUOTED: Final = re.compile(r"""['"`“]([^'"`”]{1,40})['"`”]|([\w.+-]+)""")
_JOINING: Final = frozenset({"or", "and"})
_DATES: Final = (
    (("8601", "3339", "datetime"), ("time", "date")),
    (("yyyy-mm-dd",), ("date",)),
    (("dd.mm.yyyy",), ("dotted",)),
    (("mm/dd/yyyy",), ("american",)),
    (("yyyymmdd",), ("compact",)),
    (("milliseconds",), ("milliseconds",)),
    (("unix", "epoch"), ("seconds",)),
)
_UNITS: Final[Mapping[str, float]] = {"milliseconds": 1000, "seconds": 0.001}
_KINDS: Final[Mapping[str, str]] = {
    "int": "integer", "float": "number", "str": "string", "bool": "boolean", "list": "array",
    "dictionary": "object", "dict": "object",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hint:
    """A change that a message asks for, and how clearly, in [0, 1]."""

    lesson: Lesson
    clear: float


def hints(text: str, params: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Hint, ...]:
    """Return what a failure asks for, in the order in which it says it."""
    names = list(dict.fromkeys((*flat(params), *params, *properties(schema))))
    found: list[Hint] = []
    about = ""
    for field, said in _statements(text[:MOST_READ]):
        about = _field(field, said, names) or about  # "Did you mean …?" goes on
        found += list(_read(about, said, params, schema))
    return _distinct(found)


def _distinct(found: Sequence[Hint]) -> tuple[Hint, ...]:
    kept: dict[str, Hint] = {}
    for hint in found:
        kept.setdefault(json.dumps(hint.lesson.as_data(), default=str), hint)
    return tuple(kept.values())


def _statements(text: str) -> list[tuple[str, str]]:
    """Return what is said, piece by piece, each with the parameter it names as its own."""
    with suppress(ValueError):
        body = json.loads(text[text.index("{") : text.rindex("}") + 1])
        found = list(_in_body(body, ""))
        if found:
            return found[:_MOST_STATEMENTS]
    pieces = re.split(r"(?<=[.;!?])\s+|\n+", text)
    return [_pointed("", piece) for piece in pieces if piece.strip()][:_MOST_STATEMENTS]


def _in_body(body: Any, within: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON of any shape
    if isinstance(body, list):
        for each in body:
            yield from _in_body(each, within)
    elif isinstance(body, str):
        yield _pointed(within, body)
    elif isinstance(body, dict):
        place = next((body[name] for name in _NAMES if body.get(name)), within)
        field = _path(place)
        words = [body[name] for name in _SAYS if isinstance(body.get(name), str)]
        if words:
            yield _pointed(field, " ".join(words))
        for name, inner in body.items():
            if isinstance(inner, dict) or (isinstance(inner, list) and name not in _NAMES):
                known = name in {"errors", "detail", "details", "error", "messages", "issues",
                                 "response_metadata", "violations"}  # fmt: skip
                yield from _in_body(inner, field if known else name)


def _path(place: Any) -> str:  # noqa: ANN401 - JSON of any shape
    if isinstance(place, list):
        return ".".join(str(each) for each in place if each not in {"body", "query", "path"})
    return str(place).strip("/#").replace("/", ".")


def _pointed(field: str, said: str) -> tuple[str, str]:
    pointed = _POINTER.search(said)
    return (_path(pointed[1]) if pointed else field), _POINTER.sub("", said)


def _field(field: str, said: str, names: Sequence[str]) -> str:
    """Return which parameter a statement is about; empty if it names none."""
    if field:
        return next((name for name in names if name == field or field.endswith("." + name)), field)
    places = {
        name: found.start()
        for name in names
        if (found := re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", said, re.IGNORECASE))
    }
    quoted = {n: p for n, p in places.items() if p and said[p - 1] in "'\"`“"}
    among = quoted or places
    if among:
        return min(among, key=lambda name: (among[name], -len(name)))
    required = re.search(
        r"(?:required|missing)(?: required)? (?:field|parameter|property|argument)s?:? "
        r"['\"`“]?([A-Za-z_][\w.]*)", said, re.IGNORECASE)  # fmt: skip
    return required[1] if required else ""


def _read(
    field: str, said: str, params: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[Hint]:
    if not field:
        return
    for does, pattern in _patterns():
        for match in pattern.finditer(said):
            found = list(_asked_for(does, match.groupdict(), field, params, schema))
            yield from found
            if found:
                return


def _asked_for(
    does: str,
    said: Mapping[str, str | None],
    field: str,
    params: Mapping[str, Any],
    schema: Mapping[str, Any],
) -> Iterator[Hint]:
    """Yield the changes that one pattern stands for, if they would change the call."""
    value = get(params, field)
    for lesson, clear in _changes(does, said, field, value, params, schema):
        if not same(lesson.value(params), get(params, lesson.field)):
            yield Hint(lesson, clear)


def _changes(
    does: str,
    said: Mapping[str, str | None],
    field: str,
    value: Any,  # noqa: ANN401 - JSON of any shape
    params: Mapping[str, Any],
    schema: Mapping[str, Any],
) -> Iterator[tuple[Lesson, float]]:
    figure, kind = said.get("figure") or "", (said.get("kind") or "").casefold()
    if does == "require":
        yield from _required(field, value, schema)
    elif value is MISSING:
        return
    elif does == "rename":
        yield from _named(field, said.get("name") or "", value, params, schema)
    elif does == "drop":
        yield Lesson(field, drop=True), _CLOSE
    elif does == "choose":
        yield from _chosen(field, value, said.get("choices") or "")
    elif does == "date":
        yield from _dated(field, value, kind)
    elif does == "cast":
        lesson = cast(field, value, {"type": _KINDS.get(kind, kind)})
        if lesson is not None:
            yield lesson, _CLEAR
    else:
        yield Lesson(field, steps=(_step(does, figure),)), _CLEAR if does not in _UNITS else _CLOSE


def _step(does: str, figure: str) -> Step:
    """Return the step that a pattern without further choice stands for."""
    if does in _UNITS:
        return ("scale", _UNITS[does])
    if does == "most":
        return (does, int(figure))
    if does in {"max", "min"}:
        number = float(figure)
        return (does, int(number) if number.is_integer() else number)
    return (does, figure or None)


def _dated(field: str, value: Any, kind: str) -> Iterator[tuple[Lesson, float]]:  # noqa: ANN401
    for form in next((forms for words, forms in _DATES if any(w in kind for w in words)), ()):
        for step in dates_from(value, form)[:2]:
            yield Lesson(field, steps=(step,)), _CLEAR if form != "date" else _CLOSE


def _required(
    field: str,
    value: Any,  # noqa: ANN401 - JSON of any shape
    schema: Mapping[str, Any],
) -> Iterator[tuple[Lesson, float]]:
    rule = properties(schema).get(field, {})
    if value is not MISSING:
        return
    when = (When(field, "absent"),)
    choices = rule.get("enum")
    for key in ("default", "const"):
        if key in rule:
            yield Lesson(field, steps=(("set", rule[key]),), when=when), _CLEAR
            return
    for choice in (choices if isinstance(choices, list) else [])[:_MOST_CHOICES]:
        yield Lesson(field, steps=(("set", choice),), when=when), _ANY


def _named(
    field: str,
    name: str,
    value: Any,  # noqa: ANN401 - JSON of any shape
    params: Mapping[str, Any],
    schema: Mapping[str, Any],
) -> Iterator[tuple[Lesson, float]]:
    known = name in properties(schema)
    if name and name != field and name not in params and (known or "_" in name or not free(value)):
        choices = properties(schema).get(field, {}).get("enum")
        if field in properties(schema) and (isinstance(choices, list) or not known):
            yield Lesson(field, steps=(("set", name),), when=(When(field, "is", value),)), _CLOSE
        else:
            yield Lesson(name, field, moved=True), _CLEAR


def _chosen(field: str, value: Any, choices: str) -> Iterator[tuple[Lesson, float]]:  # noqa: ANN401
    found = [a or b for a, b in _QUOTED.findall(choices)]
    options = [each for each in found if each not in _JOINING]
    if not isinstance(value, str | int | float | bool) or value in options or len(found) < 1:
        return
    folded = {each.casefold(): each for each in reversed(options)}
    near = difflib.get_close_matches(str(value).casefold(), list(folded), 1, _ALIKE)
    order = [folded[each] for each in near] + options
    for place, option in enumerate(list(dict.fromkeys(order))[:_MOST_CHOICES]):
        clear = _CLEAR if option.casefold() == str(value).casefold() else _CLOSE
        sure = clear if near and place == 0 else _CLOSE if len(options) == 1 else _ANY
        yield Lesson(field, steps=(("set", option),), when=(When(field, "is", value),)), sure


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the patterns of ``hints.toml``, in their order."""
    text = files(__package__).joinpath("hints.toml").read_text(encoding="utf-8")
    return tuple(
        (hint["does"], re.compile(says, re.IGNORECASE))
        for hint in tomllib.loads(text)["hint"]
        for says in hint["says"]
    )
