"""Calls as they teach, laid out so that each value is looked at once.

Decides how the calls so far can be told apart: by what is present, equal, over or under something.
Refuses to know which rule explains them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.actions.fields import MISSING, flat, get, one_of_few
from learning.actions.lessons import Test, When, changed

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

MOST_EXAMPLES: Final = 60
_MOST_WORDS: Final = 6
_MOST_LIMITS: Final = 4
USUAL: Final[Mapping[Test, float]] = {
    "is": 4.0, "present": 2.0, "absent": 2.0, "over": 0.5, "under": 0.5,
}  # fmt: skip
"""How often each sort of condition is the reason for a rule."""

Truths = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Example:
    """One call as it teaches.

    Attributes:
        given: the parameters before anything was changed.
        sent: what was sent.
        ok: whether that worked.
        weight: how much it counts.
        blamed: the parameters it failed by; not known if empty.
        own: whether the person asking now made it.
        said: what the tool said when it failed, or before it worked.
        proved: the parameters that had to be changed before it worked; others that were
            changed only show that so it works, too.
    """

    given: Mapping[str, Any]
    sent: Mapping[str, Any]
    ok: bool
    weight: float = 1.0
    blamed: frozenset[str] = frozenset()
    own: bool = True
    said: str = ""
    proved: frozenset[str] = frozenset()


class Evidence:
    """What is known when a call is to be made."""

    def __init__(self, examples: Sequence[Example], given: Mapping[str, Any]) -> None:
        self.examples, self.given = tuple(examples[-MOST_EXAMPLES:]), given
        self._asked: dict[str, list[Hashable]] = {}
        self._sent: dict[str, list[Hashable]] = {}

    def asked(self, path: str) -> list[Hashable]:
        """Return what was given at a path in each example, comparable."""
        if path not in self._asked:
            self._asked[path] = [mark(get(each.given, path)) for each in self.examples]
        return self._asked[path]

    def sent(self, path: str) -> list[Hashable]:
        """Return what was sent at a path in each example, comparable."""
        if path not in self._sent:
            self._sent[path] = [mark(get(each.sent, path)) for each in self.examples]
        return self._sent[path]

    @cached_property
    def moving(self) -> list[str]:
        """Return the parameters that ever had to be changed."""
        paths = (p for e in self.examples if e.ok for p in changed(e.given, e.sent))
        return list(dict.fromkeys(paths))

    @cached_property
    def conditions(self) -> tuple[list[tuple[When, bool]], Truths]:
        """Return each condition with whether this call meets it, and which examples do."""
        flats = [flat(each.given) for each in self.examples]
        now = flat(self.given)
        found: list[tuple[When, bool]] = []
        rows: list[Truths] = []
        for name in dict.fromkeys(name for each in (*flats, now) for name in each):
            here = now.get(name, MISSING)
            for when, holding in _tests(name, [each.get(name, MISSING) for each in flats], here):
                if holding.any():
                    found.append((when, when.holds(self.given)))
                    rows.append(holding)
        shape = (len(rows), len(self.examples))
        return found, np.array(rows, dtype=bool).reshape(shape)


def mark(value: Any) -> Hashable:  # noqa: ANN401 - JSON of any shape
    """Return what is equal for the same JSON, and only for that: ``1`` is not ``true``."""
    if isinstance(value, str) or value is MISSING:
        return value
    if isinstance(value, bool) or value is None:
        return ("plain", str(value))
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, list | tuple):
        return ("list", tuple(map(mark, value)))
    return ("object", json.dumps(value, sort_keys=True, default=str))


def _tests(name: str, values: Sequence[Any], here: Any) -> list[tuple[When, Truths]]:  # noqa: ANN401
    found: list[tuple[When, Truths]] = []
    there = np.array([value is not MISSING for value in values], dtype=bool)
    if not there.all() or here is MISSING:
        found += [(When(name, "present"), there), (When(name, "absent"), ~there)]
    marks = [mark(value) for value in values]
    words = {key: value for key, value in zip(marks, values, strict=True) if value is not MISSING}
    for key, value in list(words.items())[:_MOST_WORDS]:
        if one_of_few(value):
            found.append((When(name, "is", value), np.array([key == m for m in marks], dtype=bool)))
    counted = [v for v in (*values, here) if isinstance(v, int | float)
               and not isinstance(v, bool)]  # fmt: skip
    if counted:
        middles = [(low + high) / 2 for low, high in pairwise(sorted(set(counted)))]
        figures = np.array([float(v) if isinstance(v, int | float) and not isinstance(v, bool)
                            else np.nan for v in values])  # fmt: skip
        for middle in middles[:: max(1, len(middles) // _MOST_LIMITS)]:
            found += [(When(name, "over", middle), figures > middle),
                      (When(name, "under", middle), figures < middle)]  # fmt: skip
    return found
