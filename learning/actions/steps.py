"""What can be done to one value so that a tool takes it.

Decides which small changes lead from one value to another (a cast, a limit, a factor, another
date format, a prefix …) and makes them. Refuses to know of parameters and of calls.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from learning.actions.fields import free, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Step = tuple[str, Any]
"""What is done, and with what: ``("max", 240)``."""

CANNOT: Final[Any] = type("_Cannot", (), {"__repr__": lambda _: "CANNOT"})()
"""What comes of a step that does not fit the value."""

FITTED: Final = frozenset({"max", "min", "most", "set", "prefix", "suffix"})
"""Steps with a figure that can always be made to fit one call."""
FACTORS: Final = (1000, 60, 3600, 60_000, 1_000_000, 100, 1024, 86_400, 24, 7)
DATES: Final[Mapping[str, str]] = {
    "date": "%Y-%m-%d",
    "time": "%Y-%m-%dT%H:%M:%SZ",
    "offset": "%Y-%m-%dT%H:%M:%S+00:00",
    "minute": "%Y-%m-%d %H:%M",
    "second": "%Y-%m-%d %H:%M:%S",
    "slashes": "%Y/%m/%d",
    "compact": "%Y%m%d",
    "dotted": "%d.%m.%Y",
    "american": "%m/%d/%Y",
    "european": "%d/%m/%Y",
}
_EPOCHS: Final[Mapping[str, int]] = {"seconds": 1, "milliseconds": 1000}
_BETWEEN: Final = (" ", "-", "_", "/", ".", ":", "+")
_MARKS: Final = (",", ", ", " ", ";", "|")
_PLAIN: Final[Mapping[type, tuple[str, ...]]] = {
    str: ("number", "truth", "list", "json", "lower", "upper", "strip", "slug"),
    int: ("text", "list", "truth"), float: ("text", "list", "whole"),
    bool: ("text", "number", "list"), list: ("first", "json"), dict: ("json", "list"),
}  # fmt: skip
"""What needs no figure, by what it is done to."""
_MAKES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float), "text": (str,), "truth": (bool,), "list": (list,), "whole": (int,),
    "lower": (str,), "upper": (str,), "strip": (str,), "slug": (str,),
}  # fmt: skip
"""What comes of some, so that nothing else is looked for."""
_YES: Final[Mapping[str, bool]] = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_DATED: Final = re.compile(r"\d[\dTZ:./+ -]{5,}$")
_EARLIEST, _LATEST = 300_000_000, 5_000_000_000
_MOST_FIX: Final = 40
_TELLING, _FITTING, _BESIDE = 0.65, 0.62, 0.1
_WORDS_KEPT: Final = frozenset({"most", "strip", "text", "list", "first"})
"""What may be done to somebody's own words."""
LOSSY: Final = frozenset({"max", "min", "most", "set", "drop", "whole", "first", "part"})
"""Steps after which one cannot tell what was asked for."""

LIKELY: Final[Mapping[str, float]] = {
    "number": 0.9, "text": 0.85, "truth": 0.9, "list": 0.9, "first": 0.7, "split": 0.85,
    "join": 0.85, "json": 0.8, "whole": 0.8, "scale": 0.85, "date": 0.9, "lower": 0.85,
    "upper": 0.85, "strip": 0.9, "slug": 0.7, "between": 0.75, "prefix": 0.7, "unprefix": 0.7,
    "suffix": 0.65, "unsuffix": 0.6, "part": 0.6, "max": 0.6, "min": 0.55, "most": 0.75, "set": 0.4,
}  # fmt: skip
"""How likely each is to be the reason for a change that it explains."""


def do(value: Any, steps: tuple[Step, ...], *, copied: bool = False) -> Any:  # noqa: ANN401
    """Return what comes of a value, or ``CANNOT``.

    Args:
        value: JSON of any shape.
        steps: what to do, in order.
        copied: it stays where it was, so that somebody's own words may be changed, too.
    """
    for name, figure in steps:
        if name not in _DO or (free(value) and not copied and name not in _WORDS_KEPT):
            return CANNOT
        try:
            value = _DO[name](value, figure)
        except (ValueError, TypeError, OverflowError, KeyError, IndexError, OSError):
            return CANNOT
        if value is CANNOT:
            return CANNOT
    return value


def between(
    before: Any,  # noqa: ANN401 - JSON of any shape
    after: Any,  # noqa: ANN401 - as above
    *,
    copied: bool = False,
) -> Iterator[tuple[tuple[Step, ...], float]]:
    """Yield the ways from one value to another with how likely each is, likeliest first.

    What is merely put in its place comes last.
    """
    found: dict[str, tuple[tuple[Step, ...], float]] = {}
    related = _related(before, after)
    for step in _single(before, after, copied) if related else ():
        found.setdefault(repr(step), ((step,), LIKELY[step[0]]))
    if not found and related and not isinstance(after, bool | dict):
        for first in (("number", None), ("strip", None), ("lower", None), ("slug", None),
                      ("split", ","), ("list", None), ("whole", None), ("text", None)):  # fmt: skip
            halfway = do(before, (first,), copied=copied)
            if halfway is CANNOT or same(halfway, before):
                continue
            for step in _single(halfway, after, copied):
                likely = LIKELY[first[0]] * LIKELY[step[0]]
                found.setdefault(repr((first, step)), ((first, step), likely))
    if not free(before):
        found["set"] = ((("set", after),), LIKELY["set"])
    ways = sorted(found.values(), key=lambda way: -way[1])
    telling = bool(ways) and ways[0][1] >= _TELLING
    # What is seldom a coincidence leaves little to what always fits.
    yield from (
        (steps, likely * (_BESIDE if telling and likely < _FITTING else 1.0))
        for steps, likely in ways
    )


def _related(before: Any, after: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether one value may come of the other at all: no step writes other letters."""
    if not isinstance(before, str | int | float) or not isinstance(after, str):
        return True
    one, other = _bare(str(before)), _bare(after)
    dated = bool(_DATED.match(str(before)) and _DATED.match(after))
    return one in other or other in one or dated


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _single(before: Any, after: Any, copied: bool) -> Iterator[Step]:  # noqa: ANN401
    for step in _thinkable(before, after):
        if same(do(before, (step,), copied=copied), after):
            yield step


def _thinkable(before: Any, after: Any) -> Iterator[Step]:  # noqa: ANN401 - JSON of any shape
    makes = type(after)
    yield from ((n, None) for n in _PLAIN.get(type(before), ()) if makes in _MAKES.get(n, (makes,)))
    if isinstance(before, str) and isinstance(after, list):
        yield from (("split", mark) for mark in _MARKS if mark in before)
    if isinstance(before, list) and isinstance(after, str):
        yield from (("join", mark) for mark in _MARKS)
    if _is_number(before) and _is_number(after):
        yield from (("scale", by) for factor in FACTORS for by in (factor, 1 / factor))
        yield ("max" if after < before else "min", after)
    if isinstance(before, str | list) and type(before) is type(after) and after:
        yield ("most", len(after))
    if isinstance(before, str) and isinstance(after, str):
        yield from _worded(before, after)
    if isinstance(before, str | int) and isinstance(after, str | int):
        read = _dated(before)
        yield from (
            ("date", [source, to]) for to in (_dated(after) if read else ()) for source in read
        )


def _worded(before: str, after: str) -> Iterator[Step]:
    if before and 0 < len(after) - len(before) <= _MOST_FIX:
        if after.endswith(before):
            yield ("prefix", after[: len(after) - len(before)])
        if after.startswith(before):
            yield ("suffix", after[len(before) :])
    if after and 0 < len(before) - len(after) <= _MOST_FIX:
        if before.endswith(after):
            yield ("unprefix", before[: len(before) - len(after)])
        if before.startswith(after):
            yield ("unsuffix", before[len(after) :])
    for old in _BETWEEN:
        if old in before and (old not in after or len(after) < len(before)):
            yield from (("between", [old, new]) for new in (*_BETWEEN, "") if new in after)
            if old != " ":
                yield from (("part", [old, place]) for place in (-1, 0, 1))


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tidy(number: float) -> float:
    rounded = round(number, 9)
    return int(rounded) if float(rounded).is_integer() else rounded


def _need(value: Any, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401 - JSON of any shape
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(type(value))
    return value


def _to_number(value: Any, _: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, bool):
        return int(value)
    number = float(_need(value, str).strip())
    return _tidy(number) if math.isfinite(number) else CANNOT


def _to_text(value: Any, _: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, bool):
        return str(value).lower()
    return str(_need(value, (int, float, str)))


def _json(value: Any, _: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    return json.loads(value) if isinstance(value, str) else json.dumps(_need(value, (dict, list)))


def _slug(value: Any, _: Any) -> str:  # noqa: ANN401 - JSON of any shape
    return re.sub(r"[^a-z0-9]+", "-", _need(value, str).casefold()).strip("-")


def _unprefix(value: Any, figure: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return _need(value, str).removeprefix(figure)


def _prefix(value: Any, figure: str) -> str:  # noqa: ANN401 - JSON of any shape
    text: str = _need(value, str)
    return text if text.startswith(figure) else figure + text


def _suffix(value: Any, figure: str) -> str:  # noqa: ANN401 - JSON of any shape
    text: str = _need(value, str)
    return text if text.endswith(figure) else text + figure


def _part(value: Any, figure: list[Any]) -> Any:  # noqa: ANN401 - JSON of any shape
    mark, place = figure
    parts = _need(value, str).split(mark)
    return parts[place] if len(parts) > 1 else value


def _cut(value: Any, figure: int) -> Any:  # noqa: ANN401 - JSON of any shape
    return _need(value, (str, list))[:figure]


def _first(value: Any, _: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    return value[0] if isinstance(value, list) else value


def _date(value: Any, figure: list[str]) -> Any:  # noqa: ANN401 - JSON of any shape
    source, to = figure
    if isinstance(value, bool):
        return CANNOT
    if _read(value, to) is not None:
        return value
    forms = [source, *(form for form in _dated(value) if form != source)]
    moment = next((found for form in forms if (found := _read(value, form))), None)
    if moment is None:
        return CANNOT
    if to in _EPOCHS:
        return int(moment.timestamp()) * _EPOCHS[to]
    return moment.strftime(DATES[to])


def _read(value: Any, form: str) -> datetime | None:  # noqa: ANN401 - JSON of any shape
    with suppress(ValueError, OverflowError, OSError):
        if form in _EPOCHS:
            seconds = value / _EPOCHS[form] if _is_number(value) else -1
            known = _EARLIEST <= seconds <= _LATEST
            return datetime.fromtimestamp(seconds, UTC) if known else None
        if isinstance(value, str) and _shape(form).fullmatch(value):
            return datetime.strptime(value, DATES[form]).replace(tzinfo=UTC)
    return None


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return what a date in a form looks like: reading one in earnest is slow."""
    digits = {"%Y": r"\d{4}"}
    parts = re.split(r"(%[a-zA-Z])", DATES[form])
    return re.compile(
        "".join(digits.get(p, r"\d{1,2}") if p[:1] == "%" else re.escape(p) for p in parts)
    )


def _dated(value: Any) -> list[str]:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, str) and not _DATED.match(value):
        return []
    return [form for form in _forms() if _read(value, form) is not None]


def _forms() -> tuple[str, ...]:
    return (*DATES, *_EPOCHS)


_DO: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "number": _to_number,
    "text": _to_text,
    "truth": lambda value, _: _YES[str(_need(value, (str, int))).casefold()],
    "list": lambda value, _: value if isinstance(value, list) else [value],
    "first": _first,
    "split": lambda value, mark: [
        part.strip() for part in _need(value, str).split(mark.strip() or " ")
    ],
    "join": lambda value, mark: mark.join(_need(each, str) for each in _need(value, list)),
    "json": _json,
    "whole": lambda value, _: round(_need(value, (int, float))),
    "scale": lambda value, by: _tidy(_need(value, (int, float)) * by),
    "max": lambda value, most: min(_need(value, (int, float)), most),
    "min": lambda value, least: max(_need(value, (int, float)), least),
    "most": _cut,
    "lower": lambda value, _: _need(value, str).lower(),
    "upper": lambda value, _: _need(value, str).upper(),
    "strip": lambda value, _: _need(value, str).strip(),
    "slug": _slug,
    "between": lambda value, marks: _need(value, str).replace(*marks),
    "prefix": _prefix,
    "suffix": _suffix,
    "unprefix": _unprefix,
    "unsuffix": lambda value, end: _need(value, str).removesuffix(end),
    "part": _part,
    "date": _date,
    "set": lambda _, constant: constant,
}


def dates_from(value: Any, to: str) -> list[Step]:  # noqa: ANN401 - JSON of any shape
    """Return the steps that write a date in another form, for every way of reading it."""
    return [("date", [source, to]) for source in _dated(value) if source != to]
