"""Parameters as names and values: nested ones by a dotted path.

Decides how a parameter is found, set and left out without touching the rest, and what kind of
value stands in it: words of a person, something personal, one of a few. Refuses to know what
happens to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING: Final[Any] = type("_Missing", (), {"__repr__": lambda _: "MISSING"})()
"""What stands where there is no parameter; ``None`` is a value."""

_MOST_CHARS: Final = 40
_MOST_WORDS: Final = 2
_MOST_DEPTH: Final = 4
_PERSONAL: Final = re.compile(
    r"@|^https?://|\b[0-9a-f]{8}-[0-9a-f]{4}-|^[UWCDGT][A-Z0-9]{8,}$|^<[@#!]|\+?\d[\d ()/-]{6,}\d"
    r"|^(?=\S*\d)(?=\S*[a-zA-Z])[\w-]{20,}$"
)
_ONE_OF_FEW: Final = re.compile(r"^[A-Za-z][\w.+:/-]{0,29}$")


def flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter by its path; what has a dot in its name stays whole."""
    if not any(isinstance(value, dict) for value in params.values()):
        return dict(params)
    found: dict[str, Any] = {}
    _flatten(params, "", 0, found)
    return found


def _flatten(inside: Mapping[str, Any], before: str, depth: int, found: dict[str, Any]) -> None:
    for name, value in inside.items():
        path = f"{before}{name}"
        deep = isinstance(value, dict) and bool(value) and depth < _MOST_DEPTH
        if deep and not any("." in str(key) for key in (name, *value)):
            _flatten(value, f"{path}.", depth + 1, found)
        else:
            found[path] = value


def get(params: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what stands at a path, or ``MISSING``."""
    if path in params:
        return params[path]
    name, dot, rest = path.partition(".")
    inner = params.get(name)
    return get(inner, rest) if dot and isinstance(inner, dict) else MISSING


def put(params: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the parameters with a value at a path; ``MISSING`` leaves it out."""
    name, dot, rest = path.partition(".")
    inner = params.get(name)
    if dot and path not in params and (inner is None or isinstance(inner, dict)):
        within = put(inner or {}, rest, value)
        return put(params, name, within or MISSING) if within or inner is not None else {**params}
    return {
        **{key: kept for key, kept in params.items() if key != path},
        **({} if value is MISSING else {path: value}),
    }


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether two values are the same JSON: ``1`` is not ``true``, and not ``"1"``."""
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    number = isinstance(one, int | float) and isinstance(other, int | float)
    return bool(one == other) and (number or type(one) is type(other))


def says(text: str, word: str) -> bool:
    """Tell whether a text has a word or figure as a whole, in any case."""
    said, wanted = text.casefold(), word.casefold()
    place = said.find(wanted) if wanted else -1
    while place >= 0:
        before, after = said[max(0, place - 2) : place], said[place + len(wanted) :][:1]
        part = before[-1:] == "." and before[:1].isdigit()
        if not (part or _wordy(before[-1:]) or _wordy(after)):
            return True
        place = said.find(wanted, place + 1)
    return False


def _wordy(character: str) -> bool:
    return character.isalnum() or character == "_"


def free(value: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether a value is somebody's own words."""
    return isinstance(value, str) and (
        len(value) > _MOST_CHARS or "\n" in value or len(value.split()) > _MOST_WORDS
    )


def personal(value: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether a value looks as if it named somebody or something of theirs."""
    if isinstance(value, list | tuple):
        return any(map(personal, value))
    if isinstance(value, dict):
        return any(map(personal, value.values()))
    return isinstance(value, str) and _PERSONAL.search(value) is not None


def one_of_few(value: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    """Tell whether a value may be one of a few that a parameter can have."""
    if isinstance(value, bool):
        return True
    return isinstance(value, str) and bool(_ONE_OF_FEW.match(value)) and not personal(value)
